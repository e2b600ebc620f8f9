// How Svelte compiles here: always in runes mode, so that what is reactive is written as such.
/** @type {import("@sveltejs/vite-plugin-svelte").SvelteConfig} */
export default {
  compilerOptions: { runes: true },
};

// How the tests of pure code run: in Node, beside what they test. Pages are Playwright's part. What
// is reactive is compiled as for a browser: as for a server, nothing would happen in it.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte({ dynamicCompileOptions: () => ({ generate: "client" }) })],
  test: { include: ["src/**/*.test.ts", "build/**/*.test.ts"], environment: "node" },
});

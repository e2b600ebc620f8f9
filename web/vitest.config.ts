// How the tests of pure code run: in Node, beside what they test. Pages are Playwright's part.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [svelte()],
  test: { include: ["src/**/*.test.ts", "build/**/*.test.ts"], environment: "node" },
});

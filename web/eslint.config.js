// The lints of the web. Types are looked at too; in .svelte files svelte-check has that part, since
// the parser of Svelte does not see the types of other components.
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

const unsafe = ["argument", "assignment", "call", "member-access", "return"].map((part) => [
  `@typescript-eslint/no-unsafe-${part}`,
  "off",
]);

export default ts.config(
  { ignores: ["dist/", "node_modules/", "src/api/schema.d.ts", "test-results/"] },
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser },
      parserOptions: {
        project: ["./tsconfig.json", "./tsconfig.node.json"],
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: [".svelte"],
      },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      // `!= null` stands for "there is one": members of the API may be null or absent.
      eqeqeq: ["error", "always", { null: "ignore" }],
      "svelte/no-at-html-tags": "error",
      // Maps and addresses are made and read here, never changed in place as state.
      "svelte/prefer-svelte-reactivity": "off",
      // Links go through `href` of the router, which this rule does not know.
      "svelte/no-navigation-without-resolve": "off",
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  {
    files: ["**/*.svelte"],
    rules: Object.fromEntries(unsafe),
  },
  { files: ["**/*.js"], ...ts.configs.disableTypeChecked },
);

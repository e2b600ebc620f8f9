// Whether a page can be used by everybody, as far as axe can tell: no violation of WCAG 2.1 AA.
// The script is run by the browser itself, for the pages' own policy lets no other scripts in.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { expect, type Page } from "@playwright/test";

interface Violation {
  id: string;
  help: string;
  nodes: { html: string; failureSummary?: string }[];
}

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Fails the test with what is wrong and where. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(source);
  const violations = await page.evaluate<Violation[]>(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then((result) => result.violations)",
  );
  const told = violations.map(({ id, help, nodes }) => {
    const places = nodes
      .slice(0, 3)
      .map((node) => `  ${node.html}\n  ${node.failureSummary ?? ""}`);
    return `${id}: ${help}\n${places.join("\n")}`;
  });
  expect(told.join("\n\n")).toBe("");
}

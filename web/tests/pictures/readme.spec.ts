// The pictures of the README: a run, and the editor with a run that failed. `scripts/web.sh pictures` takes them.
import { readFile } from "node:fs/promises";
import { expect, test } from "@playwright/test";
import { comeIn, post } from "../server.ts";

const FLOWS = "../flows";
const PICTURES = "../docs/pictures";

test.use({ viewport: { width: 1280, height: 720 }, colorScheme: "dark", deviceScaleFactor: 1 });

test.beforeEach(async ({ page }) => {
  await comeIn(page);
});

test("a run", async ({ page, request }) => {
  const source = await readFile(`${FLOWS}/access_log_report.py`, "utf8");
  const log = await readFile(`${FLOWS}/data/access.log`, "utf8");
  const started = await post(request, "/v1/runs", { source, input: { log } });
  await page.goto(`/runs/${String(started["run"])}`);
  const tree = page.getByRole("tree");
  await expect(page.getByText("succeeded").first()).toBeVisible();
  await tree.getByRole("treeitem").nth(1).click();
  await page.screenshot({ path: `${PICTURES}/run.png` });
});

test("the editor", async ({ page, request }) => {
  const source = await readFile(`${FLOWS}/friendly_error.py`, "utf8");
  await post(request, "/v1/flows", { source });
  await page.goto("/flows/friendly-error");
  await expect(page.locator(".monaco-editor .view-line").first()).toBeVisible();
  await page.getByRole("button", { name: "JSON" }).click();
  await page.getByLabel("Input as JSON").fill('{"order": {"customer_id": 7}}');
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByRole("button", { name: "Apply" })).toBeEnabled();
  await page.screenshot({ path: `${PICTURES}/editor.png` });
});

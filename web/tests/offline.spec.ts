// The server is gone for a while: every page says so and what to do, keeps what it has, and comes
// back by itself once the server does.
import { expect, test, type Page } from "@playwright/test";
import { comeIn, post, put, saveFlow, startRun, waitFor } from "./server.ts";
import { Line } from "./support/line.ts";
import { ownTenant } from "./support/own-tenant.ts";

const ASKING = `
from sluice import flow

@flow(name="asking")
def asking(question: str) -> bool:
    return flow.ask(question, bool)
`;

const SOON = { timeout: 30_000 };

function state(page: Page) {
  return page.getByRole("banner").getByRole("status");
}

test.describe("without a server", () => {
  let line: Line;
  let token: string;
  let run: string;

  test.beforeEach(async ({ page, request }) => {
    token = await ownTenant(request, "gone");
    await saveFlow(request, ASKING, token);
    run = await startRun(request, "asking", { question: "Is anybody there?" }, undefined, token);
    await waitFor(request, run, (detail) => detail.state === "waiting", token);
    line = new Line();
    await line.mend();
    await comeIn(page, token);
  });

  test.afterEach(() => line.cut());

  test("lists keep what they have, and are right again afterwards", async ({ page, request }) => {
    await page.goto(`${line.address}/runs`);
    const rows = page.getByRole("table", { name: "Runs" }).getByRole("row");
    await expect(rows).toHaveCount(2);
    await line.cut();
    await expect(state(page)).toHaveText("Offline", SOON);
    await expect(page.getByRole("button", { name: "Try now" })).toBeVisible();
    await expect(rows).toHaveCount(2);
    const more = await startRun(request, "asking", { question: "And now?" }, undefined, token);
    await post(request, `/v1/runs/${run}/cancel`, {}, token);
    await waitFor(request, run, (detail) => detail.state === "ended", token);
    await waitFor(request, more, (detail) => detail.state === "waiting", token);
    await line.mend();
    await expect(state(page)).toHaveText("Live", SOON);
    await expect(rows).toHaveCount(3);
    await expect(page.getByRole("row", { name: /cancelled/ })).toBeVisible();
  });

  test("questions that came meanwhile are there afterwards", async ({ page, request }) => {
    await page.goto(`${line.address}/asks`);
    await expect(page.getByRole("article")).toHaveCount(1);
    await line.cut();
    await expect(state(page)).toHaveText(/Reconnecting|Offline/);
    // An answer that does not get through is not lost: what was asked stays, and why is said.
    await page.getByRole("button", { name: "Yes", exact: true }).click();
    await expect(page.getByRole("article")).toContainText("The server cannot be reached.");
    await startRun(request, "asking", { question: "And now?" }, undefined, token);
    await line.mend();
    await expect(page.getByRole("article")).toHaveCount(2, SOON);
    await page
      .getByRole("article")
      .filter({ hasText: "Is anybody" })
      .getByRole("button", { name: "Yes", exact: true })
      .click();
    await expect(page.getByRole("article")).toHaveCount(1);
  });

  test("what could not be loaded says why, and is loaded when the server is back", async ({
    page,
    request,
  }) => {
    await put(request, "/v1/kv/gone/key", { value: 1 }, token);
    const places = [
      "Flows",
      "Services",
      "Models",
      "Secrets",
      "Keys and values",
      "Tokens",
      "Usage",
      "Audit",
    ];
    await page.goto(`${line.address}/runs`);
    // Each page was there once, so that its program is in the browser.
    for (const name of places) {
      await page.getByRole("link", { name, exact: true }).click();
      await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    }
    await expect(state(page)).toHaveText("Live");
    await line.cut();
    for (const name of places) {
      await page.getByRole("link", { name, exact: true }).click();
      await expect(page.getByRole("main")).toContainText("The server cannot be reached.");
      await expect(page.getByRole("main")).toContainText("sluice serve");
      await expect(page.getByRole("main").getByRole("button", { name: "Try again" })).toBeVisible();
    }
    for (const [name, holds] of [
      ["Keys and values", "gone"],
      ["Flows", "asking"],
      ["Usage", "CPU time a day"],
    ] as const) {
      await line.cut();
      await page.getByRole("link", { name, exact: true }).click();
      await expect(page.getByRole("main")).toContainText("The server cannot be reached.");
      await line.mend();
      await expect(page.getByRole("main")).toContainText(holds, SOON);
      await expect(page.getByRole("main")).not.toContainText("The server cannot be reached.");
    }
  });

  test("a page whose program is not in the browser yet comes when the server is back", async ({
    page,
  }) => {
    await page.goto(`${line.address}/runs`);
    await expect(page.getByRole("table", { name: "Runs" })).toBeVisible();
    await line.cut();
    await page.getByRole("link", { name: "Models", exact: true }).click();
    await expect(page.getByRole("heading", { name: "The page could not be loaded" })).toBeVisible();
    await line.mend();
    await expect(page.getByRole("heading", { level: 1, name: "Models" })).toBeVisible(SOON);
  });

  test("who opens the page just then comes in when the server is back", async ({ page }) => {
    await page.goto(`${line.address}/login`);
    // The page's files are there, and nothing else gets through.
    await page.route("**/v1/**", (route) => route.abort("connectionrefused"));
    await page.goto(`${line.address}/flows`);
    await expect(page.getByRole("main")).toContainText("The server cannot be reached.");
    await page.unroute("**/v1/**");
    await expect(state(page)).toHaveText("Live", SOON);
    await expect(page.getByRole("list", { name: "Flows" })).toContainText("asking", SOON);
  });

  test("what is being written stays, and is checked when the server is back", async ({ page }) => {
    await page.goto(`${line.address}/flows/asking`);
    const editor = page.locator(".monaco-editor").first();
    await expect(editor).toContainText("question");
    const check = page.getByRole("main").getByRole("status").first();
    await expect(check).toHaveText(/No problems/);
    await line.cut();
    await editor.locator(".view-lines").click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("# kept");
    await expect(check).toContainText("Not checked: The server cannot be reached.");
    await page.keyboard.press("Control+Enter");
    await expect(page.getByRole("tabpanel")).toContainText("The server cannot be reached.");
    await expect(editor).toContainText("# kept");
    await line.mend();
    await expect(state(page)).toHaveText("Live", SOON);
    await expect(check).toHaveText(/No problems/, SOON);
    await expect(editor).toContainText("# kept");
  });
});

// The list of runs: live, selected by queries, and many cancelled or run again at once.
import { expect, test, type APIRequestContext } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { comeIn, post, saveFlow, startRun, waitFor } from "./server.ts";

const NAME = "web-runs-<img src=x onerror=alert(1)>";

const SOURCE = `
from sluice import flow

@flow(name="web-runs")
def work(how: str) -> int:
    with flow.step("first"):
        pass
    if how == "fail":
        raise flow.Failed("as it should <script>alert(1)</script>")
    if how == "wait":
        flow.sleep(3600)
    return 1
`;

async function start(request: APIRequestContext, how: string): Promise<string> {
  return startRun(request, "web-runs", { how });
}

async function countRuns(request: APIRequestContext): Promise<number> {
  const headers = { authorization: `Bearer ${process.env["SLUICE_TOKEN"] ?? ""}` };
  const answer = await request.get("/v1/runs?flow=web-runs&limit=500", { headers });
  return ((await answer.json()) as { items: unknown[] }).items.length;
}

test.beforeEach(async ({ page, request }) => {
  await comeIn(page);
  await saveFlow(request, SOURCE);
});

test("runs come and change without a reload", async ({ page, request }) => {
  await page.goto("/runs?q=flow%3Aweb-runs");
  await expect(page.getByRole("banner").getByRole("status")).toHaveText("Live");
  const run = await start(request, "wait");
  const row = page.getByRole("row").filter({ has: page.locator(`a[href="/runs/${run}"]`) });
  await expect(row).toContainText("waiting");
  await expectAccessible(page);
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: /^Cancel 1/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill("the test is over");
  await dialog.getByRole("button", { name: "Cancel 1 run" }).click();
  await expect(dialog).toBeHidden();
  await expect(row).toContainText("cancelled");
  const detail = await waitFor(request, run, (one) => one.state === "ended");
  expect(detail.outcome).toBe("cancelled");
});

test("many are run again, from the beginning and from a step", async ({ page, request }) => {
  const ids = [await start(request, "go"), await start(request, "fail")];
  for (const id of ids) await waitFor(request, id, (one) => one.state === "ended");
  await page.goto("/runs?q=flow%3Aweb-runs");
  for (const id of ids) await expect(page.locator(`a[href="/runs/${id}"]`).first()).toBeVisible();
  const boxes = page.getByRole("checkbox", { name: /^Choose web-runs/ });
  const before = await boxes.count();
  await boxes.first().click();
  await boxes.nth(1).click({ modifiers: ["Shift"] });
  await page.getByRole("button", { name: "Run again…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Run 2 runs again");
  await dialog.getByRole("button", { name: "Run again" }).click();
  await expect(page.getByText("2 runs started.")).toBeVisible();
  await expect(boxes).toHaveCount(before + 2);
  await boxes.first().click();
  await page.getByRole("button", { name: "Run again…" }).click();
  await dialog.getByLabel("From a step").check();
  await dialog.getByLabel("Step", { exact: true }).fill("nowhere");
  await dialog.getByRole("button", { name: "Run again" }).click();
  await expect(dialog.getByRole("alert")).toContainText("has no step");
  await dialog.getByLabel("Step", { exact: true }).fill("first");
  await dialog.getByRole("button", { name: "Run again" }).click();
  await expect(page.getByText("1 run started.")).toBeVisible();
  await expect(page.getByText(/^fork of/).first()).toBeVisible();
});

test("where some could not be run again, only those are tried again", async ({ page, request }) => {
  const ids = [await start(request, "go"), await start(request, "fail")];
  for (const id of ids) await waitFor(request, id, (one) => one.state === "ended");
  await page.goto("/runs?q=flow%3Aweb-runs");
  for (const id of ids) await expect(page.locator(`a[href="/runs/${id}"]`).first()).toBeVisible();
  // The first is started, and its answer is lost.
  const keys: (string | undefined)[] = [];
  await page.route("**/v1/runs", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    keys.push((await route.request().headerValue("idempotency-key")) ?? undefined);
    if (keys.length > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  const before = await countRuns(request);
  const boxes = page.getByRole("checkbox", { name: /^Choose web-runs/ });
  await boxes.first().click();
  await boxes.nth(1).click();
  await page.getByRole("button", { name: "Run again…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Run again" }).click();
  await expect(dialog.getByRole("alert")).toContainText("1 run could not be run again");
  await expect(dialog).toContainText("Run 1 run again");
  await dialog.getByRole("button", { name: "Run again" }).click();
  await expect(dialog).toBeHidden();
  expect(await countRuns(request)).toBe(before + 2);
  expect(keys).toEqual([expect.stringMatching(/run_/), expect.stringMatching(/run_/), keys[0]]);
});

test("a dialog about runs stays when they leave the list", async ({ page, request }) => {
  const run = await start(request, "wait");
  await page.goto("/runs?q=flow%3Aweb-runs+state%3Awaiting");
  const row = page.getByRole("row").filter({ has: page.locator(`a[href="/runs/${run}"]`) });
  await row.getByRole("checkbox").check();
  await page.getByRole("button", { name: /^Cancel 1/ }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel 1 run" });
  await expect(dialog).toBeVisible();
  await post(request, `/v1/runs/${run}/cancel`, {});
  await expect(row).toHaveCount(0);
  await expect(dialog).toBeVisible();
  await dialog.getByRole("button", { name: "Not now" }).click();
  await expect(page.getByRole("region", { name: "Chosen runs" })).toHaveCount(0);
});

test("what is typed last does not follow the reader to another page", async ({ page }) => {
  await page.clock.install();
  await page.goto("/runs");
  await page.getByRole("searchbox", { name: "Query" }).fill("state:failed");
  await page.getByRole("navigation").getByRole("link", { name: "Flows" }).click();
  await expect(page.getByRole("heading", { name: "Flows", level: 1 })).toBeVisible();
  await page.clock.runFor(1_000);
  await expect(page).toHaveURL(/\/flows$/);
});

test("a query selects, stands in the address, and says what makes no sense", async ({
  page,
  request,
}) => {
  await waitFor(request, await start(request, "fail"), (one) => one.state === "ended");
  await waitFor(request, await start(request, "go"), (one) => one.state === "ended");
  await page.goto("/runs");
  const query = page.getByRole("searchbox", { name: "Query" });
  await expect(query).toBeVisible();
  await page.keyboard.press("/");
  await expect(query).toBeFocused();
  await page.keyboard.type("flow:web-runs state:failed");
  await expect(page).toHaveURL(/q=flow%3Aweb-runs\+state%3Afailed/);
  const rows = page.getByRole("table", { name: "Runs" }).getByRole("row");
  await expect(rows.filter({ hasText: "succeeded" })).toHaveCount(0);
  await expect(rows.filter({ hasText: "flow_failed" }).first()).toBeVisible();
  await page.getByRole("button", { name: "succeeded", exact: true }).click();
  await expect(page).toHaveURL(/state%3Asucceeded/);
  await expect(rows.filter({ hasText: "flow_failed" })).toHaveCount(0);
  await query.fill("state:fialed");
  await expect(query).toHaveAccessibleDescription(/takes queued, running/);
  await query.fill(NAME);
  await expect(page.getByText("No run fits this query")).toBeVisible();
  await page.getByRole("button", { name: "Show all runs" }).click();
  await expect(page).toHaveURL(/\/runs$/);
});

test("a view is saved, chosen and removed", async ({ page }) => {
  await page.goto("/runs?q=flow%3Aweb-runs");
  await page.getByRole("button", { name: "Save view" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("mine");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "All", exact: true }).click();
  await expect(page).toHaveURL(/\/runs$/);
  await page.getByRole("button", { name: "mine", exact: true }).click();
  await expect(page).toHaveURL(/q=flow%3Aweb-runs/);
  await page.reload();
  await page.getByRole("button", { name: "Remove the view mine" }).click();
  await expect(page.getByRole("button", { name: "mine", exact: true })).toHaveCount(0);
});

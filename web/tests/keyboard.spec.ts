// The main way without a mouse: find, write, run, go through the tree, to the error and to its line,
// answer a question; and wherever the focus is, it is seen.
import { expect, test, type Page } from "@playwright/test";
import { comeIn, saveFlow, startRun, waitFor } from "./server.ts";
import { ownTenant } from "./support/own-tenant.ts";
import { treeOf } from "./support/tree.ts";

const SOURCE = `
from sluice import flow

@flow(name="journey")
def journey(stops: int = 3) -> int:
    """Travel from stop to stop."""
    with flow.step("pack"):
        with flow.step("socks"):
            pass
        with flow.step("map"):
            pass
    for stop in range(stops):
        with flow.step(f"stop {stop}"):
            if stop == 2:
                raise RuntimeError("the road is closed")
    return stops

@flow(name="journey-ask")
def journey_ask() -> bool:
    return flow.ask("Shall we turn back?", bool)

@flow(name="other")
def other() -> int:
    return 1
`;

/** Whether one sees where the focus is: an outline, on the element or what is drawn for it. */
async function expectFocusSeen(page: Page): Promise<string> {
  const focus = await page.evaluate(() => {
    const one = document.activeElement;
    if (!one || one === document.body) return { what: "nothing", isSeen: false };
    const drawn = [one, one.closest("[role=search], .monaco-editor, label")].filter(
      (e) => e !== null,
    );
    const isSeen = drawn.some((element) => {
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const isInSight =
        box.width > 0 &&
        box.bottom > 0 &&
        box.top < innerHeight &&
        box.right > 0 &&
        box.left < innerWidth;
      return (
        isInSight && style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 1
      );
    });
    return { what: one.outerHTML.slice(0, 200), isSeen };
  });
  expect(focus.isSeen, `the focus is not seen on ${focus.what}`).toBe(true);
  return focus.what;
}

/** Goes on with Tab until something with this role and name has the focus. */
async function tabTo(page: Page, role: Parameters<Page["getByRole"]>[0], name: string | RegExp) {
  const wanted = page.getByRole(role, { name }).first();
  await expect(wanted).toBeVisible();
  for (let count = 0; count < 80; count += 1) {
    // Where Tab writes, Escape ends that.
    if (await page.locator(".monaco-editor:focus-within").count()) {
      await page.keyboard.press("Escape");
      await expect(page.locator(".monaco-editor:focus-within")).toHaveCount(0);
    }
    await page.keyboard.press("Tab");
    if (await wanted.evaluate((element) => element === document.activeElement)) {
      await expectFocusSeen(page);
      return;
    }
  }
  throw new Error(`Tab does not lead to ${role} ${String(name)}`);
}

function current(page: Page) {
  return treeOf(page).locator("[aria-selected=true]");
}

test.describe("by keyboard alone", () => {
  let token: string;

  test.beforeEach(async ({ page, request }) => {
    token = await ownTenant(request, "keys");
    await saveFlow(request, SOURCE, token);
    await comeIn(page, token);
  });

  test("a flow is found, run, gone through to its error and its line", async ({ page }) => {
    await page.goto("/runs");
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("journey");
    const options = page.getByRole("option");
    await expect(options.filter({ hasText: "journey-ask" }).first()).toBeVisible();
    // What was found fits what was typed.
    await expect(options.filter({ hasText: /^\s*other/ })).toHaveCount(0);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/flows\/journey$/);
    await expect(page.getByRole("heading", { level: 1, name: "journey" })).toBeVisible();
    await expect(page.getByRole("main").getByRole("status").first()).toHaveText(/No problems/);
    await page.keyboard.press("Control+Enter");
    const open = page.getByRole("link", { name: "Open the run" });
    await expect(open).toBeVisible();
    await tabTo(page, "link", "Open the run");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/runs\/run_/);
    await expect(open).toHaveCount(0);
    await expect(treeOf(page)).toBeVisible();
    await expect(page.getByRole("main").getByText("failed").first()).toBeVisible();

    // The tree: arrows, ends, closing and opening, letters.
    await page.keyboard.press("t");
    await expect(treeOf(page)).toBeFocused();
    await expectFocusSeen(page);
    await page.keyboard.press("ArrowDown");
    await expect(current(page)).toHaveAccessibleName(/^pack,/);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await expect(current(page)).toHaveAccessibleName(/^(socks|map),/);
    await page.keyboard.press("ArrowLeft");
    await expect(current(page)).toHaveAccessibleName(/^pack,/);
    await page.keyboard.press("ArrowLeft");
    await expect(current(page)).toHaveAttribute("aria-expanded", "false");
    await expect(treeOf(page).getByRole("treeitem", { name: /^socks,/ })).toHaveCount(0);
    await page.keyboard.press("ArrowRight");
    await expect(treeOf(page).getByRole("treeitem", { name: /^socks,/ })).toBeVisible();
    await page.keyboard.press("End");
    await expect(current(page)).toHaveAccessibleName(/^stop 2,/);
    await page.keyboard.press("Home");
    await expect(current(page)).toHaveAccessibleName(/^journey,/);
    await page.keyboard.type("stop 1");
    await expect(current(page)).toHaveAccessibleName(/^stop 1,/);
    const active = await treeOf(page).getAttribute("aria-activedescendant");
    await expect(current(page)).toHaveAttribute("id", active ?? "");

    // To the error, and what is said of it; then to its line.
    await page.keyboard.press("Home");
    await page.keyboard.press("e");
    await expect(current(page)).toHaveAccessibleName(/^stop 2, .*failed/);
    await tabTo(page, "tab", "Summary");
    await page.keyboard.press("ArrowRight");
    await expect(page.getByRole("tab", { name: "Error" })).toBeFocused();
    await expect(page.getByRole("tabpanel")).toContainText("the road is closed");
    await page.keyboard.press("ArrowRight");
    while (
      !(await page.getByRole("tab", { name: "Source" }).getAttribute("aria-selected"))?.includes(
        "true",
      )
    ) {
      await page.keyboard.press("ArrowRight");
    }
    await expect(page.locator(".marked")).toContainText(/raise|flow\.step/);

    // Finding, and back to the tree, where chords go on to work.
    await page.keyboard.press("/");
    await expect(page.getByRole("searchbox", { name: "Find spans" })).toBeFocused();
    await expectFocusSeen(page);
    await page.keyboard.type("stop");
    await page.keyboard.press("Enter");
    await expect(current(page)).toHaveAccessibleName(/^stop/);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.keyboard.press("t");
    await expect(treeOf(page)).toBeFocused();
    await page.keyboard.press("w");
    await expect(page.getByRole("button", { name: "Waterfall" })).toHaveAttribute(
      "aria-pressed",
      "true",
    );
    await page.keyboard.press("t");
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await expect(page).toHaveURL(/\/runs$/);
  });

  test("a question is found and answered", async ({ page, request }) => {
    const run = await startRun(request, "journey-ask", {}, undefined, token);
    await waitFor(request, run, (detail) => detail.state === "waiting", token);
    await page.goto("/runs");
    await expect(page.getByRole("link", { name: "journey-ask" })).toBeVisible();
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await expect(page.getByRole("article")).toContainText("Shall we turn back?");
    await tabTo(page, "button", "No");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("article")).toHaveCount(0);
    // The focus goes where one can go on.
    await expect(page.getByRole("heading", { level: 1, name: "Asks" })).toBeFocused();
    const { end } = await waitFor(request, run, (detail) => detail.state === "ended", token);
    expect(end?.output).toBe(false);
  });

  test("the focus is seen wherever it goes, and goes through all of a page", async ({
    page,
    request,
  }) => {
    const run = await startRun(request, "journey", {}, undefined, token);
    await waitFor(request, run, (detail) => detail.state === "ended", token);
    for (const [path, least] of [
      ["/runs", 20],
      [`/runs/${run}`, 30],
      ["/flows", 20],
      ["/tokens", 18],
      ["/keys", 16],
    ] as const) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.getByRole("banner").getByRole("status")).toHaveText("Live");
      const seen = new Set<string>();
      for (let count = 0; count < 60; count += 1) {
        await page.keyboard.press("Tab");
        if (await page.evaluate(() => document.activeElement === document.body)) break;
        seen.add(await expectFocusSeen(page));
      }
      expect(seen.size, path).toBeGreaterThanOrEqual(least);
    }
  });
});

// The whole way of an author: come in, write a flow, be told of a mistake and mend it, run it, watch
// its tree grow, go from span to line and back, read why a run failed, take the fix, run again.
import { expect, test, type Locator, type Page } from "@playwright/test";
import { comeIn, post, saveFlow, startRun, waitFor } from "./server.ts";
import { ownTenant } from "./support/own-tenant.ts";
import { rowOf, treeOf } from "./support/tree.ts";

const DELIVERY = `from sluice import flow


@flow(name="delivery")
def delivery(parcels: list[str]) -> int:
    """Deliver parcels, after somebody said so."""
    with flow.stepp("load"):
        flow.log.info("loaded", parcels=len(parcels))
    flow.ask("May the truck leave?", bool)
    for parcel in parcels:
        with flow.step(f"deliver {parcel}"):
            pass
    return len(parcels)
`;

const ORDERS = `from sluice import flow


@flow(name="orders")
def orders(order: dict[str, str]) -> str:
    """Say whose order it is."""
    with flow.step("load order"):
        customer = order["custmer_id"]
    return f"order of {customer}"
`;

/** Pastes a source into the editor, in place of what is there. */
async function write(page: Page, source: string): Promise<void> {
  const editor = page.locator(".monaco-editor").first();
  await expect(editor).toBeVisible();
  await editor.locator(".view-lines").click();
  await page.keyboard.press("Control+a");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.evaluate((text) => navigator.clipboard.writeText(text), source);
  await page.keyboard.press("Control+v");
}

/** The number of the line of the source that is marked as that of the chosen span. */
async function markedLine(page: Page): Promise<number> {
  return page
    .locator(".monaco-editor")
    .first()
    .evaluate((editor) => {
      const top = (one: Element): number => Math.round(one.getBoundingClientRect().top);
      const marked = editor.querySelector(".sluice-current");
      if (!marked) return 0;
      const numbers = [...editor.querySelectorAll(".line-numbers")];
      return Number(numbers.find((one) => Math.abs(top(one) - top(marked)) < 4)?.textContent ?? 0);
    });
}

/** What stands beside a line in the margin of the source. */
async function clickMargin(page: Page, line: number): Promise<void> {
  const editor = page.locator(".monaco-editor").first();
  const number = editor.locator(".line-numbers", { hasText: new RegExp(`^${line}$`) });
  const [box, note] = [
    await number.boundingBox(),
    await editor.locator(".sluice-note").first().boundingBox(),
  ];
  expect(box).not.toBeNull();
  expect(note).not.toBeNull();
  if (box && note) await page.mouse.click(note.x + note.width / 2, box.y + box.height / 2);
}

function lineOf(source: string, text: string): number {
  return source.slice(0, source.indexOf(text)).split("\n").length;
}

function chosen(page: Page): Locator {
  return treeOf(page).locator("[role=treeitem][aria-selected=true]");
}

test("a flow is written, mended, run, watched and gone through, from the login on", async ({
  page,
  request,
}) => {
  const token = await ownTenant(request, "author");
  await page.goto("/editor");
  await page.getByLabel("Login code or token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page).toHaveURL(/\/editor$/);

  // A mistake is marked where it stands, and mended by the fix that is offered.
  await write(page, DELIVERY);
  const problems = page.getByRole("list", { name: "Problems of the source" });
  await expect(problems).toContainText("no `stepp`");
  await expect(problems).toContainText(`line ${lineOf(DELIVERY, "stepp")}`);
  await expect(
    page.locator(".monaco-editor .squiggly-warning, .monaco-editor .squiggly-error").first(),
  ).toBeVisible();
  await problems.getByRole("button", { name: "Write step in place of stepp" }).click();
  const check = page.getByRole("main").getByRole("status").first();
  await expect(check).toHaveText(/No problems/);
  await expect(problems).toHaveCount(0);

  // What is no Python at all is marked, too, as it is typed.
  await page.locator(".monaco-editor .view-lines").first().click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("def broken(");
  await expect(check).toHaveText(/1 error/);
  await expect(page.locator(".monaco-editor .squiggly-error").first()).toBeVisible();
  await page.keyboard.press("End");
  await page.keyboard.press("Shift+Home");
  await page.keyboard.press("Backspace");
  await expect(check).toHaveText(/No problems/);

  // It runs with the input of the form, and its tree grows beside it.
  await page.getByRole("tab", { name: "Input" }).click();
  await page.getByRole("button", { name: "JSON" }).first().click();
  await page
    .getByLabel(/as JSON/)
    .first()
    .fill('{"parcels": ["red", "blue"]}');
  await page
    .getByLabel(/as JSON/)
    .first()
    .press("Control+Enter");
  await expect(page.getByRole("tab", { name: "Run" })).toHaveAttribute("aria-selected", "true");
  await expect(rowOf(page, /^load,/)).toBeVisible();
  await expect(rowOf(page, /May the truck leave|^ask/)).toBeVisible();
  await expect(rowOf(page, /^deliver (red|blue),/)).toHaveCount(0);
  await expect(page.getByRole("tabpanel").getByText("waiting").first()).toBeVisible();
  const open = page.getByRole("link", { name: "Open the run" });
  const run = (await open.getAttribute("href"))?.split("/").at(-1) ?? "";
  const asks = await request.get("/v1/asks?state=open", {
    headers: { authorization: `Bearer ${token}` },
  });
  const [ask] = ((await asks.json()) as { items: { ask: string }[] }).items;
  await post(request, `/v1/asks/${ask?.ask ?? ""}/answer`, { value: true }, token);
  await expect(rowOf(page, /^deliver red,/)).toBeVisible();
  await expect(rowOf(page, /^deliver blue,/)).toBeVisible();
  await expect(page.getByRole("tabpanel").getByText("succeeded").first()).toBeVisible();

  // From the span to its line, and from the line to its spans, one after the other.
  await rowOf(page, /^deliver blue,/).click();
  await expect.poll(() => markedLine(page)).toBe(lineOf(DELIVERY, "deliver {parcel}"));
  await rowOf(page, /^load,/).click();
  await expect.poll(() => markedLine(page)).toBe(lineOf(DELIVERY, "load"));
  await clickMargin(page, lineOf(DELIVERY, "deliver {parcel}"));
  await expect(chosen(page)).toHaveAccessibleName(/^deliver red,/);
  await clickMargin(page, lineOf(DELIVERY, "deliver {parcel}"));
  await expect(chosen(page)).toHaveAccessibleName(/^deliver blue,/);

  // The same on the page of the run.
  await open.click();
  await expect(page).toHaveURL(new RegExp(`/runs/${run}`));
  await rowOf(page, /^deliver red,/).click();
  await expect(page).toHaveURL(/#span=\d+$/);
  await page.getByRole("tab", { name: "Source" }).click();
  const source = page.getByRole("region", { name: "Source of the run" });
  const marked = source.locator(".marked");
  await expect(marked).toContainText("deliver {parcel}");
  await source
    .getByRole("button", { name: `Line ${lineOf(DELIVERY, "load")}`, exact: true })
    .click();
  await expect(chosen(page)).toHaveAccessibleName(/^load,/);
  await expect(marked).toContainText("load");

  // A link to a span leads to it; running again is another run.
  await expect(page).toHaveURL(/#span=1$/);
  const link = page.url();
  await page.goto("/runs");
  await page.goto(link);
  await expect(chosen(page)).toHaveAccessibleName(/^load,/);
  await page.getByRole("button", { name: "Run again" }).click();
  await expect(page).not.toHaveURL(new RegExp(run));
  await expect(page).toHaveURL(/\/runs\/run_/);
  await expect(rowOf(page, /^load,/)).toBeVisible();
});

test("why a run failed is said, and the fix was tried before it is offered", async ({
  page,
  request,
}) => {
  const token = await ownTenant(request, "mend");
  await saveFlow(request, ORDERS, token);
  const input = { order: { customer_id: "Ada" } };
  const run = await startRun(request, "orders", input, undefined, token);
  await waitFor(request, run, (detail) => detail.state === "ended", token);
  await comeIn(page, token);

  // On the page of the run: what happened, where, with which values, and what to do.
  await page.goto(`/runs/${run}`);
  await expect(page.getByRole("button", { name: "1 error" })).toBeVisible();
  await page.getByRole("button", { name: "1 error" }).click();
  await expect(chosen(page)).toHaveAccessibleName(/^load order, .*failed/);
  await page.getByRole("tab", { name: "Error" }).click();
  const card = page.getByRole("tabpanel").getByRole("article").first();
  await expect(card).toContainText("KeyError");
  await expect(card).toContainText("custmer_id");
  await expect(card).toContainText("customer_id");
  // Who only looks starts nothing: the fix is tried on demand.
  const offered = card.getByRole("region", { name: "A fix" });
  await expect(offered).toContainText("before it can be applied");
  const authorization = `Bearer ${token}`;
  const runs = await request.get("/v1/runs", { headers: { authorization } });
  expect(((await runs.json()) as { items: unknown[] }).items).toHaveLength(1);
  await offered.getByRole("button", { name: "Try it" }).click();
  await expect(offered).toContainText("run with the same input: it succeeded");

  // Its line is in the source.
  await card.getByRole("button", { name: /^flow\.py:\d+$/ }).click();
  const source = page.getByRole("region", { name: "Source of the run" });
  await expect(source.locator(".marked")).toContainText("custmer_id");

  // The fix is applied in the editor, to the source of the run.
  await page.getByRole("tab", { name: "Error" }).click();
  await offered.getByRole("button", { name: "Try it" }).click();
  await offered.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(`/editor?run=${run}`);
  const editor = page.locator(".monaco-editor").first();
  await expect(editor).toContainText('order["customer_id"]');
  await page.goBack();
  await expect(page).toHaveURL(new RegExp(`/runs/${run}`));

  // In the editor the fix is tried, applied in one step, and the next run succeeds.
  await page.goto(`/editor?run=${run}`);
  await expect(page.locator(".monaco-editor").first()).toContainText("custmer_id");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const failed = page.getByRole("tabpanel").getByRole("article").first();
  await expect(failed).toContainText("KeyError");
  await expect(page.locator(".monaco-editor .squiggly-error").first()).toBeVisible();
  const fix = failed.getByRole("region", { name: "A fix" });
  await expect(fix).toContainText("run with the same input: it succeeded");
  await expect(fix.getByLabel("What changes")).toContainText('order["customer_id"]');
  await fix.getByRole("button", { name: "Apply" }).click();
  await expect(page.locator(".monaco-editor").first()).toContainText('order["customer_id"]');
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page.getByRole("region", { name: "Output" })).toContainText("order of Ada");
  await expect(page.getByRole("tabpanel").getByText("succeeded").first()).toBeVisible();
});

// Questions of runs: seen without a reload, answered in the form that they ask for, and refused
// with what is wrong beside the field.
import { expect, test, type APIRequestContext } from "@playwright/test";
import { comeIn, post, saveFlow, startRun, waitFor } from "./server.ts";

const ASKING = `
from dataclasses import dataclass
from typing import Literal
from sluice import flow

@dataclass
class Decision:
    approve: bool
    reason: str

@flow(name="web-asks")
def asks(kind: str, to: str | None = None) -> dict:
    if kind == "boolean":
        return {"answer": flow.ask("Shall <b>this</b> go on? \\u202egnp", bool, to=to)}
    if kind == "choice":
        return {"answer": flow.ask("Which colour?", Literal["red", "green"], to=to)}
    decision = flow.ask("Pay this invoice?", Decision, details={"amount": 120}, to=to)
    return {"answer": decision.reason}

@flow(name="web-approval", uses=["kv:web-approval"])
def approval() -> dict:
    flow.kv("web-approval").set("key", {"amount": 3})
    return {"answer": True}
`;

async function ask(request: APIRequestContext, kind: string, to?: string): Promise<string> {
  return startRun(request, "web-asks", { kind, ...(to ? { to } : {}) });
}

async function outputOf(request: APIRequestContext, run: string): Promise<unknown> {
  const ended = await waitFor(request, run, (detail) => detail.state === "ended");
  return ended.end?.output;
}

test.beforeEach(async ({ page, request }) => {
  await saveFlow(request, ASKING);
  await comeIn(page);
});

test("a question appears by itself, and yes goes to the run", async ({ page, request }) => {
  await page.goto("/asks");
  await expect(page.getByRole("heading", { name: "Asks" })).toBeVisible();
  const run = await ask(request, "boolean");
  const card = page.getByRole("article").filter({ has: page.getByRole("link", { name: run }) });
  await expect(card).toBeVisible();
  // Markup and signs that turn text are shown, and do nothing.
  await expect(card.getByRole("heading")).toHaveText("Shall <b>this</b> go on? \\u{202e}gnp");
  let goOn = (): void => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  await page.route("**/answer", async (route) => (await held, route.continue()));
  await card.getByRole("button", { name: "Yes", exact: true }).click();
  // One answer at a time.
  await expect(card.getByRole("button", { name: "No", exact: true })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
  goOn();
  await expect(card).toHaveCount(0);
  expect(await outputOf(request, run)).toEqual({ answer: true });
  await expect(page.getByRole("region", { name: "Answered and closed" })).toContainText("go on?");
});

test("a question leads to where it was asked", async ({ page, request }) => {
  const run = await ask(request, "boolean");
  await page.goto("/asks");
  await page.getByRole("link", { name: run }).first().click();
  await expect(page).toHaveURL(new RegExp(`/runs/${run}#span=1$`));
  await expect(page.locator('[role="treeitem"][aria-selected="true"]')).toHaveAccessibleName(
    /^ask/,
  );
});

test("a closed list is a button each", async ({ page, request }) => {
  const run = await ask(request, "choice");
  await page.goto("/asks");
  const card = page.getByRole("article").filter({ has: page.getByRole("link", { name: run }) });
  await card.getByRole("button", { name: "green", exact: true }).click();
  await expect(card).toHaveCount(0);
  expect(await outputOf(request, run)).toEqual({ answer: "green" });
});

test("an object is a form, whose faults stand beside their fields", async ({ page, request }) => {
  const run = await ask(request, "form");
  await page.goto("/asks");
  const card = page.getByRole("article").filter({ has: page.getByRole("link", { name: run }) });
  await expect(card).toContainText("amount");
  await card.getByLabel("Answer", { exact: true }).getByRole("button", { name: "JSON" }).click();
  await card.getByLabel("Answer as JSON").fill('{"approve": true}');
  await card.getByRole("button", { name: "Answer", exact: true }).click();
  await expect(card.getByText("is missing")).toBeVisible();
  await card.getByLabel("Answer as JSON").fill('{"approve": true, "reason": "it is due"}');
  await card.getByRole("button", { name: "Answer", exact: true }).click();
  await expect(card).toHaveCount(0);
  expect(await outputOf(request, run)).toEqual({ answer: "it is due" });
});

test("a question for somebody is answered in that name only", async ({ page, request }) => {
  const run = await ask(request, "boolean", "ada");
  await page.goto("/asks");
  const others = page.getByRole("region", { name: "For others" });
  const card = others.getByRole("article").filter({ has: page.getByRole("link", { name: run }) });
  await expect(card.getByRole("button", { name: "Yes", exact: true })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
  await page.getByLabel("You answer as").fill("ada");
  await page.getByLabel("You answer as").press("Enter");
  const mine = page
    .getByRole("region", { name: /you can answer/ })
    .getByRole("article")
    .filter({ has: page.getByRole("link", { name: run }) });
  await expect(mine).toContainText("for you");
  await mine.getByRole("button", { name: "No", exact: true }).click();
  expect(await outputOf(request, run)).toEqual({ answer: false });
});

test("a call that needs approval shows what it is and what goes along", async ({
  page,
  request,
}) => {
  const run = await startRun(request, "web-approval", {}, ["kv:web-approval?approve"]);
  await page.goto("/asks");
  const card = page.getByRole("article").filter({ has: page.getByRole("link", { name: run }) });
  await expect(card).toContainText("approval");
  await expect(card).toContainText("web-approval");
  await expect(card).toContainText("amount");
  await card.getByRole("button", { name: "Allow", exact: true }).click();
  expect(await outputOf(request, run)).toEqual({ answer: true });
});

test("a token that may only look is told so", async ({ page, request }) => {
  const made = await post(request, "/v1/tokens", { name: "looks", role: "viewer" });
  const run = await ask(request, "boolean");
  await comeIn(page, String(made["secret"]));
  await page.goto("/asks");
  const card = page.getByRole("article").filter({ has: page.getByRole("link", { name: run }) });
  await expect(card.getByRole("button", { name: "Yes", exact: true })).toHaveAttribute(
    "aria-disabled",
    "true",
  );
  await expect(card).toContainText("lacks the scope answer");
  await post(request, `/v1/runs/${run}/cancel`, {});
  await expect(card).toHaveCount(0);
});

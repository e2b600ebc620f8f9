// Two tenants beside each other: neither sees what is the other's, not in a list, not by its name,
// not by the events of a socket, and what is another's looks like what does not exist.
import { expect, test, type APIRequestContext } from "@playwright/test";
import { comeIn, post, put, saveFlow, startRun, waitFor } from "./server.ts";

const ASKING = `
from sluice import flow

@flow(name="NAME")
def asks(secret: str) -> bool:
    """Ask about SUMMARY."""
    return flow.ask(f"Is {secret} right?")
`;

/** A tenant of its own for each test, with the token of its owner. */
async function tenant(request: APIRequestContext, name: string): Promise<string> {
  await post(request, "/v1/tenants", { tenant: name });
  const made = await post(request, `/v1/tenants/${name}/tokens`, { name: "owner", role: "owner" });
  return String(made["secret"]);
}

function unique(begin: string): string {
  return `${begin}-${Date.now().toString(36)}`;
}

test("each sees its own flows, runs, questions, keys and tokens, and nothing of the other", async ({
  browser,
  request,
}) => {
  const names = [unique("red"), unique("blue")] as const;
  const tokens = [await tenant(request, names[0]), await tenant(request, names[1])] as const;
  const runs: string[] = [];
  for (const [index, token] of tokens.entries()) {
    const own = names[index] ?? "";
    const source = ASKING.replace("NAME", `flow-${own}`).replace("SUMMARY", own);
    await saveFlow(request, source, token);
    await put(request, `/v1/kv/space-${own}/key`, { value: own }, token);
    const run = await startRun(request, `flow-${own}`, { secret: own }, undefined, token);
    await waitFor(request, run, ({ state }) => state === "waiting", token);
    runs.push(run);
  }
  for (const [index, token] of tokens.entries()) {
    const own = names[index] ?? "";
    const other = names[1 - index] ?? "";
    const context = await browser.newContext();
    const page = await context.newPage();
    await comeIn(page, token);
    for (const path of ["/flows", "/asks", "/keys", "/audit"]) {
      await page.goto(path);
      await expect(page.getByText(own).first()).toBeVisible();
      await expect(page.getByText(other)).toHaveCount(0);
    }
    await page.goto("/tokens");
    await expect(page.getByText("this one")).toBeVisible();
    await expect(page.getByRole("table", { name: "Tokens" }).getByRole("row")).toHaveCount(2);
    await page.goto("/tenants");
    await expect(page.getByText(/lacks the scope admin/)).toBeVisible();
    // The other's run, by its name: as if there were none.
    const answer = await request.get(`/v1/runs/${runs[1 - index] ?? ""}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status()).toBe(404);
    // Nor by a link that somebody passed on.
    const others = runs[1 - index] ?? "";
    for (const link of [
      `/runs/${others}`,
      `/runs/${others}#span=1`,
      `/runs/${runs[index] ?? ""}?diff=${others}`,
      `/editor?run=${others}`,
      `/flows/flow-${other}`,
      `/keys?space=space-${other}`,
    ]) {
      await page.goto(link);
      await expect(page.getByRole("main")).toContainText(/There is no|no keys|not found/i);
      await expect(page.getByText(`Is ${other} right?`)).toHaveCount(0);
      await expect(page.getByText(`about ${other}`)).toHaveCount(0);
    }
    await context.close();
  }
});

test("what one does does not move the page of the other", async ({ browser, request }) => {
  const [red, blue] = [unique("red"), unique("blue")];
  const [redToken, blueToken] = [await tenant(request, red), await tenant(request, blue)];
  for (const token of [redToken, blueToken]) {
    await saveFlow(request, ASKING.replace("NAME", "asking").replace("SUMMARY", "it"), token);
  }
  const context = await browser.newContext();
  const page = await context.newPage();
  await comeIn(page, redToken);
  await page.goto("/asks");
  await expect(page.getByText("Nothing waits for an answer")).toBeVisible();
  const run = await startRun(request, "asking", { secret: blue }, undefined, blueToken);
  await waitFor(request, run, ({ state }) => state === "waiting", blueToken);
  // The own question, which comes later, is there: the other's would have been by now.
  await startRun(request, "asking", { secret: red }, undefined, redToken);
  await expect(page.getByRole("article")).toHaveCount(1);
  await expect(page.getByRole("article")).toContainText(red);
  await expect(page.getByText(blue)).toHaveCount(0);
  await context.close();
});

test("in one browser, one after the other: nothing of the first is there for the second", async ({
  page,
  request,
}) => {
  const [red, blue] = [unique("red"), unique("blue")];
  const [redToken, blueToken] = [await tenant(request, red), await tenant(request, blue)];
  const runs: string[] = [];
  for (const [own, token] of [
    [red, redToken],
    [blue, blueToken],
  ] as const) {
    await saveFlow(request, ASKING.replace("NAME", "asking").replace("SUMMARY", own), token);
    runs.push(await startRun(request, "asking", { secret: own }, undefined, token));
    await waitFor(request, runs.at(-1) ?? "", ({ state }) => state === "waiting", token);
  }
  const logIn = async (token: string, next: string): Promise<void> => {
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await page.getByLabel("Login code or token").fill(token);
    await page.keyboard.press("Enter");
    await expect(page.getByText("Live", { exact: true })).toBeAttached();
  };
  await page.setViewportSize({ width: 700, height: 800 });

  // Red writes, keeps a query, answers in another name.
  await logIn(redToken, "/flows/asking");
  const source = page.getByRole("textbox", { name: /Source of the flow/ });
  await expect(source).toHaveValue(new RegExp(red));
  await source.fill(`# of ${red}`);
  await page.goto(`/runs?q=flow:${red}`);
  await page.getByRole("button", { name: "Save view" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill(`of ${red}`);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: `of ${red}`, exact: true })).toBeVisible();
  await page.goto("/asks");
  await page.getByLabel("You answer as").fill(`name-${red}`);
  await page.getByLabel("You answer as").press("Enter");
  await expect(page.getByRole("article")).toContainText(red);

  // Blue comes in another tab, without red going: the page of the first becomes blue's, and its
  // socket tells of blue's runs.
  const other = await page.context().newPage();
  await other.goto("/login?next=/asks");
  await other.getByLabel("Login code or token").fill(blueToken);
  await other.keyboard.press("Enter");
  await expect(other.getByRole("article")).toContainText(blue);
  await other.close();
  await expect(page.getByRole("article")).toContainText(blue);
  await expect(page.getByText(red)).toHaveCount(0);
  await expect(page.getByRole("button", { name: `Account: ${blue}` })).toBeVisible();
  await expect(page.getByLabel("You answer as")).toHaveValue("owner");
  await startRun(request, "asking", { secret: "and more" }, undefined, blueToken);
  await expect(page.getByRole("article")).toHaveCount(2);
  await page.goto("/flows/asking");
  await expect(source).toHaveValue(new RegExp(blue));
  await page.goto("/runs");
  await expect(page.getByRole("button", { name: "Failed", exact: true })).toBeVisible();
  await expect(page.getByText(red)).toHaveCount(0);

  // The same on the page of the login, and red finds their own again.
  await logIn(redToken, "/flows/asking");
  await expect(source).toHaveValue(`# of ${red}`);
  await page.goto("/asks");
  await expect(page.getByRole("article")).toContainText(red);
  await expect(page.getByLabel("You answer as")).toHaveValue(`name-${red}`);
});

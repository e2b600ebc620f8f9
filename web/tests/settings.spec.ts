// Settings: each kind of thing is made, shown, changed and removed; what is wrong stands beside its
// field; values of secrets are never shown; what a token may not do is not offered.
import { expect, test } from "@playwright/test";
import { comeIn, post, put, saveFlow, startRun } from "./server.ts";

test.beforeEach(async ({ page }) => comeIn(page));

test("a token is made, shown once, used, and taken back", async ({ page, request }) => {
  await page.goto("/tokens");
  await page.getByRole("button", { name: "Make a token" }).click();
  const dialog = page.getByRole("dialog", { name: "A new token" });
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await dialog.getByLabel("Name").fill("of the test");
  await dialog.getByLabel("Allows").selectOption("viewer");
  await dialog.getByLabel("Narrow what its runs may do").check();
  await dialog.getByLabel("Grants").fill("rpc:calendar.*\nnonsense");
  await expect(dialog.getByText("Call any method of the service calendar.")).toBeVisible();
  await dialog.getByRole("button", { name: "Make it" }).click();
  // The server's word on it, beside the field.
  await expect(dialog.getByLabel("Grants")).toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByLabel("Grants")).toHaveAccessibleDescription(/is not a capability/);
  await dialog.getByLabel("Grants").fill("rpc:calendar.*");
  await dialog.getByLabel("Ends").selectOption("after a week");
  await dialog.getByRole("button", { name: "Make it" }).click();
  await expect(dialog).toBeHidden();
  const shown = page.getByRole("status", { name: "The new token" });
  const secret = (await shown.getByText(/^slt_/).textContent()) ?? "";
  const me = await request.get("/v1/me", { headers: { authorization: `Bearer ${secret}` } });
  expect(await me.json()).toMatchObject({ name: "of the test", scopes: ["read"] });
  await page.reload();
  const row = page.getByRole("row").filter({ hasText: "of the test" }).first();
  await expect(row).toContainText("viewer");
  await expect(page.getByText(secret)).toHaveCount(0);
  await row.getByRole("button", { name: "Take back of the test" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take back" }).click();
  await expect(row).toHaveCount(0);
  const after = await request.get("/v1/me", { headers: { authorization: `Bearer ${secret}` } });
  expect(after.status()).toBe(401);
});

test("a secret is set and set again, and its value is nowhere", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const value = "a value that nobody reads";
  await page.goto("/secrets");
  await page.getByRole("button", { name: "Set a secret" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("WEB_TEST");
  await dialog.getByRole("textbox", { name: "Value" }).fill(value);
  await dialog.getByLabel("Hosts").fill("Not A Host");
  await dialog.getByRole("button", { name: "Set it" }).click();
  await expect(dialog.getByLabel("Hosts")).toHaveAccessibleDescription(/is no host/);
  await dialog.getByLabel("Hosts").fill("api.example.com");
  for (const [way, said] of [
    ["Command (CLI)", "sluice secrets set --host api.example.com --in header WEB_TEST"],
    ["Request (curl)", "/v1/secrets/WEB_TEST"],
    ["MCP tool call", '"name": "call_api"'],
  ] as const) {
    await dialog.getByRole("button", { name: "Copy as: this change" }).click();
    await dialog.getByRole("menuitem", { name: way }).click();
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await expect.poll(copied).toContain(said);
    expect(await copied()).not.toContain(value);
  }
  await dialog.getByRole("button", { name: "Set it" }).click();
  await expect(dialog).toBeHidden();
  const row = page.getByRole("row").filter({ hasText: "WEB_TEST" });
  await expect(row).toContainText("api.example.com");
  await row.getByRole("button", { name: "Set a new version of WEB_TEST" }).click();
  await expect(dialog.getByRole("textbox", { name: "Value" })).toHaveValue("");
  await dialog.getByRole("textbox", { name: "Value" }).fill(`${value}, again`);
  await dialog.getByRole("button", { name: "Set it" }).click();
  await expect(row.getByRole("cell").first()).toHaveText("2");
  expect(await page.content()).not.toContain(value);
  await row.getByRole("button", { name: "Remove WEB_TEST" }).click();
  await dialog.getByRole("button", { name: "Remove" }).click();
  await expect(row).toHaveCount(0);
});

test("a model is set with its prices, and changed", async ({ page }) => {
  await page.goto("/models");
  await page.getByRole("button", { name: "Set a model" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("web-test");
  await dialog.getByLabel("Address").fill("https://api.example.com/v1");
  await dialog.getByLabel("Model", { exact: true }).fill("small");
  await dialog.getByLabel("Price of a million tokens read").fill("a lot");
  await dialog.getByRole("button", { name: "Set it" }).click();
  await expect(dialog.getByLabel("Price of a million tokens read")).toHaveAccessibleDescription(
    /Write an amount/,
  );
  await dialog.getByLabel("Price of a million tokens read").fill("0.15");
  await dialog.getByRole("button", { name: "Set it" }).click();
  const row = page.getByRole("row").filter({ hasText: "web-test" });
  await expect(row).toContainText("$0.15 read");
  await row.getByRole("button", { name: "Change web-test" }).click();
  await expect(dialog.getByLabel("Price of a million tokens read")).toHaveValue("0.15");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await row.getByRole("button", { name: "Remove web-test" }).click();
  await dialog.getByRole("button", { name: "Remove" }).click();
  await expect(row).toHaveCount(0);
});

test("a service that does not answer is told as such", async ({ page }) => {
  await page.goto("/services");
  await page.getByRole("button", { name: "Add a service" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("nobody");
  await dialog.getByLabel("Address").fill("unix:/nowhere/rpc.sock");
  await dialog.getByRole("button", { name: "Add and read its document" }).click();
  await expect(dialog.getByRole("alert")).toContainText("cannot be reached");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toBeHidden();
});

test("a key is set as JSON, shown, and removed", async ({ page }) => {
  await page.goto("/keys");
  await page.getByRole("button", { name: "Set a key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Space").fill("web-test");
  await dialog.getByLabel("Key", { exact: true }).fill("a/<b>");
  await dialog.getByLabel("Value").fill("{seen");
  await dialog.getByRole("button", { name: "Set it" }).click();
  await expect(dialog.getByLabel("Value")).toHaveAccessibleDescription(/This is no JSON/);
  await dialog.getByLabel("Value").fill('{"seen": 3}');
  await dialog.getByRole("button", { name: "Set it" }).click();
  const row = page.getByRole("row").filter({ hasText: "a/<b>" });
  await expect(row).toContainText("seen");
  await row.getByRole("button", { name: "Remove a/<b>" }).click();
  await dialog.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByRole("row").filter({ hasText: "a/<b>" })).toHaveCount(0);
});

test("the audit is filtered by who did what", async ({ page, request }) => {
  await put(request, "/v1/kv/web-audit/one", { value: 1 });
  await page.goto("/audit");
  await page.getByLabel("What", { exact: true }).selectOption("set key");
  await page.getByRole("searchbox", { name: "Words" }).fill("web-audit");
  const rows = page.getByRole("table", { name: "Audit" }).getByRole("row");
  await expect(rows.nth(1)).toContainText("web-audit/one");
  await page.getByRole("searchbox", { name: "Words" }).fill("web-audit-of-nobody");
  await expect(page.getByText(/^0 entries of the/)).toBeVisible();
});

test("grants are said in plain language, usage in days, for who may see them", async ({ page }) => {
  await page.goto("/grants");
  await expect(page.getByText("Call any method of any service.")).toBeVisible();
  await page.getByRole("textbox", { name: "A word" }).fill("kv:notes(operation=get)?approve");
  await expect(page.getByText(/each time after a person has allowed it\./)).toBeVisible();
  await page.goto("/usage");
  await expect(page.getByRole("table", { name: "Quota" })).toContainText("CPU time a day");
});

test("a viewer is offered nothing to change, and told why", async ({ page, request }) => {
  const made = await post(request, "/v1/tokens", { name: "looks", role: "viewer" });
  await comeIn(page, String(made["secret"]));
  for (const [path, make] of [
    ["/services", "Add a service"],
    ["/secrets", "Set a secret"],
    ["/models", "Set a model"],
    ["/keys", "Set a key"],
  ] as const) {
    await page.goto(path);
    await expect(page.getByText(/lacks the scope/).first()).toBeVisible();
    await expect(page.getByRole("button", { name: make })).toHaveCount(0);
  }
  await page.goto("/tokens");
  await expect(page.getByText(/lacks the scope tenant/)).toBeVisible();
});

test("flows are found by their words, and run from the list", async ({ page, request }) => {
  await saveFlow(
    request,
    `from sluice import flow

@flow(name="web-greeter")
def greet(name: str) -> str:
    """Greet a walrus by name."""
    return f"Hello {name}"
`,
  );
  await startRun(request, "web-greeter", { name: "Ada" });
  await page.goto("/flows");
  await page.getByLabel("Search flows").fill("walrus");
  await expect(page).toHaveURL(/q=walrus/);
  const rows = page.getByRole("list", { name: "Flows" }).getByRole("heading");
  await expect(rows).toHaveText([/web-greeter/]);
  await expect(
    page
      .getByRole("list", { name: /Last runs/ })
      .getByRole("link")
      .last(),
  ).toHaveAttribute("title", /succeeded/);
  await page.getByRole("button", { name: "Run web-greeter" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("name").first().fill("Grace");
  await dialog.getByRole("button", { name: "Run", exact: true }).click();
  await expect(page).toHaveURL(/\/runs\/run_/);
});

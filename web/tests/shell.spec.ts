// What is around every page: coming in, going from place to place by keyboard alone, finding,
// help, the theme, and a connection that is lost and comes back.
import { expect, test, type APIRequestContext } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { comeIn, put, saveFlow, startRun, waitFor } from "./server.ts";
import { ownTenant } from "./support/own-tenant.ts";

const token = process.env["SLUICE_TOKEN"] ?? "";

/** A name without a place to break it. */
const LONG = "a-name-that-goes-on-and-on-and-has-no-place-to-be-broken";

const ASKS = `
from sluice import flow

@flow(name="${LONG}")
def long(text: str) -> bool:
    """${LONG}${LONG}"""
    with flow.step("reading " + text):
        print(text * 4)
    return flow.ask(text * 2, bool, details={text: text * 4})
`;

/** Something with a long name in every list. */
async function fill(request: APIRequestContext, secret: string): Promise<void> {
  await saveFlow(request, ASKS, secret);
  const address = `https://${LONG}.example.com/v1`;
  await put(request, `/v1/models/${LONG}`, { address, model: LONG }, secret);
  const held = { value: "12345678", hosts: [`${LONG}.example.com`], in: ["header"] };
  await put(request, "/v1/secrets/NARROW_NARROW_NARROW_NARROW_NARROW_NARROW", held, secret);
  await put(request, `/v1/kv/${LONG}/${LONG}`, { value: { [LONG]: LONG } }, secret);
}

test.describe("coming in", () => {
  test("a code leaves the address at once, also when it is not valid", async ({ page }) => {
    await page.goto("/#code=sll_notACodeThatAnybodyHas");
    await expect(page).toHaveURL(/\/login$/);
    await expect(page.getByRole("alert")).toBeVisible();
    expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
    await expectAccessible(page);
  });

  test("a token lets in, and leads to where the reader wanted to go", async ({ page }) => {
    await page.goto("/secrets");
    await expect(page).toHaveURL(/\/login\?next=%2Fsecrets$/);
    const field = page.getByLabel("Login code or token");
    await expect(field).toBeFocused();
    await field.fill("something else");
    await page.keyboard.press("Enter");
    await expect(field).toHaveAccessibleDescription(/begins with sll_/);
    await field.fill("slt_aTokenThatNobodyHas0000000000000000000000000000000");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("alert")).toContainText("not valid");
    await field.fill(token);
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/secrets$/);
    await expect(page.getByText("Live", { exact: true })).toBeAttached();
  });

  test("nobody is led to another site", async ({ page }) => {
    for (const next of ["//example.com", "https://example.com", "/\\example.com"]) {
      await page.goto(`/login?next=${encodeURIComponent(next)}`);
      await page.getByLabel("Login code or token").fill(token);
      await page.keyboard.press("Enter");
      await expect(page).toHaveURL(/\/runs$/);
      await page.evaluate(() => localStorage.clear());
    }
  });

  test("logging out forgets the token, and what was kept for its tenant", async ({ page }) => {
    await page.goto("/login?next=/runs?q=state:failed,cancelled");
    await page.getByLabel("Login code or token").fill(token);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Save view" }).click();
    await page.getByRole("dialog").getByRole("textbox").fill("Ended badly");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("button", { name: "Ended badly", exact: true })).toBeVisible();
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto("/editor");
    await page.getByRole("textbox", { name: /Source of the flow/ }).fill("# not saved");
    const logOut = async (): Promise<void> => {
      await page.getByRole("button", { name: /^Account/ }).click();
      await page.getByRole("menuitem", { name: "Log out" }).click();
    };
    await logOut();
    const dialog = page.getByRole("dialog", { name: "Log out, and lose 1 draft?" });
    await expect(dialog).toContainText("a new flow");
    await dialog.getByRole("button", { name: "Stay" }).click();
    await logOut();
    await dialog.getByRole("button", { name: "Log out" }).click();
    await expect(page).toHaveURL(/\/login/);
    const left = await page.evaluate(() => Object.keys(localStorage));
    expect(left.filter((key) => key.startsWith("sluice.of.") || key === "sluice.token")).toEqual(
      [],
    );
  });
});

test.describe("around every page", () => {
  test.beforeEach(async ({ page }) => comeIn(page));

  test("everything is reached by keyboard", async ({ page }) => {
    await page.goto("/runs");
    await expect(page.getByRole("heading", { name: "Runs", level: 1 })).toBeVisible();
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await expect(page).toHaveURL(/\/services$/);
    await expect(page.getByRole("main")).toBeFocused();
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("combobox")).toBeFocused();
    await page.keyboard.type("go to aud");
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(/\/audit$/);
    await expect(page).toHaveTitle("Audit · Sluice");
    await page.keyboard.press("?");
    const help = page.getByRole("dialog", { name: "Help" });
    await expect(help.getByText("Find and do anything")).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await expect(help).toBeHidden();
    await page.goBack();
    await expect(page).toHaveURL(/\/services$/);
  });

  test("letters that are typed into a field are no chords", async ({ page }) => {
    await page.goto("/runs");
    const query = page.getByRole("searchbox", { name: "Query" });
    await query.focus();
    await page.keyboard.type("gs?");
    await expect(query).toHaveValue("gs?");
    await expect(page).toHaveURL(/\/runs/);
  });

  test("a menu goes by arrows and letters, and gives the focus back", async ({ page }) => {
    await page.goto("/runs");
    const button = page.getByRole("button", { name: "Theme" });
    await button.focus();
    await page.keyboard.press("ArrowDown");
    await expect(page.getByRole("menuitem", { name: /As the system/ })).toBeFocused();
    await page.keyboard.press("d");
    await expect(page.getByRole("menuitem", { name: "Dark" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(button).toBeFocused();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await page.reload();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expectAccessible(page);
  });

  test("a lost connection is said, and comes back", async ({ page, context }) => {
    await page.goto("/runs");
    const state = page.getByRole("banner").getByRole("status");
    await expect(state).toHaveText("Live");
    await context.setOffline(true);
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await expect(state).toHaveText(/Reconnecting|Offline/, { timeout: 20_000 });
    await context.setOffline(false);
    await expect(state).toHaveText("Live", { timeout: 20_000 });
  });

  test("narrow screens have the places in a drawer", async ({ page }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto("/runs");
    await page.getByRole("button", { name: "Places" }).click();
    await page.getByRole("dialog", { name: "Places" }).getByRole("link", { name: "Asks" }).click();
    await expect(page).toHaveURL(/\/asks$/);
    await expect(page.getByRole("heading", { name: "Asks", level: 1 })).toBeVisible();
    await expectAccessible(page);
  });

  test("on narrow screens nothing sticks out of any page", async ({ page, request }) => {
    const secret = await ownTenant(request, "narrow");
    await fill(request, secret);
    const run = await startRun(request, LONG, { text: LONG }, undefined, secret);
    await waitFor(request, run, ({ state }) => state === "waiting", secret);
    await comeIn(page, secret);
    await page.setViewportSize({ width: 360, height: 740 });
    for (const [path, shown] of [
      ["/runs", LONG],
      [`/runs/${run}`, "reading"],
      ["/flows", LONG],
      [`/flows/${LONG}`, LONG],
      ["/editor", "New flow"],
      ["/asks", LONG],
      ["/services", "No services yet"],
      ["/models", LONG],
      ["/grants", "The tenant"],
      ["/secrets", "NARROW"],
      [`/keys?space=${LONG}`, LONG],
      ["/tokens", "this one"],
      ["/usage", "Quota"],
      ["/audit", LONG],
    ] as const) {
      await page.goto(path);
      const main = page.getByRole("main");
      await expect(main.getByText(shown).first(), path).toBeAttached();
      const [wide, room] = await main.evaluate((one) => [one.scrollWidth, one.clientWidth]);
      expect(wide, path).toBeLessThanOrEqual(room);
    }
    await comeIn(page);
    await page.goto("/tenants");
    const main = page.getByRole("main");
    await expect(main.getByText(/^narrow/).first()).toBeAttached();
    const [wide, room] = await main.evaluate((one) => [one.scrollWidth, one.clientWidth]);
    expect(wide, "/tenants").toBeLessThanOrEqual(room);
  });

  test("an address that does not exist says so", async ({ page }) => {
    await page.goto("/nowhere");
    await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
  });
});

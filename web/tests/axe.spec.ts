// Every page, with something on it, light and dark, wide and narrow, as far as axe can tell whether
// everybody can use it: no violation.
import { expect, test, type Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { comeIn, post, put, saveFlow, startRun, waitFor } from "./server.ts";
import { ownTenant } from "./support/own-tenant.ts";
import { treeOf } from "./support/tree.ts";

const SOURCE = `
from sluice import flow

@flow(name="paint", uses=["kv:paint"])
def paint(colour: str, coats: int = 2, rooms: list[str] = ["hall"]) -> dict:
    """Paint rooms.

    Each coat is a step.
    """
    for coat in range(coats):
        with flow.step(f"coat {coat}", colour=colour) as step:
            flow.log.warning("drips", coat=coat)
            step.progress(coat + 1, coats)
    flow.kv("paint").set(colour, {"coats": coats})
    if colour == "grey":
        with flow.step("dry"):
            raise ValueError("grey does not dry")
    if colour == "blue":
        flow.ask("Is blue right?", bool, details={"rooms": rooms})
    return {"colour": colour, "rooms": rooms}
`;

async function expectInBoth(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
    await expectAccessible(page);
  }
}

test.describe("axe", () => {
  const runs: Record<string, string> = {};
  let token = "";

  test.beforeAll(async ({ request }) => {
    token = await ownTenant(request, "axe");
    await saveFlow(request, SOURCE, token);
    for (const colour of ["red", "grey", "blue"]) {
      const run = await startRun(request, "paint", { colour }, undefined, token);
      await waitFor(request, run, ({ state }) => state === "ended" || state === "waiting", token);
      runs[colour] = run;
    }
    await put(request, "/v1/kv/paint/spare", { value: [1, { two: null }] }, token);
    await put(
      request,
      "/v1/secrets/PAINT",
      { value: "shh, nobody reads this", hosts: ["api.example.com"] },
      token,
    );
    await post(request, "/v1/tokens", { name: "looks", role: "viewer" }, token);
  });

  const places = [
    ["/runs", "row", /paint/],
    ["/asks", "article", /Is blue right/],
    ["/flows", "heading", /paint/],
    ["/services", "heading", /Services/],
    ["/models", "heading", /Models/],
    ["/grants", "heading", /Grants/],
    ["/secrets", "row", /PAINT/],
    ["/keys?space=paint", "row", /spare/],
    ["/tokens", "row", /looks/],
    ["/usage", "table", /Quota/],
    ["/audit", "table", /Audit/],
  ] as const;
  for (const [path, role, name] of places) {
    test(`of ${path}`, async ({ page }) => {
      await comeIn(page, token);
      await page.goto(path);
      await expect(
        page
          .getByRole(role, { name })
          .or(page.getByRole(role).filter({ hasText: name }))
          .first(),
      ).toBeVisible();
      await expectInBoth(page);
      await page.setViewportSize({ width: 360, height: 740 });
      await expectAccessible(page);
    });
  }

  test("of the tenants", async ({ page }) => {
    await comeIn(page);
    await page.goto("/tenants");
    await expect(page.getByRole("table").first()).toBeVisible();
    await expectInBoth(page);
  });

  test("of a run that waits, of one that failed, and of two compared", async ({ page }) => {
    test.slow();
    await comeIn(page, token);
    await page.goto(`/runs/${runs["blue"] ?? ""}`);
    await expect(treeOf(page)).toBeVisible();
    await expectInBoth(page);
    await page.goto(`/runs/${runs["grey"] ?? ""}`);
    await page.getByRole("button", { name: "1 error" }).click();
    await page.getByRole("button", { name: /^Logs/ }).click();
    for (const tab of ["Summary", "Error", "Source", "Events"]) {
      await page.getByRole("tab", { name: tab }).click();
      await expectInBoth(page);
    }
    await page.getByRole("button", { name: "Waterfall" }).click();
    await page.setViewportSize({ width: 360, height: 740 });
    await expectAccessible(page);
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.goto(`/runs/${runs["red"] ?? ""}?diff=${runs["grey"] ?? ""}`);
    await expect(page.getByRole("main")).toContainText("coat 1");
    await expectInBoth(page);
  });

  test("of the editor, with problems, its run and its parts", async ({ page }) => {
    test.slow();
    await comeIn(page, token);
    await page.goto("/flows/paint");
    await expect(page.locator(".monaco-editor").first()).toContainText("colour");
    for (const tab of ["Input", "Grants", "Versions"]) {
      await page.getByRole("tab", { name: tab }).click();
      await expectInBoth(page);
    }
    await page.goto(`/editor?run=${runs["grey"] ?? ""}`);
    await expect(page.locator(".monaco-editor").first()).toContainText("colour");
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await expect(page.getByRole("tabpanel").getByText("grey does not dry").first()).toBeVisible();
    await expectInBoth(page);
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole("tab", { name: "Source" }).click();
    await expectAccessible(page);
  });

  test("of what opens over pages", async ({ page }) => {
    await comeIn(page, token);
    await page.goto("/tokens");
    await page.keyboard.press("Control+k");
    await expect(page.getByRole("option").first()).toBeVisible();
    await expectInBoth(page);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Make a token" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await expectInBoth(page);
    await page.goto("/flows");
    await page.getByRole("button", { name: "Run paint" }).click();
    await expect(page.getByRole("dialog").getByLabel("colour").first()).toBeVisible();
    await expectInBoth(page);
  });
});

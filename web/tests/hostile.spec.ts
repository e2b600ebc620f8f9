// Texts of flows are data: whatever names of steps, logs, attributes, keys, questions, errors, docs and
// labels hold, pages show it, and nothing of it runs, draws, asks for anything, hides or turns.
import { expect, test, type Page } from "@playwright/test";
import { comeIn, post, put, saveFlow, startRun, waitFor } from "./server.ts";
import { NAUGHTY } from "./support/naughty.ts";
import { ownTenant } from "./support/own-tenant.ts";
import { spansOf, treeOf } from "./support/tree.ts";
import { expectNothingRaw, throughAll, Watched } from "./support/watch.ts";

/** As Python reads it: every character that is not plain is an escape. */
function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Some of each kind, where each takes a run of its own. */
const SOME = [
  "<img src=x onerror=window.naughty.push('ran')>",
  "\"><script>window.naughty.push('ran')</script>",
  "javascript:window.naughty.push('ran')",
  "pay \u202egnp.exe \u2066now\u2069",
  "\u001b[31mred\u001b]0;title\u0007",
  `Z${"\u0300\u0301\u0302".repeat(20)}algo`,
  "{{constructor.constructor('alert(1)')()}}${7*7}{@html 1}",
  "a\u200bb\ufeffc\u00add",
  '=HYPERLINK("http://example.invalid")',
  "W".repeat(500),
];

const DOC = SOME.slice(0, 9)
  .map((text) => literal(text).slice(1, -1).replaceAll('\\"', "'"))
  .join(" | ");

const SOURCE = `
import json
from sluice import flow

@flow(name="naughty", uses=["kv:*"])
def naughty(texts: str) -> object:
    """${DOC}"""
    given = json.loads(texts)
    for at, text in enumerate(given):
        key = text[:100] if text not in ("", "self") else "empty"
        with flow.step(text or "empty", text=text) as step:
            step.set(**{key: at})
            flow.log.info(text, **{key: text})
            print(text)
    whole = [text.encode("utf-8", "replace").decode() for text in given]
    return {"texts": whole, **{text[:200]: text for text in whole}}

@flow(name="naughty-keys", uses=["kv:*"])
def naughty_keys(texts: str) -> int:
    """${DOC}"""
    given = json.loads(texts)
    for text in given:
        flow.kv("naughty").set(text, {text: text})
    return len(given)

@flow(name="naughty-ask")
def naughty_ask(text: str) -> bool:
    return flow.ask(text, bool, details={text: [text]})

@flow(name="naughty-error")
def naughty_error(text: str) -> bool:
    ${literal("local")}
    value = {text: text}
    error = type("Naughty", (Exception,), {"__qualname__": text[:60], "__name__": text[:60]})(text)
    error.add_note(text)
    with flow.step(text):
        try:
            int(text)
        except ValueError:
            raise error
    return bool(value)
`;

async function expectHarmless(page: Page, watched: Watched): Promise<void> {
  await expectNothingRaw(page);
  await watched.expectInert(page);
  expect(await page.title()).toMatch(/ · Sluice$/);
}

test.describe("texts of strangers", () => {
  let token: string;

  test.beforeEach(async ({ page, request }) => {
    token = await ownTenant(request, "naughty");
    await saveFlow(request, SOURCE, token);
    await comeIn(page, token);
  });

  test("names of steps, attributes and logs are shown, and do nothing", async ({
    page,
    request,
  }) => {
    test.slow();
    expect(NAUGHTY.length).toBeGreaterThanOrEqual(515);
    const texts = `[${NAUGHTY.map(literal).join(", ")}]`;
    const run = await startRun(request, "naughty", { texts }, undefined, token);
    const { outcome } = await waitFor(request, run, (detail) => detail.state === "ended", token);
    expect(outcome).toBe("succeeded");
    expect((await spansOf(request, run, token)).length).toBe(NAUGHTY.length);
    const watched = await Watched.on(page);

    await page.goto(`/runs/${run}`);
    await expect(treeOf(page)).toBeVisible();
    let rows = 0;
    await throughAll(treeOf(page), async () => {
      rows += await treeOf(page).getByRole("treeitem").count();
      await expectHarmless(page, watched);
    });
    expect(rows).toBeGreaterThanOrEqual(NAUGHTY.length);

    await page.getByRole("button", { name: /^Logs/ }).click();
    await throughAll(page.getByRole("listbox", { name: "Log lines" }), () =>
      expectHarmless(page, watched),
    );

    // All that is told of the run, and of spans of each kind.
    for (const tab of await page.getByRole("tab").all()) {
      await tab.click();
      await expectHarmless(page, watched);
    }
    await page.getByRole("tab", { name: "Events" }).click();
    const size = page.viewportSize();
    await throughAll(treeOf(page), async () => {
      await treeOf(page).click({ position: { x: 60, y: (size?.height ?? 720) / 8 } });
      await expectHarmless(page, watched);
    });
    await page.getByRole("button", { name: "Waterfall" }).click();
    await expectHarmless(page, watched);

    // Looked for by what it holds, and compared with itself.
    await page.getByRole("searchbox", { name: "Find spans" }).fill("<img");
    await expect(page.getByRole("main")).toContainText(/\d+ spans/);
    await expectHarmless(page, watched);
    await page.goto(`/runs/${run}?diff=${run}`);
    await expect(page.getByRole("main")).not.toContainText("Loading");
    await expectHarmless(page, watched);
  });

  test("questions, errors, keys, docs and labels are shown, and do nothing", async ({
    page,
    request,
  }) => {
    test.slow();
    const runs: string[] = [];
    for (const text of SOME) {
      const asked = await startRun(request, "naughty-ask", { text }, undefined, token);
      const failed = await startRun(request, "naughty-error", { text }, undefined, token);
      await waitFor(request, asked, (detail) => detail.state === "waiting", token);
      const { outcome } = await waitFor(request, failed, (one) => one.state === "ended", token);
      expect(outcome).toBe("failed");
      runs.push(failed);
    }
    const keys = NAUGHTY.filter(
      (text) => text !== "" && !/\p{Surrogate}/u.test(text) && text.length < 200,
    );
    const some = keys.filter((_, at) => at % 6 === 0);
    const texts = `[${some.map(literal).join(", ")}]`;
    const kept = await startRun(request, "naughty-keys", { texts }, undefined, token);
    const made = await waitFor(request, kept, (detail) => detail.state === "ended", token);
    expect(made.outcome).toBe("succeeded");
    await put(request, "/v1/kv/labels/one", { value: SOME }, token);
    // Names of tokens have no control characters: the server takes none.
    for (const text of SOME.filter((one) => !one.includes("\u001b"))) {
      await post(request, "/v1/tokens", { name: text.slice(0, 60), role: "viewer" }, token);
    }
    const watched = await Watched.on(page);

    await page.goto("/asks");
    await expect(page.getByRole("article")).toHaveCount(SOME.length);
    await expectHarmless(page, watched);
    await page
      .getByRole("article")
      .first()
      .getByRole("button", { name: "Yes", exact: true })
      .click();
    await expect(page.getByRole("article")).toHaveCount(SOME.length - 1);
    await expectHarmless(page, watched);

    for (const run of runs) {
      await page.goto(`/runs/${run}`);
      await page.getByRole("tab", { name: "Error" }).click();
      await expect(page.getByRole("tabpanel").getByRole("article").first()).toBeVisible();
      await expectHarmless(page, watched);
    }

    await page.goto("/keys?space=naughty");
    await expect(page.getByRole("row").nth(20)).toBeVisible();
    await expectHarmless(page, watched);

    for (const path of ["/runs", "/flows", "/tokens", "/audit", "/grants", "/usage"]) {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await page.waitForLoadState("networkidle");
      await expectHarmless(page, watched);
    }

    // The palette, by what somebody types and by what it finds.
    await page.keyboard.press("Control+k");
    await page.keyboard.insertText(SOME[0] ?? "");
    await expect(page.getByRole("dialog", { name: "Commands" })).toContainText("Nothing fits");
    await expectHarmless(page, watched);
    await page.getByRole("combobox", { name: /^Find a command/ }).fill("naughty");
    await expect(page.getByRole("option", { name: /naughty-ask/ }).first()).toBeVisible();
    await expectHarmless(page, watched);
    await page.keyboard.press("Escape");

    // Addresses, too, are written by strangers.
    for (const text of SOME.slice(0, 5)) {
      for (const path of ["/runs/", "/flows/"]) {
        await page.goto(path + encodeURIComponent(text));
        await expect(page.getByRole("main")).not.toBeEmpty();
        await page.waitForLoadState("networkidle");
        await expectNothingRaw(page);
      }
      await page.goto(`/runs?q=${encodeURIComponent(text)}#span=${encodeURIComponent(text)}`);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expectNothingRaw(page);
    }
  });

  test("a source that is naughty is edited as text", async ({ page, request }) => {
    const source = `${SOURCE}\n# ${SOME.slice(0, 9).join(" # ").replaceAll("\u001b", "")}\n`;
    await saveFlow(request, source, token);
    const watched = await Watched.on(page);
    await page.goto("/flows/naughty");
    const editor = page.locator(".monaco-editor").first();
    await expect(editor).toContainText("import json");
    await editor.locator(".view-lines").click();
    await page.keyboard.press("Control+End");
    await expect(editor).toContainText("window.naughty");
    for (const tab of await page.getByRole("tab").all()) {
      await tab.click();
      await watched.expectInert(page);
    }
    await watched.expectInert(page);
  });
});

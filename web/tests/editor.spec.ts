// The editor: write, check, run, watch the tree beside the lines, mend what failed, save and go back.
import { expect, test, type Locator, type Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { comeIn, put, saveFlow } from "./server.ts";

const STEPS = `from sluice import flow


@flow(name="web-editor")
def steps(name: str, times: int = 2) -> list[str]:
    """Greets <img src=x onerror="document.title='taken'"> \\u202e."""
    said = []
    for number in range(times):
        with flow.step(f"greet {number}"):
            flow.log.info("greeting <b>loudly</b>")
            flow.sleep(0.2)
            said.append(f"Hello {name}")
    return said
`;

const FAILING = `from sluice import flow


@flow(name="web-editor-fails")
def fails() -> int:
    with flow.step("sum"):
        return sum(row["prise"] for row in [{"price": 3}])
`;

const REFUSED = `from sluice import flow


@flow(name="web-editor-refused")
def refused() -> str:
    flow.kv("web-editor").set("key", 1)
    return "done"
`;

function source(page: Page): Locator {
  return page.getByRole("textbox", { name: /Source of the flow/ });
}

/** Opens the editor and writes a source in place of what is there. */
async function write(page: Page, text: string): Promise<void> {
  await page.goto("/editor");
  await expect(page.locator(".monaco-editor .view-line").first()).toBeVisible();
  await replace(page, text);
  await expect(page.getByRole("status").filter({ hasText: "No problems" })).toBeVisible();
}

async function replace(page: Page, text: string): Promise<void> {
  await page.locator(".monaco-editor .view-lines").first().click();
  await page.keyboard.press("Control+A");
  // Pasted: what is typed is indented by the editor as one goes.
  await page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.activeElement?.dispatchEvent(event);
  }, text);
}

/** The lines as Monaco draws them, with its hard spaces as plain ones. */
async function shown(page: Page): Promise<string> {
  const lines = await page.locator(".monaco-editor .view-lines").first().innerText();
  return lines.replaceAll("\u00A0", " ");
}

/** The runs that the page starts from now on, by what they are started with. */
function startedRuns(page: Page): { grants?: string[]; source: string }[] {
  const started: { grants?: string[]; source: string }[] = [];
  page.on("request", (request) => {
    if (request.method() !== "POST" || new URL(request.url()).pathname !== "/v1/runs") return;
    started.push(request.postDataJSON() as { source: string });
  });
  return started;
}

async function opened(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(page.locator(".monaco-editor .view-line").first()).toBeVisible();
}

test.beforeEach(async ({ page }) => {
  await comeIn(page);
});

test("a flow is written, checked, run and watched, and lines and spans lead to each other", async ({
  page,
}) => {
  await write(page, STEPS);
  await expect(page.locator("p", { hasText: "Greets <img src=x" })).toBeVisible();
  await page.getByLabel("name", { exact: true }).fill("Ada");
  await page.keyboard.press("Control+Enter");

  const tree = page.getByRole("tree", { name: "Spans of this run" });
  await expect(tree.getByRole("treeitem", { name: /greet 0/ })).toBeVisible();
  await expect(page.getByText("succeeded").first()).toBeVisible();
  await expect(page.getByText('"Hello Ada"').first()).toBeVisible();
  await expect(page.getByText("greeting <b>loudly</b>").first()).toBeVisible();
  await expect(page.locator(".sluice-after").first()).toContainText("2×");
  expect(await page.title()).not.toBe("taken");

  await tree.getByRole("treeitem", { name: /greet 1/ }).click();
  await expect(page.locator(".sluice-current")).toBeVisible();
  await page.locator(".sluice-note").first().click();
  await expect(tree.locator('[aria-selected="true"]')).toContainText("greet");
  await expectAccessible(page);
});

test("a problem is told as one types, with what it means", async ({ page }) => {
  await write(page, STEPS);
  await replace(page, STEPS.replace("flow.sleep", "flow.slep"));
  const problems = page.getByRole("list", { name: "Problems of the source" });
  await expect(problems).toContainText("Did you mean `sleep`?");
  await problems.getByRole("button", { name: "Write sleep in place of slep" }).click();
  await expect(problems).toBeHidden();
  await replace(page, STEPS.replace("times: int = 2", "times: int = "));
  await expect(problems).toContainText("source_invalid");
  await expect(problems.getByRole("link", { name: "source_invalid" })).toHaveAttribute(
    "href",
    "/v1/errors/source_invalid",
  );
});

test("names of the SDK are completed, and calls explained", async ({ page }) => {
  await write(page, STEPS);
  await page.keyboard.press("Control+End");
  await page.keyboard.type("flow.");
  const list = page.locator(".suggest-widget");
  await expect(list).toContainText("artifact(name: str");
  await page.keyboard.press("Escape");
  await page.keyboard.type("ask(");
  await expect(page.locator(".parameter-hints-widget")).toContainText("question: str");
});

test("a failure is explained, and its fix was run before it is applied", async ({ page }) => {
  const started = startedRuns(page);
  await write(page, FAILING);
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("Did you mean 'price'?").first()).toBeVisible();
  await expect(page.getByText("row", { exact: true }).first()).toBeVisible();
  const fix = page.getByRole("region", { name: "A fix" });
  await expect(fix).toContainText("it succeeded");
  // However often the page is drawn anew, the fix is run once.
  const tree = page.getByRole("tree", { name: "Spans of this run" });
  await tree.getByRole("treeitem", { name: /^sum/ }).click();
  for (const key of ["ArrowUp", "ArrowLeft", "ArrowRight", "ArrowDown"]) {
    await page.keyboard.press(key);
  }
  await fix.getByRole("button", { name: "Apply" }).click();
  await expect.poll(() => shown(page)).toContain('row["price"]');
  await page.locator(".monaco-editor .view-lines").first().click();
  await page.keyboard.press("Control+Z");
  await expect.poll(() => shown(page)).toContain('row["prise"]');
  await expect(fix).toContainText("it succeeded");
  expect(started.filter(({ grants }) => grants?.length === 0)).toHaveLength(1);
  await expectAccessible(page);
});

test("a trial that is given up is ended", async ({ page }) => {
  // Mended, it goes on for long.
  await write(
    page,
    FAILING.replace("return sum", "total = sum") + "    flow.sleep(60)\n    return total\n",
  );
  const trial = page.waitForRequest((request) => {
    const isStart = request.method() === "POST" && request.url().endsWith("/v1/runs");
    return isStart && (request.postDataJSON() as { grants?: string[] }).grants?.length === 0;
  });
  const ended = page.waitForResponse((response) => response.url().endsWith("/cancel"));
  await page.keyboard.press("Control+Enter");
  await trial;
  await page.locator(".monaco-editor .view-lines").first().click();
  await page.keyboard.type("#");
  expect((await ended).ok()).toBe(true);
});

test("pressed twice, one run is started", async ({ page }) => {
  const started = startedRuns(page);
  await write(page, STEPS);
  await page.getByLabel("name", { exact: true }).fill("Ada");
  await page.route("**/v1/validate", async (route) => {
    await new Promise((done) => setTimeout(done, 300));
    await route.continue();
  });
  // What was not checked yet is checked first, which takes its time.
  await replace(page, STEPS.replace("0.2", "0.3"));
  await page.keyboard.press("Control+Enter");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("tree", { name: "Spans of this run" })).toBeVisible();
  await expect(page.getByText("succeeded").first()).toBeVisible();
  expect(started).toHaveLength(1);
});

test("a missing grant is added to the flow's uses", async ({ page }) => {
  await write(page, REFUSED);
  await page.keyboard.press("Control+Enter");
  const fix = page.getByRole("region", { name: "A fix" });
  await expect(fix).toContainText("Checked");
  await page.getByRole("tab", { name: /Grants/ }).click();
  await expect(page.getByText("refused 1×")).toBeVisible();
  await page.getByRole("tab", { name: "Run" }).click();
  await fix.getByRole("button", { name: "Apply" }).click();
  await expect.poll(() => shown(page)).toContain('uses=["kv:web-editor"]');
  await page.keyboard.press("Control+Enter");
  await expect(page.getByText("succeeded").first()).toBeVisible();
  await page.getByRole("tab", { name: /Grants/ }).click();
  await expect(page.getByText("used 1× by the last run")).toBeVisible();
});

test("the input is a form and JSON at once, and is kept under a name", async ({ page }) => {
  await write(page, STEPS);
  await page.getByLabel("name", { exact: true }).fill("Ada");
  await page.getByLabel("times", { exact: true }).fill("x");
  await page.getByLabel("name", { exact: true }).focus();
  await expect(page.getByText("expected an integer, got the string 'x'")).toBeVisible();
  await page.getByRole("button", { name: "JSON" }).click();
  const json = page.getByRole("textbox", { name: "Input as JSON" });
  await expect(json).toHaveValue(/"name": "Ada"/);
  await json.fill('{"name": "Grace", "times": 1}');
  await page.getByRole("button", { name: "Form", exact: true }).click();
  await expect(page.getByLabel("times", { exact: true })).toHaveValue("1");
  // Another name of the flow is no reason to type it again.
  await replace(page, STEPS.replace("web-editor", "web-renamed"));
  await expect(page.getByRole("status").filter({ hasText: "No problems" })).toBeVisible();
  await page.getByLabel("name", { exact: true }).fill("Joan");
  await replace(page, STEPS.replace("web-editor", "web-renamed-again"));
  await expect(page.getByRole("status").filter({ hasText: "No problems" })).toBeVisible();
  await expect(page.getByLabel("name", { exact: true })).toHaveValue("Joan");
  await expect(page.getByLabel("times", { exact: true })).toHaveValue("1");
  await page.getByLabel("name", { exact: true }).fill("Grace");
  await page.getByText(/Inputs that are kept/).click();
  await page.getByLabel("Keep this input as").fill("once");
  await page.getByRole("button", { name: "Keep", exact: true }).click();
  await page.getByLabel("name", { exact: true }).fill("Else");
  await page.getByRole("button", { name: "once", exact: true }).click();
  await expect(page.getByLabel("name", { exact: true })).toHaveValue("Grace");
  await expectAccessible(page);
});

test("versions are saved, compared and put back", async ({ page }) => {
  const name = `web-versions-${String(Date.now())}`;
  await write(page, STEPS.replace("web-editor", name));
  await page.keyboard.press("Control+S");
  await expect(page).toHaveURL(new RegExp(`/flows/${name}$`));
  await expect(page.getByText("version 1", { exact: true })).toBeVisible();
  await expect(page.locator(".monaco-editor .view-line").first()).toBeVisible();
  await replace(page, STEPS.replace("web-editor", name).replace("0.2", "0.3"));
  await page.keyboard.press("Control+S");
  await expect(page.getByText("version 2", { exact: true })).toBeVisible();
  await page.getByRole("tab", { name: "Versions" }).click();
  await page.getByRole("listitem").filter({ hasText: "Version 1" }).getByRole("button").click();
  await expect(page.locator(".monaco-diff-editor .line-delete").first()).toBeVisible();
  await page.getByRole("button", { name: "Put version 1 into the editor" }).click();
  await expect.poll(() => shown(page)).toContain("flow.sleep(0.2)");
  await expect(page.getByText("version 2, changed")).toBeVisible();
  // The editor completes as before.
  await page.locator(".monaco-editor .view-lines").first().click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("flow.");
  await expect(page.locator(".suggest-widget")).toContainText("artifact(name: str");
});

test("a draft is of the version that it was made from, and saved over no other unseen", async ({
  page,
  request,
}) => {
  const name = `web-draft-${String(Date.now())}`;
  const version = (seconds: string): string =>
    STEPS.replace("web-editor", name).replace("0.2", seconds);
  await saveFlow(request, version("0.1"));
  await opened(page, `/flows/${name}`);
  await replace(page, version("0.9"));
  await expect(page.getByText("version 1, changed")).toBeVisible();

  // It is there again, and says of what it is.
  await opened(page, `/flows/${name}`);
  await expect.poll(() => shown(page)).toContain("flow.sleep(0.9)");
  const note = page.getByRole("main").getByRole("status").filter({ hasText: "draft" });
  await expect(note).toContainText("Your draft of version 1 is shown.");

  // An older version, or one that somebody else saved, does not take its place.
  await put(request, `/v1/flows/${name}`, { source: version("0.5") });
  await opened(page, `/flows/${name}?version=1`);
  await expect.poll(() => shown(page)).toContain("flow.sleep(0.1)");
  await expect(page.getByText("Version 1 is shown.")).toBeVisible();
  await replace(page, version("0.7"));
  await opened(page, `/flows/${name}`);
  await expect.poll(() => shown(page)).toContain("flow.sleep(0.9)");
  await expect(note).toContainText("Your draft is of version 1. Version 2 was saved since then.");
  await page.keyboard.press("Control+S");
  await expect(page.getByRole("log")).toContainText("Nothing was saved, and your draft is kept.");
  await expectAccessible(page);
  await note.getByRole("button", { name: "Compare with version 2" }).click();
  const dialog = page.getByRole("dialog", { name: "Version 2 and what you wrote" });
  await expect(dialog.locator(".line-delete").first()).toBeVisible();
  await dialog.getByRole("button", { name: "Close" }).first().click();
  await note.getByRole("button", { name: "Save it over version 2" }).click();
  await expect(page.getByText("version 3", { exact: true })).toBeVisible();
  await expect(note).toBeHidden();

  // A draft that is discarded is gone.
  await replace(page, version("0.8"));
  await opened(page, `/flows/${name}`);
  await note.getByRole("button", { name: "Discard the draft" }).click();
  await expect.poll(() => shown(page)).toContain("flow.sleep(0.9)");
  await opened(page, `/flows/${name}`);
  await expect.poll(() => shown(page)).toContain("flow.sleep(0.9)");
  await expect(note).toBeHidden();
});

test("what an address brings takes no draft's place", async ({ page }) => {
  await write(page, STEPS);
  await page.getByLabel("name", { exact: true }).fill("Ada");
  await page.keyboard.press("Control+Enter");
  const run = await page.getByRole("link", { name: "Open the run" }).getAttribute("href");
  await opened(page, "/editor?example=first");
  await replace(page, FAILING);
  await opened(page, (run ?? "").replace("/runs/", "/editor?run="));
  await expect.poll(() => shown(page)).toContain("web-editor");
  await replace(page, REFUSED);
  await opened(page, "/editor");
  await expect.poll(() => shown(page)).toContain('name="web-editor"');
});

test("words of capabilities are completed", async ({ page }) => {
  await write(page, STEPS);
  await page.keyboard.press("Control+End");
  await page.keyboard.type("with flow.step('x', uses=['");
  const list = page.locator(".suggest-widget");
  await expect(list).toContainText("rpc:SERVICE.METHOD");
  await page.keyboard.type("artif");
  await page.keyboard.press("Enter");
  await expect.poll(() => shown(page)).toContain("uses=['artifact:'");
});

test("on a narrow screen the source is a plain field", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("/editor");
  await source(page).fill(FAILING);
  await page.keyboard.press("Control+Enter");
  const fix = page.getByRole("region", { name: "A fix" });
  await expect(fix).toContainText("it succeeded");
  await fix.getByRole("button", { name: "Apply" }).click();
  await page.getByRole("tab", { name: "Source" }).click();
  await expect(source(page)).toHaveValue(/row\["price"\]/);
  await expect(page.locator(".monaco-editor")).toHaveCount(0);
  await expectAccessible(page);
});

// What a browser fetches before the first page can be used, as it comes over the wire: at most
// 180 KB, compressed. Monaco comes later, and only where somebody writes.
import { expect, test, type Page } from "@playwright/test";
import { comeIn, saveFlow, startRun, waitFor } from "./server.ts";
import { ownTenant } from "./support/own-tenant.ts";

const MOST_BYTES = 180_000;
const MONACO = /code-editor|\.worker|\.ttf/;

interface Fetched {
  path: string;
  bytes: number;
  coding: string;
}

/** All files of ours that are fetched while a page is opened and comes to rest. */
async function fetched(page: Page, path: string, isThere: () => Promise<void>): Promise<Fetched[]> {
  const session = await page.context().newCDPSession(page);
  const files = new Map<string, Fetched>();
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  session.on("Network.responseReceived", ({ requestId, response }) => {
    const { pathname } = new URL(response.url);
    const coding = response.headers["content-encoding"] ?? "";
    if (pathname.startsWith("/v1/")) return;
    files.set(requestId, { path: pathname, bytes: 0, coding });
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const file = files.get(requestId);
    if (file) file.bytes = encodedDataLength;
  });
  await page.goto(path);
  await isThere();
  await page.waitForLoadState("networkidle");
  return [...files.values()];
}

function tell(what: string, files: readonly Fetched[]): number {
  const counted = files.filter(({ path }) => !MONACO.test(path));
  const bytes = counted.reduce((sum, file) => sum + file.bytes, 0);
  const most = [...counted].sort((left, right) => right.bytes - left.bytes).slice(0, 3);
  const largest = most.map(({ path, bytes: size }) => `${path} ${size}`).join(", ");
  process.stdout.write(
    `${what}: ${bytes} bytes in ${counted.length} files; the largest: ${largest}\n`,
  );
  return bytes;
}

test("the first page is small, whichever it is", async ({ page, request }) => {
  const token = await ownTenant(request, "small");
  const source =
    'from sluice import flow\n\n@flow(name="small")\ndef small() -> int:\n    return 1\n';
  await saveFlow(request, source, token);
  const run = await startRun(request, "small", {}, undefined, token);
  await waitFor(request, run, (detail) => detail.state === "ended", token);

  const login = await fetched(page, "/", () =>
    expect(page.getByRole("button", { name: "Log in" })).toBeVisible(),
  );
  expect(tell("login", login)).toBeLessThanOrEqual(MOST_BYTES);
  expect(login.filter(({ path }) => MONACO.test(path))).toEqual([]);
  for (const { path, bytes, coding } of login) {
    if (bytes > 2_000) expect(`${path} ${coding}`).toBe(`${path} br`);
  }

  await comeIn(page, token);
  const runs = await fetched(page, "/", () =>
    expect(page.getByRole("link", { name: "small" })).toBeVisible(),
  );
  expect(tell("runs", runs)).toBeLessThanOrEqual(MOST_BYTES);
  expect(runs.filter(({ path }) => MONACO.test(path))).toEqual([]);

  const one = await fetched(page, `/runs/${run}`, () =>
    expect(page.getByRole("tree")).toBeVisible(),
  );
  expect(tell("a run", one)).toBeLessThanOrEqual(MOST_BYTES);
  expect(one.filter(({ path }) => MONACO.test(path))).toEqual([]);

  const editor = await fetched(page, "/editor", () =>
    expect(page.locator(".monaco-editor").first()).toBeVisible(),
  );
  expect(tell("the editor without Monaco", editor)).toBeLessThanOrEqual(MOST_BYTES);
  expect(editor.some(({ path }) => MONACO.test(path))).toBe(true);
});

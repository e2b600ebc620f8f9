// How fast the run page is with 100,000 spans and with 1,000 events a second: frames while somebody
// scrolls and while a run goes on. The server is played here, so that it is the page that is measured;
// times are printed and not asserted, since they are this machine's; what is asserted is that all was drawn.
import { expect, test, type Locator, type Page } from "@playwright/test";
import type { RunEvent } from "../src/api/words.ts";
import { synthetic } from "../src/model/synthetic.ts";
import { PlayedServer } from "./support/played-server.ts";

const RUN = "run_0000000000000000000000perf";
const SPANS = Number(process.env["PERF_SPANS"] ?? 100_000);
const EVENTS_A_SECOND = Number(process.env["PERF_EVENTS"] ?? 1_000);
const MEASURED_MS = 5_000;
/** Events of a message, as the server sends them at most. */
const AT_MOST = 500;

declare global {
  interface Window {
    /** Lengths of frames since it was emptied, in milliseconds. */
    frameLengths: number[];
  }
}

/** What the server answers, as far as this page asks. */
function answered(path: string): unknown {
  const me = { tenant: "local", token: "tok_perf", name: "perf", scopes: ["read"], grants: [] };
  if (path === "/v1/me") return { ...me, version: "0.1.0" };
  if (path === "/v1/socket-tickets") return { ticket: "sls_perf", expires_at_us: 0 };
  if (path.endsWith("/source")) return { source_digest: "", source: "from sluice import flow\n" };
  if (path === `/v1/runs/${RUN}`) return { run: RUN, asks: [] };
  return { items: [], next: null };
}

/** What tells a page of events: they are written first, so that it can be told fast. */
interface Told {
  written: (events: RunEvent[]) => string;
  say: (message: string) => void;
}

/** Opens the page of the run. */
async function open(page: Page): Promise<Told> {
  await page.addInitScript(() => {
    localStorage.setItem("sluice.token", "slt_perf");
    window.frameLengths = [];
    let before = performance.now();
    const frame = (now: number) => {
      window.frameLengths.push(now - before);
      before = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  return new Promise((found) => {
    const server = new PlayedServer(answered, (said, say) => {
      if (said.type === "hello") say('{"type":"welcome"}');
      if (said.type !== "subscribe" || said.run !== RUN) return;
      const { id } = said;
      const written = (events: RunEvent[]) =>
        JSON.stringify({ type: "events", id, run: RUN, events });
      found({ written, say });
    });
    page.once("close", () => server.stop());
    void server.start().then((address) => page.goto(`${address}/runs/${RUN}`));
  });
}

/** Prints a measurement: that is what this is for. */
function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function told(name: string, frames: number[]): string {
  expect(frames.length, `frames ${name}`).toBeGreaterThan(1);
  const sorted = frames.slice(1).sort((one, other) => one - other);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  return `${name}: ${sorted.length} frames, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(0.999)} ms`;
}

/** Only rows in sight are drawn, however many there are: those of the page, and a few beyond. */
async function expectFewRows(tree: Locator): Promise<void> {
  const count = await tree.getByRole("treeitem").count();
  expect(count).toBeGreaterThan(10);
  expect(count).toBeLessThan(100);
}

async function framesDuring(page: Page, what: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => (window.frameLengths = []));
  await what();
  return page.evaluate(() => window.frameLengths);
}

test("frames with many spans and many events", async ({ page }) => {
  test.setTimeout(180_000);
  const all = [...synthetic({ spans: SPANS + EVENTS_A_SECOND * 10, isOver: false })];
  const opened = all.findIndex((event) => event.kind === "span_started" && event.span === SPANS);
  const later = all.slice(opened + 1);
  const { written, say: send } = await open(page);
  const messages: string[] = [];
  for (let from = 0; from <= opened; from += AT_MOST) {
    messages.push(written(all.slice(from, Math.min(from + AT_MOST, opened + 1))));
  }

  const began = performance.now();
  const loading = await framesDuring(page, async () => {
    for (const message of messages) send(message);
    // What looks at more of the page than this would be measured with it.
    await page.waitForFunction(
      (text) => document.querySelector("main")?.textContent.includes(text),
      `${SPANS.toLocaleString("en")} spans`,
      { polling: 250, timeout: 120_000 },
    );
  });
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  say(`${opened + 1} events were there after ${seconds} s`);
  say(told("while they came", loading));

  const tree = page.getByRole("tree");
  const scrolling = await framesDuring(page, () =>
    tree.evaluate(async (element, lasts) => {
      const until = performance.now() + lasts;
      while (performance.now() < until) {
        element.scrollTop += 300;
        await new Promise((next) => requestAnimationFrame(next));
      }
    }, MEASURED_MS),
  );
  say(told("scrolling", scrolling));
  await expectFewRows(tree);

  let sent = 0;
  const goOn = async () => {
    const until = performance.now() + MEASURED_MS;
    for (let due = performance.now(); performance.now() < until;) {
      const now = performance.now();
      const count = Math.floor(((now - due) * EVENTS_A_SECOND) / 1_000);
      if (count > 0) {
        send(written(later.slice(sent, sent + count)));
        sent += count;
        due += (count * 1_000) / EVENTS_A_SECOND;
      }
      await page.waitForTimeout(12);
    }
  };
  await tree.focus();
  await page.keyboard.press("f");
  const following = await framesDuring(page, goOn);
  say(told(`following ${EVENTS_A_SECOND} events a second`, following));
  await expectFewRows(tree);

  await page.getByRole("searchbox", { name: "Find spans" }).fill("state:failed");
  const filtering = await framesDuring(page, goOn);
  say(told(`the same with a filter`, filtering));

  const count = all.slice(0, opened + 1 + sent).filter((event) => event.kind === "span_started");
  await expect(page.getByText(`${count.length.toLocaleString("en")} spans`)).toBeVisible();
});

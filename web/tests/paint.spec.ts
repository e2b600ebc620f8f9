// How long it takes from the time of an event in a record until a page that follows the run has
// painted its row: through the store, the server, the socket and the frame. The times are printed and
// not asserted, since they are this machine's; what is asserted is that every row was measured.
import { expect, test } from "@playwright/test";
import { comeIn, saveFlow, startRun, waitFor } from "./server.ts";
import { ownTenant } from "./support/own-tenant.ts";

const STEPS = 80;
const PAUSE_S = 0.03;

const SOURCE = `
from sluice import flow

@flow(name="web-paint")
async def paint() -> None:
    await flow.ask.start("Shall it begin?", bool)
    for number in range(${STEPS}):
        with flow.step(f"paint {number};"):
            await flow.sleep.start(${PAUSE_S})
`;

declare global {
  interface Window {
    /** When each row was painted first, in milliseconds since 1970. */
    painted: Map<string, number>;
  }
}

interface Started {
  kind: string;
  name?: string;
  at_us: number;
}

test("from an event to its row", async ({ page, request }) => {
  const secret = await ownTenant(request, "paint");
  const headers = { authorization: `Bearer ${secret}` };
  await saveFlow(request, SOURCE, secret);
  const run = await startRun(request, "web-paint", {}, undefined, secret);
  await waitFor(request, run, ({ state }) => state === "waiting", secret);
  await comeIn(page, secret);
  await page.goto(`/runs/${run}`);
  const tree = page.getByRole("tree");
  await expect(tree.getByRole("treeitem", { name: /ask/ })).toBeVisible();
  await tree.focus();
  await page.keyboard.press("f");
  await tree.evaluate((element) => {
    window.painted = new Map();
    const channel = new MessageChannel();
    let fresh = new Set<string>();
    // A message that is sent from a frame is heard when the frame has been drawn.
    channel.port1.onmessage = () => {
      const now = performance.timeOrigin + performance.now();
      for (const name of fresh) window.painted.set(name, now);
      fresh = new Set();
    };
    new MutationObserver(() => {
      const before = fresh.size;
      for (const row of element.querySelectorAll("[role=treeitem]")) {
        const name = /paint \d+(?=;)/.exec(row.textContent)?.[0];
        if (name !== undefined && !window.painted.has(name)) fresh.add(name);
      }
      if (fresh.size > before) requestAnimationFrame(() => channel.port2.postMessage(null));
    }).observe(element, { childList: true, subtree: true, characterData: true });
  });

  const asks = await request.get(`/v1/asks?run=${run}`, { headers });
  const { items } = (await asks.json()) as { items: { ask: string }[] };
  const answer = { data: { value: true }, headers };
  await request.post(`/v1/asks/${items[0]?.ask ?? ""}/answer`, answer);
  await waitFor(request, run, ({ state }) => state === "ended", secret);
  await expect(tree.getByRole("treeitem", { name: `paint ${STEPS - 1};` })).toBeVisible();

  const told = await request.get(`/v1/runs/${run}/events?limit=500`, { headers });
  const { items: events } = (await told.json()) as { items: Started[] };
  const painted = new Map(await page.evaluate(() => [...window.painted]));
  const waits = events
    .filter(({ kind, name }) => kind === "span_started" && name?.startsWith("paint "))
    .map(({ name, at_us }) => (painted.get(name?.slice(0, -1) ?? "") ?? Number.NaN) - at_us / 1_000)
    .sort((one, other) => one - other);
  expect(waits).toHaveLength(STEPS);
  expect(waits.filter(Number.isNaN)).toEqual([]);
  const at = (share: number): string => (waits[Math.floor(waits.length * share)] ?? 0).toFixed(1);
  process.stdout.write(`from event to paint: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms\n`);
});

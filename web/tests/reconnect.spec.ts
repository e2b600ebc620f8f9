// A run is watched while the connection is lost in its middle: the page says so, comes back by itself,
// goes on behind what it has, and in the end has every span of the record once.
import { expect, test, type Page } from "@playwright/test";
import { comeIn, saveFlow, startRun, waitFor } from "./server.ts";
import { Line } from "./support/line.ts";
import { ownTenant } from "./support/own-tenant.ts";
import { drawnRows, spansOf, treeOf, type RecordedSpan } from "./support/tree.ts";

const ROUNDS = `
from sluice import flow

@flow(name="rounds")
def rounds(count: int) -> int:
    """Go round and round, a little at a time."""
    for number in range(count):
        with flow.step(f"round {number}"):
            for part in range(3):
                with flow.step(f"part {number}.{part}"):
                    flow.log.info("part", number=number, part=part)
        flow.sleep(0.1)
    return count
`;

/** The numbers of all events that came to the page, and those behind which it asked to go on. */
function heard(page: Page): { events: number[]; after: number[] } {
  const events: number[] = [];
  const after: number[] = [];
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      const said = JSON.parse(String(payload)) as { type: string; events?: { seq: number }[] };
      for (const { seq } of said.events ?? []) events.push(seq);
    });
    socket.on("framesent", ({ payload }) => {
      const said = JSON.parse(String(payload)) as { type: string; run?: string; after?: number };
      if (said.type === "subscribe" && said.run !== undefined) after.push(said.after ?? 0);
    });
  });
  return { events, after };
}

/** The rows that a tree has which shows all of these spans, in its order. */
function expected(
  spans: readonly RecordedSpan[],
): { name: string; level: number; position: number }[] {
  const below = (parent: number, level: number): ReturnType<typeof expected> =>
    spans
      .filter((span) => span.parent === parent)
      .flatMap(({ span, name }, at) => [
        { name, level, position: at + 1 },
        ...below(span, level + 1),
      ]);
  return below(0, 2);
}

async function expectWhole(page: Page, spans: readonly RecordedSpan[]): Promise<void> {
  await page.getByRole("button", { name: "Open all" }).click();
  const rows = await drawnRows(page);
  const shown = rows.slice(1).map(({ name, level, position }) => ({ name, level, position }));
  expect(shown).toEqual(expected(spans));
}

test("cut in mid-run, and back: no gap, nothing twice", async ({ page, request }) => {
  const token = await ownTenant(request, "cut");
  await saveFlow(request, ROUNDS, token);
  const line = new Line();
  await line.mend();
  const all = heard(page);
  await comeIn(page, token);
  const run = await startRun(request, "rounds", { count: 60 }, undefined, token);
  await page.goto(`${line.address}/runs/${run}`);
  const state = page.getByRole("banner").getByRole("status");
  await expect(state).toHaveText("Live");
  await expect(treeOf(page).getByRole("treeitem", { name: /^round 3,/ })).toBeVisible();

  await line.cut();
  await expect(state).toHaveText(/Reconnecting|Offline/);
  const seen = Math.max(...all.events);
  const before = (await spansOf(request, run, token)).length;
  await expect
    .poll(async () => (await spansOf(request, run, token)).length)
    .toBeGreaterThan(before + 20);
  expect(Math.max(...all.events)).toBe(seen);
  await line.mend();
  await expect(state).toHaveText("Live", { timeout: 20_000 });
  await expect.poll(() => Math.max(...all.events)).toBeGreaterThan(seen);

  // It goes on, and is cut once more, this time so that new connections get through at once.
  line.drop();
  await expect(state).toHaveText("Live", { timeout: 20_000 });
  await waitFor(request, run, (detail) => detail.state === "ended", token);
  await expect(page.getByRole("main").getByText("succeeded").first()).toBeVisible();

  const spans = await spansOf(request, run, token);
  expect(spans.length).toBe(60 * 5);
  await expectWhole(page, spans);
  expect(all.events).toEqual(Array.from({ length: all.events.length }, (_, at) => at + 1));
  expect(all.after.length).toBeGreaterThanOrEqual(3);
  expect(all.after.slice(1).every((after) => after > 0)).toBe(true);
  await line.cut();
});

test("a page that is opened without a server for its socket fills once there is one", async ({
  page,
  request,
}) => {
  const token = await ownTenant(request, "late");
  await saveFlow(request, ROUNDS, token);
  const run = await startRun(request, "rounds", { count: 3 }, undefined, token);
  await waitFor(request, run, (detail) => detail.state === "ended", token);
  const line = new Line();
  await line.mend();
  await comeIn(page, token);
  await page.goto(`${line.address}/runs`);
  await expect(page.getByRole("link", { name: "rounds" })).toBeVisible();
  await page.goto(`${line.address}/runs/${run}`);
  await expect(treeOf(page)).toBeVisible();
  await page.goto(`${line.address}/runs`);
  await expect(page.getByRole("banner").getByRole("status")).toHaveText("Live");
  await line.cut();
  await page.getByRole("link", { name: "rounds" }).click();
  await expect(page.getByRole("banner").getByRole("status")).toHaveText(/Reconnecting|Offline/);
  await expect(treeOf(page)).toHaveCount(0);
  await line.mend();
  await expect(treeOf(page)).toBeVisible({ timeout: 30_000 });
  await expectWhole(page, await spansOf(request, run, token));
  await line.cut();
});

// Time: folds, views, ticks, bars and the overview.
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../api/words.ts";
import { Axis } from "./axis.ts";
import { Overview } from "./overview.ts";
import { RunRecord } from "./record.ts";
import { recordOf } from "./recorded.ts";
import { synthetic } from "./synthetic.ts";
import { bar, pan, roundStep, ticks, timeAt, whole, within, x, zoom } from "./waterfall.ts";

const SECOND = 1_000_000;

describe("the axis", () => {
  const waited = { from: 2 * SECOND, to: 90 * SECOND, why: "waited", isBusy: false } as const;

  test("folds a long wait, and leads back", () => {
    const axis = new Axis(SECOND, [waited], 0);
    expect(axis.shown(2 * SECOND)).toBe(SECOND);
    expect(axis.shown(90 * SECOND)).toBeCloseTo(1.2 * SECOND);
    expect(axis.shown(91 * SECOND)).toBeCloseTo(2.2 * SECOND);
    for (const at of [SECOND, 2 * SECOND, 40 * SECOND, 90 * SECOND, 95 * SECOND]) {
      expect(axis.real(axis.shown(at))).toBeCloseTo(at, 3);
    }
  });

  test("leaves short waits, waits for children at work, and all where nobody wants folds", () => {
    const busy = { ...waited, isBusy: true };
    const short = { ...waited, to: 3 * SECOND };
    expect(new Axis(0, [busy, short], 0).folds).toEqual([]);
    expect(new Axis(0, [waited], 0, false).folds).toEqual([]);
  });

  test("a wait that goes on ends now", () => {
    const axis = new Axis(0, [{ ...waited, to: null }], 62 * SECOND);
    expect(axis.folds[0]?.to).toBe(62 * SECOND);
  });

  test("a wait of three minutes for a person leaves room for the rest", () => {
    const record = recordOf("approval");
    const axis = new Axis(record.queuedAt, record.attempts.breaks, record.latestAt);
    expect(axis.shown(record.latestAt)).toBeLessThan(SECOND);
  });
});

describe("views", () => {
  test("zoom around a place that stays, and end where the run does", () => {
    const near = zoom(whole(1000), 250, 0.5, 1000);
    expect(near).toEqual({ from: 125, to: 625 });
    expect(zoom(near, 250, 100, 1000)).toEqual({ from: 0, to: 1000 });
    expect(pan(near, 9000, 1000)).toEqual({ from: 500, to: 1000 });
    expect(within({ from: -50, to: 20 }, 1000)).toEqual({ from: 0, to: 70 });
    expect(zoom(near, 250, 0, 1000).to).toBeGreaterThan(near.from);
  });

  test("pixels lead to times and back", () => {
    const view = { from: 200, to: 600 };
    expect(timeAt(view, x(view, 300, 800), 800)).toBe(300);
  });

  test("bars are cut at the edges, and never too narrow to be seen", () => {
    const [view, axis] = [{ from: 100, to: 200 }, new Axis(0, [], 0)];
    expect(bar(view, axis, 0, 150, 100)).toEqual({ left: 0, width: 50 });
    expect(bar(view, axis, 120, 120, 100)).toEqual({ left: 20, width: 2 });
    expect(bar(view, axis, 0, 50, 100)).toBeNull();
    expect(bar(view, axis, 200, 300, 100)).toEqual({ left: 98, width: 2 });
  });

  test("marks stand at round times", () => {
    expect(ticks({ from: 0, to: 1000 }, 500, 100).map(({ at }) => at)).toEqual([
      0, 200, 400, 600, 800, 1000,
    ]);
    expect([3, 12, 180, 15 * SECOND, 61 * SECOND].map(roundStep)).toEqual([
      5,
      20,
      200,
      30 * SECOND,
      120 * SECOND,
    ]);
  });
});

describe("the overview", () => {
  test("is the same in one go and bit by bit", () => {
    const [record, events] = [new RunRecord(), [...synthetic({ spans: 2_000 })]];
    const axis = () => new Axis(record.queuedAt, [], record.latestAt);
    const growing = new Overview(record);
    for (let from = 0; from < events.length; from += 100) {
      record.apply(events.slice(from, from + 100));
      growing.update(axis());
    }
    const atOnce = new Overview(record);
    atOnce.update(axis());
    expect(growing.begun).toEqual(atOnce.begun);
    expect(growing.ended).toEqual(atOnce.ended);
    const length = axis().shown(record.latestAt);
    const columns = growing.columns(axis(), 300, length);
    expect(columns.most).toBeGreaterThan(5);
    expect(columns.failed).toContain(1);
    expect(columns.open.at(-2)).toBeGreaterThan(0);
    expect(Math.max(...columns.waiting)).toBe(0);
  });

  test("tells what waits from what runs", () => {
    const record = recordOf("approval");
    const axis = new Axis(record.queuedAt, record.attempts.breaks, record.latestAt);
    const overview = new Overview(record);
    overview.update(axis);
    const { open, waiting } = overview.columns(axis, 300, axis.shown(record.latestAt));
    const column = (at: number) => Math.floor((axis.shown(at) / axis.shown(record.latestAt)) * 300);
    const [prepare = 0, ask = 0, settle = 0] = record.spans.start.subarray(1, 4);
    const seen = [prepare, ask + 1_000, (ask + settle) / 2, settle - 5_000].map(column);
    expect(seen.map((at) => open[at])).toEqual([1, 1, 1, 1]);
    expect(seen.map((at) => waiting[at])).toEqual([0, 1, 1, 1]);
  });

  test("draws a call as waiting until it is approved", () => {
    const stamp = (seq: number) => ({ seq, at_us: seq * SECOND });
    const request = { operation: "http", method: "GET", url: "https://example.com/" };
    const events = [
      { ...stamp(1), kind: "span_started", span: 1, parent: 0, name: "http" },
      { ...stamp(2), kind: "call_started", call: 1, span: 1, request, needs_approval: true },
      { ...stamp(3), kind: "log", span: 0, level: "info", message: "meanwhile" },
      { ...stamp(4), kind: "call_approved", call: 1 },
      { ...stamp(5), kind: "log", span: 0, level: "info", message: "meanwhile" },
      { ...stamp(6), kind: "call_ended", call: 1, answer: { value: 1 } },
      { ...stamp(7), kind: "span_ended", span: 1, status: "ok" },
    ] as RunEvent[];
    const [record, axis] = [new RunRecord(), new Axis(0, [], 0)];
    const growing = new Overview(record);
    for (const event of events) {
      record.apply([event]);
      growing.update(axis);
    }
    const atOnce = new Overview(record);
    atOnce.update(axis);
    for (const overview of [growing, atOnce]) {
      const { open, waiting } = overview.columns(axis, 80, 8 * SECOND);
      expect([15, 30, 50, 65].map((column) => open[column])).toEqual([1, 1, 1, 1]);
      expect([15, 30, 50, 65].map((column) => waiting[column])).toEqual([0, 1, 0, 0]);
    }
  });
});

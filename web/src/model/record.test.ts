// The fold, over records of real runs.
import { describe, expect, test } from "vitest";
import { drawn, eventsOf, recordOf } from "./recorded.ts";
import { RunRecord } from "./record.ts";
import { Flag, RUN, State } from "./spans.ts";

describe("the tree", () => {
  test("has the calls of a flow under its steps", () => {
    expect(drawn(recordOf("notes"))).toEqual([
      "run notes: succeeded",
      "  step keep: succeeded",
      "    kv kv:notes: succeeded",
      "    kv kv:notes: succeeded",
      "    kv kv:notes: succeeded",
      "  step list: succeeded",
      "    kv kv:notes: succeeded",
    ]);
  });

  test("numbers siblings and counts them", () => {
    const { spans } = recordOf("sub-flows");
    expect(spans.children[1]).toBe(6);
    expect(Array.from(spans.ordinal.subarray(1, spans.count))).toEqual([1, 1, 2, 3, 4, 5, 6]);
  });

  test("knows the run that a call started", () => {
    const record = recordOf("sub-flows");
    expect(record.childRun(2)).toMatch(/^run_/);
    expect(record.childRun(1)).toBeUndefined();
  });

  test("has attributes as last set", () => {
    expect(recordOf("notes").attributes.get(1)).toEqual({ number: 1 });
  });
});

describe("a run that was tried again", () => {
  const record = recordOf("tried-again");

  test("keeps what failed, and says in which round each span began", () => {
    expect(Array.from(record.spans.round.subarray(1, record.spans.count))).toEqual([
      0, 0, 0, 1, 1, 1, 1,
    ]);
    expect(record.attempts.list.map(({ number, end }) => [number, end])).toEqual([
      [1, "retried"],
      [2, "ended"],
    ]);
  });

  test("has the failure with its frames at the step, and its line", () => {
    expect(record.failures.get(3)?.frames).toHaveLength(1);
    expect(record.failedOn.get(3)).toBe(14);
    expect(record.spans.has(RUN, Flag.failedBelow)).toBe(true);
    expect(record.spans.state[RUN]).toBe(State.ok);
  });

  test("has its log lines by span", () => {
    const lines = [...record.logs.of(record.spans, 3)].map((at) => record.logs.messages[at]);
    expect(lines).toEqual(["working 0", "working 1", "working 2"]);
    expect(record.logs.streamOf(0)).toBe("stdout");
    const seq = record.logs.seq[1] ?? 0;
    expect(record.logs.placeOf(seq)).toBe(1);
    expect(record.logs.placeOf(seq - 1)).toBeUndefined();
    expect(record.progress.get(3)).toEqual({ done: 3, total: 3 });
  });
});

describe("a run that waited", () => {
  test("waits until it is answered", () => {
    const [record, events] = [new RunRecord(), eventsOf("approval")];
    const word = () => [record.stateWord(RUN), record.stateWord(2)];
    record.apply(events.slice(0, 7));
    expect(word()).toEqual(["running", "waiting"]);
    record.apply(events.slice(7, 8));
    expect(word()).toEqual(["waiting", "waiting"]);
    expect(record.attempts.breaks.at(-1)?.to).toBeNull();
    record.apply(events.slice(8));
    expect(word()).toEqual(["succeeded", "succeeded"]);
    expect(record.attempts.breaks).toHaveLength(1);
    expect(record.callOf(2)?.answer?.value).toEqual({ approve: true });
  });
});

describe("a fork", () => {
  const record = recordOf("fork");

  test("marks what it took over", () => {
    const copied = [1, 2, 3].map((place) => record.spans.has(place, Flag.copied));
    expect(copied).toEqual([true, true, false]);
    expect(record.ownFrom).toBe(9);
  });

  test("begins with what it took over, and shows the silences as breaks", () => {
    expect(record.spans.start[RUN]).toBe(record.spans.start[1]);
    expect(record.attempts.breaks.map(({ why }) => why)).toEqual(["waited", "fork"]);
  });
});

describe("taking events", () => {
  test("passes over those that were taken, and stops at a gap", () => {
    const [record, events] = [new RunRecord(), eventsOf("notes")];
    expect(record.apply(events.slice(0, 3))).toBe(true);
    expect(record.apply(events.slice(1, 4))).toBe(true);
    expect(record.cursor).toBe(4);
    expect(record.apply(events.slice(5))).toBe(false);
    expect(record.cursor).toBe(4);
  });

  test("ends what was open when the run ends", () => {
    const [record, events] = [new RunRecord(), eventsOf("friendly-error")];
    const end = events.at(-1);
    record.apply(events.slice(0, 3));
    if (end) record.apply([{ ...end, seq: 4 }]);
    expect(drawn(record)).toEqual(["run friendly-error: failed", "  step load order: cancelled"]);
    expect(record.spans.has(1, Flag.abandoned)).toBe(true);
  });

  test("knows which events a span had", () => {
    const record = recordOf("notes");
    expect(record.events.about(1, 10)).toEqual([3, 12, 17]);
    expect(record.events.kindOf(12)).toBe("span_set");
  });
});

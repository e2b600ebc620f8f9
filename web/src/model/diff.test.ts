// Two runs aligned, and a run as a trace for other programs.
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../api/words.ts";
import { chromeTrace } from "./chrome-trace.ts";
import { diff, type Pair } from "./diff.ts";
import { RunRecord } from "./record.ts";
import { eventsOf, recordOf } from "./recorded.ts";

function told(one: RunRecord, other: RunRecord, pairs: Pair[]): string[] {
  return pairs.map((pair) => {
    const side = pair.one < 0 ? ">" : pair.other < 0 ? "<" : "=";
    const name = pair.one < 0 ? other.name(pair.other) : one.name(pair.one);
    return `${side} ${name} ${pair.differences.filter((what) => what !== "duration").join(" ")}`.trim();
  });
}

describe("a diff", () => {
  test("of a run with itself is empty", () => {
    const pairs = diff(recordOf("notes"), recordOf("notes"));
    expect(pairs).toHaveLength(7);
    expect(pairs.every((pair) => !pair.differences.length && !pair.differsBelow)).toBe(true);
  });

  test("pairs what is called the same, and says what is new", () => {
    const [one, other] = [recordOf("tried-again"), recordOf("notes")];
    expect(told(one, other, diff(one, other))).toEqual([
      "= falls-over request answer",
      "< kv:tries",
      "< kv:tries",
      "< work",
      "< kv:tries",
      "< kv:tries",
      "< work",
      "< kv:tries",
      "> keep",
      "> kv:notes",
      "> kv:notes",
      "> kv:notes",
      "> list",
      "> kv:notes",
    ]);
  });

  test("finds another answer, marks what is above it, and keeps the order of the other run", () => {
    const changed = eventsOf("notes").map((event): RunEvent => {
      if (event.kind === "call_ended" && event.call === 2)
        return { ...event, answer: { value: 0 } };
      if (event.kind === "span_started" && event.span === 5) return { ...event, name: "look" };
      return event;
    });
    const [one, other] = [recordOf("notes"), new RunRecord()];
    other.apply(changed);
    const pairs = diff(one, other);
    expect(told(one, other, pairs)).toEqual([
      "= notes",
      "= keep",
      "= kv:notes",
      "= kv:notes answer",
      "= kv:notes",
      "< list",
      "< kv:notes",
      "> look",
      "> kv:notes",
    ]);
    expect(pairs.map((pair) => pair.differsBelow).slice(0, 3)).toEqual([true, true, false]);
  });
});

describe("a trace", () => {
  interface Written {
    traceEvents: { name: string; ph: string; tid: number; ts: number; dur: number }[];
  }

  test("has lanes on which nothing overlaps but what holds it", () => {
    const record = recordOf("concurrent");
    const { traceEvents } = JSON.parse(chromeTrace("run_1", record, record.latestAt)) as Written;
    const spans = traceEvents.filter(({ ph }) => ph === "X");
    expect(spans).toHaveLength(record.spans.count);
    const sleeps = spans.filter(({ name }) => name === "sleep");
    expect(new Set(sleeps.map(({ tid }) => tid)).size).toBe(10);
    for (const one of spans) {
      for (const other of spans) {
        if (one === other || one.tid !== other.tid || other.ts < one.ts) continue;
        const isAfter = other.ts >= one.ts + one.dur;
        const isWithin = other.ts + other.dur <= one.ts + one.dur;
        expect(isAfter || isWithin).toBe(true);
      }
    }
  });

  test("uses lanes again, and has logs at their spans", () => {
    const record = recordOf("tried-again");
    const { traceEvents } = JSON.parse(chromeTrace("run_1", record, record.latestAt)) as Written;
    expect(new Set(traceEvents.map(({ tid }) => tid)).size).toBe(1);
    expect(traceEvents.filter(({ ph }) => ph === "i")).toHaveLength(6);
  });
});

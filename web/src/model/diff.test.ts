// Two runs aligned, and a run as a trace for other programs.
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../api/words.ts";
import { chromeTrace } from "./chrome-trace.ts";
import { diff, type Pair } from "./diff.ts";
import { diffRow, isDifferent, type ShownPair, shownPairs } from "./diff-row.ts";
import { RunRecord } from "./record.ts";
import { eventsOf, recordOf } from "./recorded.ts";
import { wide } from "./synthetic.ts";

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

  test("tells two failures at one step apart", () => {
    const changed = eventsOf("friendly-error").map((event): RunEvent => {
      const failure = "failure" in event && event.failure ? event.failure : null;
      if (!failure) return event;
      return { ...event, failure: { ...failure, message: "'cost'" } } as RunEvent;
    });
    const [one, other] = [recordOf("friendly-error"), new RunRecord()];
    other.apply(changed);
    const pairs = diff(one, other);
    const differing = pairs.filter(({ differences }) => differences.includes("failure"));
    expect(told(one, other, differing)).toEqual([
      "= friendly-error failure",
      "= load order failure",
    ]);
    expect(diffRow(one, other, pairs[0] as Pair).said).toBe("why it failed");
  });

  test("counts what is shown, and hides what is under a closed pair", () => {
    const changed = eventsOf("notes").map((event): RunEvent => {
      if (event.kind === "call_ended" && event.call === 2)
        return { ...event, answer: { value: 0 } };
      return event;
    });
    const [one, other] = [recordOf("notes"), new RunRecord()];
    other.apply(changed);
    const pairs = diff(one, other);
    const lines = (shown: ShownPair[]) =>
      shown.map(
        ({ pair, position, setSize, hasChildren, isExpanded }) =>
          `${one.name(pair.one)} ${position}/${setSize}${hasChildren ? (isExpanded ? " -" : " +") : ""}`,
      );
    const only = shownPairs(pairs, isDifferent, new Set());
    expect(lines(only)).toEqual(["notes 1/1 -", "keep 1/1 -", "kv:notes 1/1"]);
    const all = shownPairs(pairs, () => true, new Set([1]));
    expect(lines(all)).toEqual(["notes 1/1 -", "keep 1/2 +", "list 2/2 -", "kv:notes 1/1"]);
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

  // With a look at each lane for each span, this would take far too long.
  test("is made of many spans that are open at once", () => {
    const record = new RunRecord();
    record.apply([...wide(20_000)]);
    const { traceEvents } = JSON.parse(chromeTrace("run_1", record, record.latestAt)) as Written;
    const lanes = traceEvents.filter(({ ph }) => ph === "X").map(({ tid }) => tid);
    expect(new Set(lanes).size).toBe(20_000);
  });

  test("uses lanes again, and has logs at their spans", () => {
    const record = recordOf("tried-again");
    const { traceEvents } = JSON.parse(chromeTrace("run_1", record, record.latestAt)) as Written;
    expect(new Set(traceEvents.map(({ tid }) => tid)).size).toBe(1);
    expect(traceEvents.filter(({ ph }) => ph === "i")).toHaveLength(6);
  });
});

// What a pair of a comparison shows in its row, and how it is told in words.
import { cleanLine } from "../base/clean.ts";
import { formatDuration } from "../base/time.ts";
import { requestPhrase } from "./call-kinds.ts";
import type { Difference, Pair } from "./diff.ts";
import type { RunRecord } from "./record.ts";
import { spanName, STATE_LOOKS } from "./row.ts";
import { NONE, RUN } from "./spans.ts";

/** Where a pair stands: in both runs alike, in both with differences, or in one of them only. */
export type Sign = "same" | "differs" | "one" | "other";

export interface Side {
  readonly state: string;
  readonly took: string;
  /** In microseconds. */
  readonly us: number;
}

export interface DiffRow {
  readonly name: string;
  readonly kind: string;
  readonly sign: Sign;
  readonly one: Side | null;
  readonly other: Side | null;
  /** How much longer it took in the other run: `2.0×`; empty where that is no difference. */
  readonly ratio: string;
  /** What differs, in words. */
  readonly said: string;
  /** What the call asks for, to tell it from others of its name. */
  readonly phrase: string;
}

const WORDS: Record<Difference, string> = {
  state: "state",
  duration: "time",
  request: "what is asked",
  answer: "what comes back",
  attributes: "attributes",
};

/** Whether there is anything to see here or below. */
export function isDifferent(pair: Pair): boolean {
  return pair.differsBelow || signOf(pair) !== "same";
}

export function signOf(pair: Pair): Sign {
  if (pair.other === NONE) return "one";
  if (pair.one === NONE) return "other";
  return pair.differences.length > 0 ? "differs" : "same";
}

export function diffRow(one: RunRecord, other: RunRecord, pair: Pair): DiffRow {
  const [record, place] = pair.one === NONE ? [other, pair.other] : [one, pair.one];
  const isSlower = pair.differences.includes("duration");
  return {
    name: cleanLine(spanName(record, place)),
    kind: record.kindWord(place),
    sign: signOf(pair),
    one: side(one, pair.one),
    other: side(other, pair.other),
    ratio: isSlower ? `${pair.ratio.toFixed(pair.ratio < 10 ? 1 : 0)}×` : "",
    phrase: phraseOf(record, place),
    said: pair.differences.map((difference) => WORDS[difference]).join(", "),
  };
}

function phraseOf(record: RunRecord, place: number): string {
  const call = record.callOf(place);
  return call ? cleanLine(requestPhrase(call.request), 80) : "";
}

function side(record: RunRecord, place: number): Side | null {
  if (place === NONE) return null;
  const { spans } = record;
  const start = place === RUN ? record.queuedAt : (spans.start[place] ?? 0);
  const us = (spans.isOpen(place) ? record.latestAt : (spans.end[place] ?? 0)) - start;
  return { state: STATE_LOOKS[spans.state[place] ?? 0] ?? "queued", took: formatDuration(us), us };
}

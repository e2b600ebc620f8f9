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
  failure: "why it failed",
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

/** The same for a pair however often both runs are compared while they go on. */
export function keyOf({ one, other }: Pair): number {
  return one === NONE ? -other : one;
}

/** A pair that is shown, with its place among those that are shown beside it. */
export interface ShownPair {
  readonly pair: Pair;
  readonly hasChildren: boolean;
  readonly isExpanded: boolean;
  readonly position: number;
  readonly setSize: number;
}

/** The pairs that are let through and are under none that is closed. */
export function shownPairs(
  pairs: readonly Pair[],
  isLetThrough: (pair: Pair) => boolean,
  closed: ReadonlySet<number>,
): ShownPair[] {
  const counts = new Int32Array(pairs.length);
  const positions = new Int32Array(pairs.length);
  const isOpen = new Uint8Array(pairs.length);
  const isSeen = new Uint8Array(pairs.length);
  for (const [at, pair] of pairs.entries()) {
    if (!isLetThrough(pair)) continue;
    isSeen[at] = pair.parent === NONE ? 1 : (isOpen[pair.parent] ?? 0);
    isOpen[at] = isSeen[at] && !closed.has(keyOf(pair)) ? 1 : 0;
    if (pair.parent !== NONE) positions[at] = counts[pair.parent] = (counts[pair.parent] ?? 0) + 1;
  }
  const found: ShownPair[] = [];
  for (const [at, pair] of pairs.entries()) {
    if (!isSeen[at]) continue;
    const hasChildren = (counts[at] ?? 0) > 0;
    const isExpanded = hasChildren && isOpen[at] === 1;
    const setSize = counts[pair.parent] ?? 1;
    const position = positions[at] || 1;
    found.push({ pair, hasChildren, isExpanded, position, setSize });
  }
  return found;
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

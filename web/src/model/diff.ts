// Two runs side by side: spans are the same where their path of names is, counted among siblings of
// one name, so that a step more or less moves nothing else. What differs is said span by span.
import type { Failure } from "../api/words.ts";
import { type Json, same } from "./json.ts";
import type { RunRecord } from "./record.ts";
import { Kind, NONE, RUN } from "./spans.ts";

/** What differs in a span that both runs have. */
export type Difference = "state" | "failure" | "duration" | "request" | "answer" | "attributes";

/** A span of either run, or of both. Places are `NONE` where a run has none. */
export interface Pair {
  readonly one: number;
  readonly other: number;
  /** The pair that it stands under; `NONE` for the runs themselves. */
  readonly parent: number;
  readonly depth: number;
  readonly differences: readonly Difference[];
  /** How long it took in the other run for each time unit in the one; 0 where nobody can say. */
  readonly ratio: number;
  /** Whether something under it differs, or is in one run only. */
  differsBelow: boolean;
}

/** Runs are never equally fast: a difference is half as much again, and more than this. */
const LEAST_US = 5_000;
const SLOWER = 1.5;

/** All spans of both runs, parents before what is under them. */
export function diff(one: RunRecord, other: RunRecord): Pair[] {
  const pairs: Pair[] = [];
  const stack = [{ one: RUN, other: RUN, parent: NONE, depth: 0 }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const at = pairs.length;
    const differences = differencesOf(one, other, next.one, next.other);
    const ratio = ratioOf(one, other, next.one, next.other);
    pairs.push({ ...next, differences, ratio, differsBelow: false });
    if (differences.length || next.one === NONE || next.other === NONE) mark(pairs, next.parent);
    const inside = aligned(one, other, next.one, next.other);
    for (let last = inside.length - 1; last >= 0; last -= 1) {
      const [a, b] = inside[last] ?? [NONE, NONE];
      stack.push({ one: a, other: b, parent: at, depth: next.depth + 1 });
    }
  }
  return pairs;
}

function mark(pairs: Pair[], from: number): void {
  for (let pair = pairs[from]; pair && !pair.differsBelow; pair = pairs[pair.parent]) {
    pair.differsBelow = true;
  }
}

/** The spans under two, pair by pair in the order of the one run; what only the other has comes after
 *  what stands before it there. */
function aligned(one: RunRecord, other: RunRecord, a: number, b: number): [number, number][] {
  const mine = named(one, a);
  const theirs = named(other, b);
  const order = [...theirs];
  const positions = new Map(order.map(([name], position) => [name, position]));
  const found: [number, number][] = [];
  let passed = 0;
  const pass = (until: number) => {
    for (; passed < until; passed += 1) {
      const [name, alone] = order[passed] ?? ["", NONE];
      if (!mine.has(name)) found.push([NONE, alone]);
    }
  };
  for (const [name, place] of mine) {
    pass(positions.get(name) ?? 0);
    found.push([place, theirs.get(name) ?? NONE]);
  }
  pass(order.length);
  return found;
}

/** The children of a span by their name and its count among them. */
function named(record: RunRecord, place: number): Map<string, number> {
  const { spans } = record;
  const counts = new Map<number, number>();
  const found = new Map<string, number>();
  if (place === NONE) return found;
  for (let at = spans.firstChild[place] ?? NONE; at !== NONE; at = spans.next[at] ?? NONE) {
    const name = spans.name[at] ?? 0;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    found.set(`${count} ${record.names.text(name)}`, at);
  }
  return found;
}

function differencesOf(one: RunRecord, other: RunRecord, a: number, b: number): Difference[] {
  if (a === NONE || b === NONE) return [];
  const found: Difference[] = [];
  if (one.spans.state[a] !== other.spans.state[b]) found.push("state");
  else if (!isSame(failed(one, a), failed(other, b))) found.push("failure");
  const [took, tookOther] = [lasted(one, a), lasted(other, b)];
  const more = Math.max(took, tookOther) / Math.max(1, Math.min(took, tookOther));
  if (more > SLOWER && Math.abs(took - tookOther) > LEAST_US) found.push("duration");
  if (!isSame(asked(one, a), asked(other, b))) found.push("request");
  if (!isSame(answered(one, a), answered(other, b))) found.push("answer");
  if (!isSame(attributesOf(one, a), attributesOf(other, b))) found.push("attributes");
  return found;
}

function lasted(record: RunRecord, place: number): number {
  const end = record.spans.end[place] ?? -1;
  const start = place === RUN ? record.queuedAt : (record.spans.start[place] ?? 0);
  return (end < 0 ? record.latestAt : end) - start;
}

function ratioOf(one: RunRecord, other: RunRecord, a: number, b: number): number {
  if (a === NONE || b === NONE) return 0;
  const took = lasted(one, a);
  return took > 0 ? lasted(other, b) / took : 0;
}

/** What a call asked, or the run was given. */
export function asked(record: RunRecord, place: number): unknown {
  return place === RUN ? record.start?.input : record.callOf(place)?.request;
}

/** What a call brought, or the run returned. */
export function answered(record: RunRecord, place: number): unknown {
  if (place === RUN) return record.outcome?.outcome === "succeeded" ? record.outcome.output : null;
  const call = record.callOf(place);
  return call?.answer ? [call.answer.value, call.answer.attachment?.digest ?? null] : null;
}

/** Why it failed and which calls were refused in it. Where in the source it was says nothing: sources
 *  of two runs may differ. */
function failed(record: RunRecord, place: number): unknown {
  const refused = record.refusals.get(place)?.map((one) => [one.capability, one.failure.code]);
  return [told(record.failures.get(place) ?? null), refused ?? []];
}

function told(failure: Failure | null): unknown {
  if (!failure) return null;
  const { code, exception, message, cause, group } = failure;
  return [code, exception, message, told(cause), group.map(told)];
}

/** The attributes that the flow set: the names of asks and runs differ always. */
function attributesOf(record: RunRecord, place: number): unknown {
  return record.spans.kind[place] === Kind.step ? (record.attributes.get(place) ?? null) : null;
}

function isSame(one: unknown, other: unknown): boolean {
  return same(one as Json | undefined, other as Json | undefined);
}

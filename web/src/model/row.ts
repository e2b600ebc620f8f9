// What one row of the tree shows, as words and pixels: its state, its name, one line of what matters
// about it now, how long it took, and where its bar is. Nothing here is trusted or turned to markup.
import { cleanLine } from "../base/clean.ts";
import { formatDuration } from "../base/time.ts";
import type { Axis } from "./axis.ts";
import { requestPhrase } from "./call-kinds.ts";
import { type Forest, key, type Tree } from "./forest.ts";
import type { RunRecord } from "./record.ts";
import type { Rows } from "./rows.ts";
import { Flag, Kind, RUN, State } from "./spans.ts";
import { bar, type Bar, type View } from "./waterfall.ts";

/** The line beside the name: what it is, for its colour, and its text. */
export interface Note {
  readonly kind: "failure" | "refusal" | "speech" | "plain";
  readonly text: string;
}

export interface Row {
  readonly key: number;
  readonly tree: number;
  readonly place: number;
  /** From 1, as WAI-ARIA counts. */
  readonly level: number;
  readonly setSize: number;
  readonly position: number;
  readonly hasChildren: boolean;
  readonly isExpanded: boolean;
  readonly isMatch: boolean;
  readonly kind: string;
  readonly name: string;
  readonly state: string;
  readonly isOpen: boolean;
  readonly note: Note | null;
  /** From 0 to 1, where it says how far it is. */
  readonly progress: number | null;
  readonly took: string;
  readonly bar: Bar | null;
  readonly logs: number;
  readonly marks: readonly Mark[];
}

/** What else a row has to say, with the sentence that explains it. */
export interface Mark {
  readonly word: string;
  readonly title: string;
  readonly tone: "plain" | "wait" | "bad";
}

/** Words of states as `ui` draws them, by their number. */
export const STATE_LOOKS = [
  "running",
  "waiting",
  "succeeded",
  "failed",
  "cancelled",
  "timed_out",
  "queued",
] as const;

/** Characters that a row shows of what a model says: the last ones. */
const SPEECH = 60;

/** What is looked at, from where, and when. */
export interface Scene {
  readonly forest: Forest;
  readonly rows: Rows;
  readonly axis: Axis;
  readonly view: View;
  /** Width of the lane of bars. */
  readonly pixels: number;
  readonly now: number;
}

/** The row at a place of the list; null behind its end. */
export function rowAt(scene: Scene, at: number): Row | null {
  const node = scene.rows.nodeAt(at);
  if (!node) return null;
  const { tree, place } = node;
  const { forest, rows } = scene;
  const record = forest.record(tree);
  const { spans } = record;
  const hasChildren = forest.hasChildren(tree, place);
  const under = forest.under(tree, place);
  const isThere = (spans.children[place] ?? 0) > 0 || under !== undefined;
  const isOpen = spans.isOpen(place);
  const start = spans.start[place] ?? 0;
  const end = isOpen ? Math.max(scene.now, start) : (spans.end[place] ?? 0);
  return {
    key: key(tree, place),
    tree,
    place,
    level: forest.depth(tree, place) + 1,
    ...rows.among(tree, place),
    hasChildren,
    isExpanded: hasChildren && isThere && !rows.isCollapsed(tree, place),
    isMatch: rows.isMatch(tree, place),
    kind: record.kindWord(place),
    name: cleanLine(spanName(record, place)),
    state: STATE_LOOKS[spans.state[place] ?? 0] ?? "queued",
    isOpen,
    note: noteOf(record, place),
    progress: progressOf(record, place),
    took: formatDuration(end - (place === RUN ? ownStart(record) : start)),
    bar: bar(scene.view, scene.axis, start, end, scene.pixels),
    logs: spans.logs[place] ?? 0,
    marks: under ? [...marksOf(record, place), ...marksOfChild(under)] : marksOf(record, place),
  };
}

/** When the run itself began to be: what a fork took over is older. */
export function ownStart(record: RunRecord): number {
  return record.queuedAt;
}

/** A span's name, without the word of its kind, which is drawn beside it. */
export function spanName(record: RunRecord, place: number): string {
  const name = record.name(place);
  if ((record.spans.kind[place] ?? 0) <= Kind.step) return name || "(no name)";
  const kind = record.kindWord(place);
  return name.startsWith(`${kind}:`) ? name.slice(kind.length + 1) : name;
}

function noteOf(record: RunRecord, place: number): Note | null {
  const failure = record.failures.get(place);
  if (failure) {
    const said = failure.exception ? `${failure.exception}: ${failure.message}` : failure.message;
    return { kind: "failure", text: cleanLine(said) };
  }
  const refusal = record.refusals.get(place)?.[0];
  if (refusal) return { kind: "refusal", text: cleanLine(`${refusal.capability} is not granted`) };
  const call = record.callOf(place);
  if (call?.speech) {
    const end = call.speech.slice(-SPEECH);
    const text = end.length < call.speech.length ? `…${end}` : end;
    return { kind: "speech", text: cleanLine(text) };
  }
  const progress = record.progress.get(place);
  const parts: string[] = [];
  if (progress) {
    const total = progress.total === null ? "" : `/${progress.total.toLocaleString("en")}`;
    parts.push(`${progress.done.toLocaleString("en")}${total}`);
  }
  if (call) parts.push(requestPhrase(call.request));
  else parts.push(...attributes(record, place));
  const text = parts.filter((part) => part !== "").join("  ");
  return text ? { kind: "plain", text: cleanLine(text, 160) } : null;
}

/** The first attributes of a step, as on the terminal: `lines=30000`. */
function attributes(record: RunRecord, place: number): string[] {
  const found = Object.entries(record.attributes.get(place) ?? {}).slice(0, 6);
  return found.map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${name}=${text.slice(0, 60)}`;
  });
}

function progressOf(record: RunRecord, place: number): number | null {
  const progress = record.spans.isOpen(place) ? record.progress.get(place) : undefined;
  if (progress?.total === undefined || progress.total === null) return null;
  return progress.total > 0 ? Math.min(1, progress.done / progress.total) : 1;
}

/** A child run that was opened and shows nothing says why. */
function marksOfChild({ record }: Tree): Mark[] {
  if (record.spans.count > 1) return [];
  return record.isOver
    ? [{ word: "no steps", title: "The child run has no steps and no calls.", tone: "plain" }]
    : [{ word: "…", title: "The record of the child run is on its way.", tone: "plain" }];
}

/** What is unusual about a span, in words. */
export function marksOf(record: RunRecord, place: number): Mark[] {
  const { spans } = record;
  const marks: Mark[] = [];
  const add = (flag: number, mark: Mark) => {
    if (spans.has(place, flag)) marks.push(mark);
  };
  if (!spans.flags[place] && !spans.round[place]) return marks;
  add(Flag.copied, {
    word: "taken over",
    title:
      "This stands in the record of the run that this one was forked from. It was not done again.",
    tone: "plain",
  });
  const round = spans.round[place] ?? 0;
  if (round > 0 && spans.parent[place] === RUN && spans.state[place] !== State.queued) {
    const title = `The run failed before and was tried again from its beginning: this is try ${round + 1}.`;
    marks.push({ word: `try ${round + 1}`, title, tone: "wait" });
  }
  add(Flag.again, {
    word: "again",
    title:
      "A worker was lost while this call was under way. It was performed again, with the same key.",
    tone: "wait",
  });
  add(Flag.refused, {
    word: "refused",
    title: "A call was not granted here.",
    tone: "bad",
  });
  add(Flag.abandoned, {
    word: "left open",
    title: "This had not ended when its attempt or its run did.",
    tone: "plain",
  });
  return marks;
}

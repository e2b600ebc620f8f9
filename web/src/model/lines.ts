// Which line of the source a span is from, and which spans a line has: in both directions, as the run
// grows. The record says it of each span that code of the flow opened.
import type { RunRecord } from "./record.ts";
import { Flag, NONE, RUN, State } from "./spans.ts";

/** The line of a span. */
export interface LineFound {
  /** From 1. */
  readonly line: number;
  /** Where the span failed, where it was opened, or where the nearest span above it was that code of the
   *  flow's own opened. */
  readonly is: "failed" | "opened" | "above";
  /** Whether it is a line of the source that the run had from which this one was forked. */
  readonly isCopied: boolean;
}

/** What the spans of a line came to. */
export interface LineUse {
  count: number;
  open: number;
  failed: number;
  /** Of those that ended, in microseconds. */
  took: number;
}

/** Spans of one line that are listed. */
const MOST_LISTED = 1_000;

export class Lines {
  readonly #uses = new Map<number, LineUse>();
  #used = RUN + 1;
  #closed = 0;

  constructor(
    readonly record: RunRecord,
    readonly source: string,
  ) {}

  /** The line of a span; null where it has none. */
  of(place: number): LineFound | null {
    const { spans, failedOn } = this.record;
    const failed = failedOn.get(place);
    if (failed) return { line: failed, is: "failed", isCopied: false };
    for (let at = place; at > RUN; at = spans.parent[at] ?? NONE) {
      const line = spans.line[at];
      if (!line) continue;
      return { line, is: at === place ? "opened" : "above", isCopied: spans.has(at, Flag.copied) };
    }
    return null;
  }

  /** The spans that a line opened, in the order of their beginning, at most a thousand. */
  spansOf(line: number): number[] {
    const found: number[] = [];
    const { spans } = this.record;
    for (let place = RUN + 1; place < spans.count; place += 1) {
      if (spans.line[place] === line && found.push(place) === MOST_LISTED) break;
    }
    return found;
  }

  /** What each line came to, by line. The same map each time, brought up to date: what came since is
   *  all that is looked at. */
  uses(): ReadonlyMap<number, LineUse> {
    const { spans, ended } = this.record;
    for (; this.#used < spans.count; this.#used += 1) {
      const use = this.#useOf(this.#used);
      if (!use) continue;
      use.count += 1;
      use.open += 1;
    }
    for (; this.#closed < ended.length; this.#closed += 1) {
      const place = ended[this.#closed] ?? RUN;
      const use = this.#useOf(place);
      if (!use) continue;
      use.open -= 1;
      use.took += (spans.end[place] ?? 0) - (spans.start[place] ?? 0);
      if (spans.state[place] === State.failed) use.failed += 1;
    }
    return this.#uses;
  }

  #useOf(place: number): LineUse | undefined {
    const line = this.record.spans.line[place];
    if (!line) return undefined;
    let use = this.#uses.get(line);
    if (!use) this.#uses.set(line, (use = { count: 0, open: 0, failed: 0, took: 0 }));
    return use;
  }
}

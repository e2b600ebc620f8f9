// The log lines of one run as columns, in the order of the record, chained by span: the lines of a
// span are walked from `Spans.firstLog` along `nextOfSpan`.
import type { Schema } from "../api/words.ts";
import { bytes, floats, ints, NONE, type Spans } from "./spans.ts";

export type Level = Schema<"Level">;
export type Stream = Schema<"Stream">;

export const LEVELS: readonly Level[] = ["debug", "info", "warning", "error"];
const STREAMS: readonly (Stream | null)[] = [null, "stdout", "stderr"];

/** One line, as it came. */
export interface NewLine {
  seq: number;
  at: number;
  level: Level;
  stream: Stream | null;
  message: string;
  attributes: Record<string, unknown> | null;
}

export class Logs {
  count = 0;
  seq = new Float64Array(64);
  at = new Float64Array(64);
  /** The place of its span. */
  span = new Int32Array(64);
  level = new Uint8Array(64);
  stream = new Uint8Array(64);
  nextOfSpan = new Int32Array(64);
  readonly messages: string[] = [];
  readonly attributes = new Map<number, Record<string, unknown>>();

  /** Appends a line and chains it to the span. */
  append(spans: Spans, span: number, line: NewLine): number {
    const place = this.count;
    if (place === this.seq.length) this.#grow();
    this.count = place + 1;
    this.seq[place] = line.seq;
    this.at[place] = line.at;
    this.span[place] = span;
    this.level[place] = Math.max(0, LEVELS.indexOf(line.level));
    this.stream[place] = Math.max(0, STREAMS.indexOf(line.stream));
    this.nextOfSpan[place] = NONE;
    this.messages.push(line.message);
    if (line.attributes) this.attributes.set(place, line.attributes);
    const last = spans.lastLog[span] ?? NONE;
    if (last === NONE) spans.firstLog[span] = place;
    else this.nextOfSpan[last] = place;
    spans.lastLog[span] = place;
    spans.logs[span] = (spans.logs[span] ?? 0) + 1;
    return place;
  }

  levelOf(place: number): Level {
    return LEVELS[this.level[place] ?? 1] ?? "info";
  }

  streamOf(place: number): Stream | null {
    return STREAMS[this.stream[place] ?? 0] ?? null;
  }

  /** The place of the line whose event has this number. */
  placeOf(seq: number): number | undefined {
    let [low, high] = [0, this.count - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.seq[middle] ?? 0;
      if (found === seq) return middle;
      if (found < seq) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** The places of the lines of a span, in order. */
  *of(spans: Spans, span: number): Generator<number> {
    for (let at = spans.firstLog[span] ?? NONE; at !== NONE; at = this.nextOfSpan[at] ?? NONE) {
      yield at;
    }
  }

  #grow(): void {
    const size = this.seq.length * 2;
    this.seq = floats(this.seq, size);
    this.at = floats(this.at, size);
    this.span = ints(this.span, size);
    this.level = bytes(this.level, size);
    this.stream = bytes(this.stream, size);
    this.nextOfSpan = ints(this.nextOfSpan, size);
  }
}

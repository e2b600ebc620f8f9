// What every event of a record was about, by its number and nothing more: enough to list the events of
// a span and to ask the server for those that somebody wants to see.
import { ints, floats, bytes } from "./spans.ts";
import type { RunEvent } from "../api/words.ts";

export const EVENT_KINDS: readonly RunEvent["kind"][] = [
  "run_queued",
  "attempt_started",
  "attempt_ended",
  "span_started",
  "span_set",
  "span_progress",
  "span_ended",
  "log",
  "call_started",
  "call_cancelled",
  "call_approved",
  "call_retried",
  "waiting",
  "call_refused",
  "call_ended",
  "run_ended",
];

export class EventColumns {
  /** How many there are; the event of number `seq` stands at `seq - 1`. */
  count = 0;
  kind = new Uint8Array(256);
  at = new Float64Array(256);
  /** The place of the span that it is about, or `NONE`. */
  span = new Int32Array(256);

  append(kind: RunEvent["kind"], at: number, span: number): void {
    const place = this.count;
    if (place === this.kind.length) {
      this.kind = bytes(this.kind, place * 2);
      this.at = floats(this.at, place * 2);
      this.span = ints(this.span, place * 2);
    }
    this.count = place + 1;
    this.kind[place] = Math.max(0, EVENT_KINDS.indexOf(kind));
    this.at[place] = at;
    this.span[place] = span;
  }

  kindOf(seq: number): RunEvent["kind"] {
    return EVENT_KINDS[this.kind[seq - 1] ?? 0] ?? "run_queued";
  }

  /** The numbers of the events about a span, at most so many. */
  about(span: number, most: number): number[] {
    const found: number[] = [];
    for (let place = 0; place < this.count && found.length < most; place += 1) {
      if (this.span[place] === span) found.push(place + 1);
    }
    return found;
  }
}

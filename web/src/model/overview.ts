// How busy a run was over its time, in a fixed number of buckets that double in width when the run
// outgrows them: each span costs the same few steps once, however long the run goes on.
import type { Axis } from "./axis.ts";
import { isWait } from "./call-kinds.ts";
import { EVENT_KINDS } from "./event-columns.ts";
import type { RunRecord } from "./record.ts";
import { NONE, RUN, State } from "./spans.ts";

/** Buckets that there are; always even. */
export const BUCKETS = 2048;

const STARTED = EVENT_KINDS.indexOf("call_started");
const APPROVED = EVENT_KINDS.indexOf("call_approved");

export class Overview {
  /** Width of a bucket, in microseconds of shown time. */
  width = 64;
  readonly begun = new Int32Array(BUCKETS);
  readonly ended = new Int32Array(BUCKETS);
  readonly waitBegun = new Int32Array(BUCKETS);
  readonly waitEnded = new Int32Array(BUCKETS);
  readonly failed = new Int32Array(BUCKETS);
  readonly cancelled = new Int32Array(BUCKETS);
  readonly errors = new Int32Array(BUCKETS);
  #spans = RUN + 1;
  #ends = 0;
  #logs = 0;
  #events = 0;

  constructor(readonly record: RunRecord) {}

  /** Takes what came since the last time. */
  update(axis: Axis): void {
    const { spans, ended, logs, events } = this.record;
    for (; this.#spans < spans.count; this.#spans += 1) {
      this.#add(this.begun, axis.shown(spans.start[this.#spans] ?? 0));
    }
    for (; this.#ends < ended.length; this.#ends += 1) {
      const place = ended[this.#ends] ?? NONE;
      if (place === RUN) continue;
      const at = axis.shown(spans.end[place] ?? 0);
      this.#add(this.ended, at);
      if (this.#waits(place) === "whole") this.#add(this.waitEnded, at);
      const state = spans.state[place];
      if (state === State.failed) this.#add(this.failed, at);
      if (state === State.cancelled) this.#add(this.cancelled, at);
    }
    for (; this.#events < events.count; this.#events += 1) {
      const isStart = events.kind[this.#events] === STARTED;
      if (!isStart && events.kind[this.#events] !== APPROVED) continue;
      const waits = this.#waits(events.span[this.#events] ?? NONE);
      const at = axis.shown(events.at[this.#events] ?? 0);
      if (isStart && waits) this.#add(this.waitBegun, at);
      if (!isStart && waits === "approval") this.#add(this.waitEnded, at);
    }
    for (; this.#logs < logs.count; this.#logs += 1) {
      if (logs.level[this.#logs] === 3)
        this.#add(this.errors, axis.shown(logs.at[this.#logs] ?? 0));
    }
  }

  /** Whether a span waits for a time or a person: as long as it is open, or until it was approved. */
  #waits(place: number): "whole" | "approval" | null {
    const call = this.record.callOf(place);
    if (!call) return null;
    if (isWait(call.request.operation)) return "whole";
    if (!call.needsApproval) return null;
    return call.approvedAt === null ? "whole" : "approval";
  }

  /** What is drawn: for each of `pixels` columns over `length`, how many spans were open at most, how
   *  many of those waited, and whether one failed or was cancelled there. */
  columns(axis: Axis, pixels: number, length: number): Columns {
    const columns: Columns = {
      open: new Float64Array(pixels),
      waiting: new Float64Array(pixels),
      failed: new Uint8Array(pixels),
      cancelled: new Uint8Array(pixels),
      most: 0,
    };
    let [open, waiting] = [0, 0];
    const last = Math.min(BUCKETS - 1, Math.floor(length / this.width));
    for (let bucket = 0; bucket <= last; bucket += 1) {
      open += this.begun[bucket] ?? 0;
      waiting += this.waitBegun[bucket] ?? 0;
      const from = Math.floor(((bucket * this.width) / length) * pixels);
      const to = Math.max(from + 1, Math.ceil((((bucket + 1) * this.width) / length) * pixels));
      for (let column = from; column < Math.min(to, pixels); column += 1) {
        if (open > (columns.open[column] ?? 0)) {
          columns.open[column] = open;
          columns.waiting[column] = waiting;
        }
        if (this.failed[bucket]) columns.failed[column] = 1;
        if (this.cancelled[bucket]) columns.cancelled[column] = 1;
      }
      if (open > columns.most) columns.most = open;
      open -= this.ended[bucket] ?? 0;
      waiting -= this.waitEnded[bucket] ?? 0;
    }
    // Behind the last event, what is open stays so.
    const behind = Math.ceil((((last + 1) * this.width) / length) * pixels);
    if (open > 0) columns.open.fill(open, Math.min(behind, pixels));
    if (waiting > 0) columns.waiting.fill(waiting, Math.min(behind, pixels));
    // A run that was put away waits with all that it has open.
    for (const { from, to, why, isBusy } of this.record.attempts.breaks) {
      if (why !== "waited" || isBusy) continue;
      const first = Math.ceil((axis.shown(from) / length) * pixels);
      const end = to === null ? pixels : Math.floor((axis.shown(to) / length) * pixels);
      for (let column = first; column < end; column += 1) {
        columns.waiting[column] = columns.open[column] ?? 0;
      }
    }
    return columns;
  }

  #add(into: Int32Array, shown: number): void {
    const at = Math.max(0, shown);
    while (at >= this.width * BUCKETS) this.#widen();
    const bucket = Math.floor(at / this.width);
    into[bucket] = (into[bucket] ?? 0) + 1;
  }

  #widen(): void {
    this.width *= 2;
    const { begun, ended, waitBegun, waitEnded, failed, cancelled, errors } = this;
    for (const counts of [begun, ended, waitBegun, waitEnded, failed, cancelled, errors]) {
      for (let bucket = 0; bucket < BUCKETS / 2; bucket += 1) {
        counts[bucket] = (counts[2 * bucket] ?? 0) + (counts[2 * bucket + 1] ?? 0);
      }
      counts.fill(0, BUCKETS / 2);
    }
  }
}

/** A column of pixels each. */
export interface Columns {
  open: Float64Array;
  waiting: Float64Array;
  failed: Uint8Array;
  cancelled: Uint8Array;
  most: number;
}

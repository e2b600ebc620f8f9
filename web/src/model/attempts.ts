// The attempts of one run, and the times in which nothing of it ran: between attempts, and in the
// record that a fork took over. Such a break can be drawn short, since nothing happens in it.
import type { Failure, Schema } from "../api/words.ts";

export interface Attempt {
  /** Its number, from 1; a run that is tried again counts on. */
  readonly number: number;
  readonly worker: string;
  readonly startedAt: number;
  readonly startedSeq: number;
  endedAt: number | null;
  /** Why it ended: with the run, or before it. */
  end: "suspended" | "released" | "retried" | "ended" | null;
  failure: Failure | null;
  /** When the run goes on by itself. */
  wakeAt: number | null;
  usage: Schema<"Usage"> | null;
}

/** A time without an attempt. */
export interface Break {
  readonly from: number;
  /** Absent while it lasts. */
  to: number | null;
  /** Why: it waited, it was tried again, it was left by a worker, or it is before a fork. */
  readonly why: "waited" | "retried" | "released" | "fork";
  /** Whether children of the run were at work meanwhile. */
  readonly isBusy: boolean;
}

/** A silence in a taken-over record that is a break, in microseconds: a run that waits longer is put
 *  away. */
const SILENCE_US = 250_000;

export class Attempts {
  readonly list: Attempt[] = [];
  readonly breaks: Break[] = [];

  get last(): Attempt | undefined {
    return this.list.at(-1);
  }

  /** The attempt under way. */
  get open(): Attempt | undefined {
    const last = this.last;
    return last?.endedAt === null ? last : undefined;
  }

  begin(number: number, worker: string, at: number, seq: number): void {
    const last = this.breaks.at(-1);
    if (last?.to === null) last.to = Math.max(last.from, at);
    const attempt = { number, worker, startedAt: at, startedSeq: seq, endedAt: null };
    this.list.push({ ...attempt, end: null, failure: null, wakeAt: null, usage: null });
  }

  end(at: number, end: NonNullable<Attempt["end"]>, usage: Schema<"Usage">): Attempt | undefined {
    const attempt = this.open;
    if (!attempt) return undefined;
    attempt.endedAt = at;
    attempt.end = end;
    attempt.usage = usage;
    return attempt;
  }

  /** Nothing runs from here on, until the next attempt. */
  pause(at: number, why: Break["why"], isBusy: boolean): void {
    if (this.breaks.at(-1)?.to === null) return;
    this.breaks.push({ from: at, to: null, why, isBusy });
  }

  /** Two events of a taken-over record followed each other while the run only waited: where that was
   *  long, it was put away meanwhile. */
  silence(from: number, to: number): void {
    if (to - from < SILENCE_US) return;
    this.breaks.push({ from, to, why: "waited", isBusy: false });
  }

  /** Ends a break that lasts with the run. */
  close(at: number): void {
    const last = this.breaks.at(-1);
    if (last?.to === null) last.to = Math.max(last.from, at);
  }
}

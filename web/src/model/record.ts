// The record of one run, folded: its events go in, in order, and the spans, calls, logs and attempts
// come out as columns that views read by place. A fold never fails: what it cannot place it leaves out.
import type { Failure, RunEvent, Schema } from "../api/words.ts";
import { Attempts } from "./attempts.ts";
import { type Call, Calls, type Piece } from "./calls.ts";
import { isWait } from "./call-kinds.ts";
import { Logs } from "./logs.ts";
import { EventColumns } from "./event-columns.ts";
import { Flag, KIND_WORDS, kindOfCall, NONE, RUN, Spans, State, STATE_WORDS } from "./spans.ts";
import { Strings } from "./strings.ts";

export type Attributes = Record<string, unknown>;
export type Outcome = Extract<RunEvent, { kind: "run_ended" }>;

/** A call that was not performed. */
export interface Refusal {
  readonly seq: number;
  readonly at: number;
  readonly capability: string;
  readonly failure: Failure;
}

export class RunRecord {
  readonly spans = new Spans();
  readonly names = new Strings();
  readonly calls = new Calls();
  readonly logs = new Logs();
  readonly attempts = new Attempts();
  readonly events = new EventColumns();
  readonly attributes = new Map<number, Attributes>();
  readonly progress = new Map<number, { done: number; total: number | null }>();
  readonly failures = new Map<number, Failure>();
  /** The line on which a span failed, where the failure of the whole says it. */
  readonly failedOn = new Map<number, number>();
  readonly refusals = new Map<number, Refusal[]>();
  /** Places of spans in the order in which they ended. */
  readonly ended: number[] = [];

  /** The number of the last event that was taken: where to go on from. */
  cursor = 0;
  /** Grows with everything that is taken, speech included. */
  revision = 0;
  /** Grows when the state of a span changes. */
  stateRevision = 0;
  start: Schema<"Start"> | null = null;
  outcome: Outcome | null = null;
  /** When it was submitted, and the latest time that any event names. */
  queuedAt = 0;
  latestAt = 0;
  /** How often the whole run was tried again. */
  round = 0;
  /** The number of the first event that is not taken over from another run's record. */
  ownFrom = 1;

  readonly #open = new Set<number>();
  #copiedAt = 0;

  constructor() {
    this.spans.append(0, NONE, 0, 0);
    this.spans.state[RUN] = State.queued;
  }

  /** Whether the run is over. */
  get isOver(): boolean {
    return this.outcome !== null;
  }

  /** Whether events of another run's record stand before its own. */
  get isFork(): boolean {
    return !!this.start?.forked_from;
  }

  name(place: number): string {
    return this.names.text(this.spans.name[place] ?? 0);
  }

  stateWord(place: number): string {
    return STATE_WORDS[this.spans.state[place] ?? 0] ?? "";
  }

  kindWord(place: number): string {
    return KIND_WORDS[this.spans.kind[place] ?? 0] ?? "";
  }

  /** The call of a span. */
  callOf(place: number): Call | undefined {
    const id = this.spans.call[place] ?? 0;
    return id ? this.calls.get(id) : undefined;
  }

  /** The run that a call started, once it did. */
  childRun(place: number): string | undefined {
    const run = this.attributes.get(place)?.["run"];
    const isCall = this.spans.kind[place] === kindOfCall("flow");
    return isCall && typeof run === "string" ? run : undefined;
  }

  /** Takes the next events. Those that were taken before are passed over; after a gap nothing is taken,
   *  and the answer is false: subscribe again from `cursor`. */
  apply(events: readonly RunEvent[]): boolean {
    for (const event of events) {
      if (event.seq <= this.cursor) continue;
      if (event.seq !== this.cursor + 1) return false;
      this.cursor = event.seq;
      this.revision += 1;
      const place = this.#take(event);
      this.events.append(event.kind, event.at_us, place ?? NONE);
    }
    return true;
  }

  /** Takes what models say meanwhile. */
  hear(pieces: readonly Piece[]): void {
    for (const piece of pieces) if (this.calls.hear(piece)) this.revision += 1;
  }

  /** Takes one event and says which span it is about. */
  #take(event: RunEvent): number | undefined {
    const at = event.at_us;
    if (at > this.latestAt) this.latestAt = at;
    if (this.isFork && this.attempts.list.length === 0 && event.kind !== "attempt_started") {
      this.attempts.close(at);
      if (this.#copiedAt > 0 && this.calls.onlyWaits) this.attempts.silence(this.#copiedAt, at);
      else if (this.#copiedAt === 0) this.spans.start[RUN] = Math.min(this.queuedAt, at);
      this.#copiedAt = Math.max(this.#copiedAt, at);
      this.ownFrom = event.seq + 1;
    }
    switch (event.kind) {
      case "run_queued":
        return this.#queued(event);
      case "attempt_started":
        if (this.#copiedAt > 0) this.attempts.pause(this.#copiedAt, "fork", false);
        this.#copiedAt = 0;
        this.attempts.begin(event.attempt, event.worker, at, event.seq);
        return this.#set(RUN, State.running);
      case "attempt_ended":
        return this.#attemptEnded(event);
      case "span_started":
        return this.#opened(event);
      case "span_set":
        return this.#at(event.span, (place) => {
          this.attributes.set(place, { ...this.attributes.get(place), ...event.attributes });
        });
      case "span_progress":
        return this.#at(event.span, (place) => {
          this.progress.set(place, { done: event.done, total: event.total ?? null });
        });
      case "span_ended":
        return this.#at(event.span, (place) => {
          if (event.status === "failed") this.failures.set(place, event.failure);
          const states = { ok: State.ok, failed: State.failed, cancelled: State.cancelled };
          this.#close(place, at, states[event.status]);
        });
      case "log":
        return this.#logged(event);
      case "call_started":
        return this.#called(event);
      case "call_cancelled":
        return this.#ofCall(event.call, (call) => (call.isGivenUp = true));
      case "call_approved":
        return this.#ofCall(event.call, (call) => {
          call.approvedAt = at;
          if (!isWait(call.request.operation)) this.#set(call.span, State.running);
        });
      case "call_retried":
        return this.#ofCall(event.call, (call) => {
          call.again += 1;
          this.spans.mark(call.span, Flag.again);
        });
      case "call_ended":
        this.calls.end(event.call, event.seq, at, event.answer ?? null, event.failure ?? null);
        return this.calls.get(event.call)?.span;
      case "call_refused":
        return this.#at(event.parent, (place) => {
          const { seq, capability, failure } = event;
          const known = this.refusals.get(place);
          if (known) known.push({ seq, at, capability, failure });
          else this.refusals.set(place, [{ seq, at, capability, failure }]);
          this.spans.mark(place, Flag.refused);
          this.spans.failUpwards(place);
        });
      case "waiting":
        return undefined;
      case "run_ended":
        return this.#over(event);
    }
  }

  #queued(event: Extract<RunEvent, { kind: "run_queued" }>): number {
    this.start = event;
    this.queuedAt = event.at_us;
    this.spans.start[RUN] = event.at_us;
    this.spans.name[RUN] = this.names.intern(event.flow);
    return RUN;
  }

  #opened(event: Extract<RunEvent, { kind: "span_started" }>): number {
    const { spans } = this;
    const parent = spans.place(event.parent) ?? RUN;
    const place = spans.append(event.span, parent, this.names.intern(event.name), event.at_us);
    spans.state[place] = State.running;
    spans.attempt[place] = this.attempts.last?.number ?? 0;
    spans.round[place] = this.round;
    if (this.isFork && this.attempts.list.length === 0) spans.mark(place, Flag.copied);
    spans.line[place] = event.line ?? 0;
    if (event.attributes) this.attributes.set(place, event.attributes);
    this.#open.add(place);
    return place;
  }

  #logged(event: Extract<RunEvent, { kind: "log" }>): number | undefined {
    const { seq, at_us: at, level, message, stream, attributes } = event;
    return this.#at(event.span, (place) => {
      const line = { seq, at, level, message, stream: stream ?? null };
      this.logs.append(this.spans, place, { ...line, attributes: attributes ?? null });
      if (level === "warning" || level === "error") this.spans.mark(place, Flag.warned);
    });
  }

  #called(event: Extract<RunEvent, { kind: "call_started" }>): number | undefined {
    const kind = event.request.operation;
    return this.#at(event.span, (place) => {
      this.spans.kind[place] = kindOfCall(kind);
      this.spans.call[place] = event.call;
      this.calls.begin({
        id: event.call,
        span: place,
        request: event.request,
        attachment: event.attachment ?? null,
        startedAt: event.at_us,
        startedSeq: event.seq,
        needsApproval: event.needs_approval ?? false,
        approvedAt: null,
        again: 0,
        isGivenUp: false,
        endedAt: null,
        endedSeq: 0,
        answer: null,
        failure: null,
        speech: null,
      });
      if (isWait(kind) || event.needs_approval) this.#set(place, State.waiting);
    });
  }

  #attemptEnded(event: Extract<RunEvent, { kind: "attempt_ended" }>): number {
    const at = event.at_us;
    const attempt = this.attempts.end(at, event.reason, event.usage);
    const why = event.reason === "suspended" ? "waited" : event.reason;
    this.attempts.pause(at, why, this.calls.openChildren > 0);
    if (event.reason === "suspended") {
      if (attempt) attempt.wakeAt = event.wake_at_us ?? null;
      return this.#set(RUN, State.waiting);
    }
    if (event.reason === "released") return this.#set(RUN, State.queued);
    if (attempt) {
      attempt.failure = event.failure;
      attempt.wakeAt = event.due_at_us;
    }
    this.#explain(event.failure);
    this.#abandon(at);
    this.round += 1;
    return this.#set(RUN, State.waiting);
  }

  #over(event: Outcome): number {
    this.outcome = event;
    this.attempts.end(event.at_us, "ended", event.usage);
    this.attempts.close(event.at_us);
    this.#abandon(event.at_us);
    this.spans.end[RUN] = event.at_us;
    this.ended.push(RUN);
    if (event.outcome === "succeeded") return this.#set(RUN, State.ok);
    this.failures.set(RUN, event.failure);
    this.#explain(event.failure);
    const states = {
      failed: State.failed,
      cancelled: State.cancelled,
      timed_out: State.timedOut,
    } as const;
    return this.#set(RUN, states[event.outcome]);
  }

  /** The failure of the whole says more than that of the step in which it began, and on which line. */
  #explain(failure: Failure): void {
    const place = failure.span === null ? undefined : this.spans.place(failure.span);
    if (place === undefined || place === RUN) return;
    this.failures.set(place, failure);
    const line = failure.frames.findLast((frame) => frame.own)?.line;
    if (line) this.failedOn.set(place, line);
  }

  /** What was open stays so no longer: nobody is there to end it. */
  #abandon(at: number): void {
    for (const place of [...this.#open].sort((one, other) => other - one)) {
      this.spans.mark(place, Flag.abandoned);
      this.#close(place, at, State.cancelled);
    }
  }

  #close(place: number, at: number, state: State): void {
    if (place === RUN || !this.spans.isOpen(place)) return;
    this.#open.delete(place);
    this.spans.end[place] = Math.max(at, this.spans.start[place] ?? at);
    this.ended.push(place);
    this.#set(place, state);
    if (state === State.failed) this.spans.failUpwards(place);
  }

  #set(place: number, state: State): number {
    this.spans.state[place] = state;
    this.stateRevision += 1;
    return place;
  }

  #at(span: number, change: (place: number) => void): number | undefined {
    const place = this.spans.place(span);
    if (place !== undefined) change(place);
    return place;
  }

  #ofCall(id: number, change: (call: Call) => void): number | undefined {
    const call = this.calls.get(id);
    if (call) change(call);
    return call?.span;
  }
}

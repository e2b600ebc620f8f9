// The calls of one run by their numbers: what was asked, what came of it, and what a model says
// until its answer is whole. Money and tokens of models are added up as answers come.
import type { Failure, Schema } from "../api/words.ts";
import { type CallKind, isWait, type Request } from "./call-kinds.ts";

export type Attachment = Schema<"Attachment">;
export type Answer = Schema<"Answer">;

/** A piece of what a model says: docs/live.md. */
export interface Piece {
  call: number;
  /** Bytes of the answer before it; 0 begins the answer, be it anew. */
  at: number;
  text: string;
}

/** One call. Times are in microseconds since the Unix epoch. */
export interface Call {
  readonly id: number;
  /** The place of its span. */
  readonly span: number;
  readonly request: Request;
  readonly attachment: Attachment | null;
  readonly startedAt: number;
  readonly startedSeq: number;
  needsApproval: boolean;
  approvedAt: number | null;
  /** How often it was performed again after a worker was lost. */
  again: number;
  /** Whether the flow gave it up. */
  isGivenUp: boolean;
  endedAt: number | null;
  endedSeq: number;
  answer: Answer | null;
  failure: Failure | null;
  /** What the model says so far; null once the answer is whole, and for other calls. */
  speech: string | null;
}

/** What models took. */
export interface ModelUse {
  calls: number;
  inputTokens: number;
  outputTokens: number;
  /** Millionths of a dollar, of the calls whose model has a price. */
  costMicros: number;
  /** Whether a model without a price answered. */
  isPartlyUnpriced: boolean;
}

export class Calls {
  readonly #calls = new Map<number, Call>();
  readonly #heard = new Map<number, number>();
  readonly use: ModelUse = {
    calls: 0,
    inputTokens: 0,
    outputTokens: 0,
    costMicros: 0,
    isPartlyUnpriced: false,
  };
  /** Child runs that are under way. */
  openChildren = 0;
  #open = 0;
  #openWaits = 0;

  /** Whether calls are under way and all of them wait for a time or a person. */
  get onlyWaits(): boolean {
    return this.#open > 0 && this.#open === this.#openWaits;
  }

  get count(): number {
    return this.#calls.size;
  }

  get(id: number): Call | undefined {
    return this.#calls.get(id);
  }

  all(): IterableIterator<Call> {
    return this.#calls.values();
  }

  begin(call: Call): void {
    this.#calls.set(call.id, call);
    this.#count(call, 1);
  }

  end(id: number, seq: number, at: number, answer: Answer | null, failure: Failure | null): void {
    const call = this.#calls.get(id);
    if (!call || call.endedAt !== null) return;
    call.endedAt = at;
    call.endedSeq = seq;
    call.answer = answer;
    call.failure = failure;
    call.speech = null;
    this.#heard.delete(id);
    this.#count(call, -1);
    if (call.request.operation === "llm" && answer) this.#addUse(answer.value);
  }

  #count(call: Call, by: 1 | -1): void {
    this.#open += by;
    if (isWait(call.request.operation)) this.#openWaits += by;
    if (call.request.operation === "flow") this.openChildren += by;
  }

  /** Takes a piece of speech. One that does not follow what was heard is marked as a gap. */
  hear(piece: Piece): Call | undefined {
    const call = this.#calls.get(piece.call);
    if (!call || call.endedAt !== null) return undefined;
    const heard = this.#heard.get(piece.call) ?? 0;
    const gap = piece.at > heard ? "…" : "";
    call.speech = piece.at === 0 ? piece.text : `${call.speech ?? ""}${gap}${piece.text}`;
    this.#heard.set(piece.call, piece.at + byteLength(piece.text));
    return call;
  }

  #addUse(value: unknown): void {
    const usage = member(value, "usage");
    const cost = member(usage, "cost_micros");
    this.use.calls += 1;
    this.use.inputTokens += numberOr0(member(usage, "input_tokens"));
    this.use.outputTokens += numberOr0(member(usage, "output_tokens"));
    this.use.costMicros += numberOr0(cost);
    if (typeof cost !== "number") this.use.isPartlyUnpriced = true;
  }
}

export function kindOf(call: Call): CallKind {
  return call.request.operation;
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function numberOr0(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

const encoder = new TextEncoder();

function byteLength(text: string): number {
  return encoder.encode(text).length;
}

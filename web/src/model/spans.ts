// The spans of one run as columns: one typed array a property, one place a span. Place 0 is the run
// itself; a parent's place is always less than its children's, and no place is ever given up.
import type { CallKind } from "./call-kinds.ts";
import { CALL_KINDS } from "./call-kinds.ts";

/** Where a span stands. */
export const State = {
  running: 0,
  waiting: 1,
  ok: 2,
  failed: 3,
  cancelled: 4,
  timedOut: 5,
  queued: 6,
} as const;
export type State = (typeof State)[keyof typeof State];

/** The words of the states, by number. */
export const STATE_WORDS = [
  "running",
  "waiting",
  "succeeded",
  "failed",
  "cancelled",
  "timed out",
  "queued",
] as const;

/** What a span is: the run, a step that the author wrote, or a call of a kind. */
export const Kind = { run: 0, step: 1 } as const;
/** The words of the kinds, by number: after the run and the steps, the kinds of calls. */
export const KIND_WORDS: readonly string[] = ["run", "step", ...CALL_KINDS];

/** The number of a kind of call. */
export function kindOfCall(kind: CallKind): number {
  return 2 + CALL_KINDS.indexOf(kind);
}

/** What else is known of a span, a bit each. */
export const Flag = {
  /** Taken over from the run that this one was forked from. */
  copied: 1,
  /** Something below it failed. */
  failedBelow: 2,
  /** A call was refused directly under it. */
  refused: 4,
  /** It was open when its attempt or its run ended. */
  abandoned: 8,
  /** Its call was performed again after a worker was lost. */
  again: 16,
  /** A warning or an error was logged in it. */
  warned: 32,
} as const;

/** No span: what stands where a link leads nowhere. */
export const NONE = -1;

/** The place of the run itself. */
export const RUN = 0;

/** The columns. They are read by place; what is beyond `count` means nothing. */
export class Spans {
  count = 0;
  /** The number that the record gives the span; 0 for the run. */
  id = new Float64Array(64);
  parent = new Int32Array(64);
  depth = new Uint32Array(64);
  firstChild = new Int32Array(64);
  lastChild = new Int32Array(64);
  next = new Int32Array(64);
  children = new Uint32Array(64);
  /** Its place among its siblings, from 1. */
  ordinal = new Uint32Array(64);
  /** In microseconds since the Unix epoch; `end` is -1 while the span is open. */
  start = new Float64Array(64);
  end = new Float64Array(64);
  state = new Uint8Array(64);
  kind = new Uint8Array(64);
  flags = new Uint8Array(64);
  name = new Int32Array(64);
  /** Its call; 0 for none. */
  call = new Float64Array(64);
  /** The line of the source that opened it, from 1; 0 for none. */
  line = new Uint32Array(64);
  /** The attempt in which it began; 0 for what was taken over. */
  attempt = new Uint32Array(64);
  /** How often the whole run had been tried again when it began. */
  round = new Uint32Array(64);
  logs = new Uint32Array(64);
  firstLog = new Int32Array(64);
  lastLog = new Int32Array(64);

  readonly #places = new Map<number, number>();

  /** The place of a span by its number in the record. */
  place(id: number): number | undefined {
    return this.#places.get(id);
  }

  /** Appends an open span and links it under its parent's place; `NONE` for the run itself. */
  append(id: number, parent: number, name: number, start: number): number {
    const at = this.count;
    if (at === this.id.length) this.#grow();
    this.count = at + 1;
    this.#places.set(id, at);
    this.id[at] = id;
    this.parent[at] = parent;
    this.firstChild[at] = NONE;
    this.lastChild[at] = NONE;
    this.next[at] = NONE;
    this.start[at] = start;
    this.end[at] = -1;
    this.name[at] = name;
    this.kind[at] = parent === NONE ? Kind.run : Kind.step;
    this.firstLog[at] = NONE;
    this.lastLog[at] = NONE;
    if (parent === NONE) return at;
    const before = this.lastChild[parent] ?? NONE;
    if (before === NONE) this.firstChild[parent] = at;
    else this.next[before] = at;
    this.lastChild[parent] = at;
    const ordinal = (this.children[parent] ?? 0) + 1;
    this.children[parent] = ordinal;
    this.ordinal[at] = ordinal;
    this.depth[at] = (this.depth[parent] ?? 0) + 1;
    return at;
  }

  has(at: number, flag: number): boolean {
    return ((this.flags[at] ?? 0) & flag) !== 0;
  }

  mark(at: number, flag: number): void {
    this.flags[at] = (this.flags[at] ?? 0) | flag;
  }

  /** Whether the span has not ended. */
  isOpen(at: number): boolean {
    return (this.end[at] ?? -1) < 0;
  }

  /** Tells all spans above that something below them failed. */
  failUpwards(at: number): void {
    for (let up = this.parent[at] ?? NONE; up !== NONE; up = this.parent[up] ?? NONE) {
      if (this.has(up, Flag.failedBelow)) return;
      this.mark(up, Flag.failedBelow);
    }
  }

  #grow(): void {
    const size = this.id.length * 2;
    this.id = floats(this.id, size);
    this.parent = ints(this.parent, size);
    this.depth = words(this.depth, size);
    this.firstChild = ints(this.firstChild, size);
    this.lastChild = ints(this.lastChild, size);
    this.next = ints(this.next, size);
    this.children = words(this.children, size);
    this.ordinal = words(this.ordinal, size);
    this.start = floats(this.start, size);
    this.end = floats(this.end, size);
    this.state = bytes(this.state, size);
    this.kind = bytes(this.kind, size);
    this.flags = bytes(this.flags, size);
    this.name = ints(this.name, size);
    this.call = floats(this.call, size);
    this.line = words(this.line, size);
    this.attempt = words(this.attempt, size);
    this.round = words(this.round, size);
    this.logs = words(this.logs, size);
    this.firstLog = ints(this.firstLog, size);
    this.lastLog = ints(this.lastLog, size);
  }
}

/** The same numbers in an array of another size: what growing columns share. */
export function floats(from: Float64Array, size: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(size);
  grown.set(from.subarray(0, size));
  return grown;
}

/** As `floats`. */
export function ints(from: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(size);
  grown.set(from.subarray(0, size));
  return grown;
}

/** As `floats`. */
export function words(from: Uint32Array, size: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(size);
  grown.set(from.subarray(0, size));
  return grown;
}

/** As `floats`. */
export function bytes(from: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(size);
  grown.set(from.subarray(0, size));
  return grown;
}

// What somebody looks for in a tree of spans: words, and conditions as `state:failed`, `kind:http` or
// `longer:100ms`. All of them have to hold. A condition that makes no sense is told, never ignored.
import { parseDuration } from "../base/time.ts";
import type { RunRecord } from "./record.ts";
import { Flag, KIND_WORDS, State } from "./spans.ts";

/** What is looked for. */
export interface TreeFilter {
  /** In small letters; each has to be in the name or the failure of a span. */
  readonly words: readonly string[];
  readonly states: ReadonlySet<number>;
  readonly kinds: ReadonlySet<number>;
  /** In microseconds. */
  readonly longer: number;
  /** What could not be read, for the person who wrote it. */
  readonly problems: readonly string[];
}

const STATES: Readonly<Record<string, readonly number[]>> = {
  running: [State.running, State.queued],
  waiting: [State.waiting],
  open: [State.running, State.waiting, State.queued],
  ok: [State.ok],
  succeeded: [State.ok],
  failed: [State.failed, State.timedOut],
  error: [State.failed, State.timedOut],
  cancelled: [State.cancelled],
};

/** The words that may stand after `state:`. */
export const FILTER_STATES = ["running", "waiting", "succeeded", "failed", "cancelled"] as const;

/** Reads what somebody wrote. */
export function parseFilter(text: string): TreeFilter {
  const words: string[] = [];
  const states = new Set<number>();
  const kinds = new Set<number>();
  const problems: string[] = [];
  let longer = 0;
  for (const word of text.match(/[a-z]+:"[^"]*"|"[^"]*"|\S+/gi) ?? []) {
    const [, key, quoted] = /^([a-z]+):(.*)$/i.exec(word) ?? [];
    const value = (quoted ?? "").replaceAll('"', "").toLowerCase();
    if (key === "state") {
      const found = STATES[value];
      if (found) found.forEach((state) => states.add(state));
      else problems.push(`There is no state “${value}”: ${FILTER_STATES.join(", ")}.`);
    } else if (key === "kind") {
      const found = KIND_WORDS.indexOf(value);
      if (found >= 0) kinds.add(found);
      else problems.push(`There is no kind “${value}”: ${KIND_WORDS.slice(1).join(", ")}.`);
    } else if (key === "longer") {
      const time = parseDuration(value);
      if (time !== null) longer = time * 1_000;
      else problems.push("“longer” takes a time, as in longer:100ms.");
    } else {
      const bare = word.replaceAll('"', "").toLowerCase();
      if (bare) words.push(bare);
    }
  }
  return { words, states, kinds, longer, problems };
}

/** Whether it lets everything through. */
export function isEmpty(filter: TreeFilter): boolean {
  return !filter.words.length && !filter.states.size && !filter.kinds.size && filter.longer === 0;
}

/** A filter over one record. Each name is looked at once, however many spans have it. */
export class Matcher {
  readonly #names = new Map<number, boolean>();

  constructor(
    readonly record: RunRecord,
    readonly filter: TreeFilter,
  ) {}

  /** Whether a span is looked for. Open spans are as long as until `now`. */
  matches(place: number, now: number): boolean {
    const { spans } = this.record;
    const { states, kinds, longer, words } = this.filter;
    if (states.size && !this.#isIn(states, place)) return false;
    if (kinds.size && !kinds.has(spans.kind[place] ?? 0)) return false;
    if (longer > 0) {
      const end = spans.isOpen(place) ? now : (spans.end[place] ?? 0);
      if (end - (spans.start[place] ?? 0) < longer) return false;
    }
    return !words.length || this.#named(spans.name[place] ?? 0) || this.#said(place);
  }

  /** A refused call is a failure of the span under which it was asked. */
  #isIn(states: ReadonlySet<number>, place: number): boolean {
    const { spans } = this.record;
    if (states.has(spans.state[place] ?? 0)) return true;
    return states.has(State.failed) && spans.has(place, Flag.refused);
  }

  #named(name: number): boolean {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const text = this.record.names.text(name).toLowerCase();
    const found = this.filter.words.every((word) => text.includes(word));
    this.#names.set(name, found);
    return found;
  }

  #said(place: number): boolean {
    const failure = this.record.failures.get(place);
    const text = failure && `${failure.code} ${failure.exception ?? ""} ${failure.message}`;
    return !!text && this.filter.words.every((word) => text.toLowerCase().includes(word));
  }
}

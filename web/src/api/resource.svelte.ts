// Something that is loaded from the server and drawn in four states: loading, failed, empty, there.
// What was loaded before stays while it is loaded again; of several loads only the newest counts.
// What no server answered is asked for again as soon as there is one.
import { whenBack } from "./live.ts";
import { asProblem, isOfNobody, type ApiProblem } from "./problem.ts";

export interface Resource<T> {
  readonly value: T | undefined;
  readonly problem: ApiProblem | null;
  readonly loading: boolean;
  /** Whether the newest load is of more of the same: its problem is not one of what is there. */
  readonly isMore: boolean;
  /** Loads again; the promise ends when that is done, and never fails. */
  reload(): Promise<void>;
  /** Loads on from what is there. Not while another load is under way, and one that begins ends it. */
  more(): Promise<void>;
}

/** A part of a list; `next` is where the one behind it begins. */
export interface Part<T> {
  items: T[];
  next?: string | null;
}

/**
 * Loads at once, and again whenever something reactive changes that `load` reads before its first
 * `await`. Where more is loaded, it is given what is there. To be called while a component is made.
 */
export function resource<T>(load: (signal: AbortSignal, before?: T) => Promise<T>): Resource<T> {
  let value = $state.raw<T | undefined>(undefined);
  let problem = $state.raw<ApiProblem | null>(null);
  let loading = $state(true);
  let isMore = $state(false);
  let current: AbortController | null = null;

  async function begin(before?: T): Promise<void> {
    current?.abort();
    const mine = new AbortController();
    current = mine;
    try {
      const loaded = load(mine.signal, before);
      loading = true;
      isMore = before !== undefined;
      const found = await loaded;
      if (current !== mine) return;
      value = found;
      problem = null;
    } catch (caught) {
      if (current !== mine) return;
      problem = asProblem(caught);
    }
    loading = false;
  }

  $effect(() => {
    void begin();
    const forget = whenBack(() => {
      if (problem !== null && isOfNobody(problem)) void begin(isMore ? value : undefined);
    });
    return () => {
      forget();
      current?.abort();
      current = null;
    };
  });

  return {
    get value() {
      return value;
    },
    get problem() {
      return problem;
    },
    get loading() {
      return loading;
    },
    get isMore() {
      return isMore;
    },
    reload: () => begin(),
    async more() {
      if (!loading) await begin(value);
    },
  };
}

/** A list that comes in parts: what is loaded of it so far. `load` is given where to go on from. */
export function parts<T>(
  load: (after: string | null, signal: AbortSignal) => Promise<Part<T>>,
): Resource<Part<T>> {
  return resource<Part<T>>(async (signal, before) => {
    const part = await load(before?.next ?? null, signal);
    return before ? { ...part, items: [...before.items, ...part.items] } : part;
  });
}

// Something that is loaded from the server and drawn in four states: loading, failed, empty, there.
// What was loaded before stays while it is loaded again; of several loads only the newest counts.
// What no server answered is asked for again as soon as there is one.
import { whenBack } from "./live.ts";
import { asProblem, isOfNobody, type ApiProblem } from "./problem.ts";

export interface Resource<T> {
  readonly value: T | undefined;
  readonly problem: ApiProblem | null;
  readonly loading: boolean;
  /** Loads again; the promise ends when that is done, and never fails. */
  reload(): Promise<void>;
  /** Puts a value in that is known already, as from the answer to a change. */
  put(value: T): void;
}

/**
 * Loads at once, and again whenever something reactive changes that `load` reads before its first
 * `await`. To be called while a component is made.
 */
export function resource<T>(load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  let value = $state.raw<T | undefined>(undefined);
  let problem = $state.raw<ApiProblem | null>(null);
  let loading = $state(true);
  let current: AbortController | null = null;

  async function begin(): Promise<void> {
    current?.abort();
    const mine = new AbortController();
    current = mine;
    try {
      const loaded = load(mine.signal);
      loading = true;
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
      if (problem !== null && isOfNobody(problem)) void begin();
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
    reload: begin,
    put(next: T) {
      value = next;
      problem = null;
    },
  };
}

// Two runs beside each other as somebody looks at them: both records, their pairs, and which of those
// are shown. While a run goes on, pairs are made anew a few times a second.
import { diff, type Pair } from "../../model/diff.ts";
import { diffRow, type DiffRow, isDifferent } from "../../model/diff-row.ts";
import { RunRecord } from "../../model/record.ts";
import { feed, type FeedState } from "../../ui/run-feed.ts";

/** In milliseconds. */
const ANEW_MS = 300;

export class DiffView {
  readonly one = new RunRecord();
  readonly other = new RunRecord();
  states = $state<[FeedState, FeedState]>(["coming", "coming"]);
  pairs = $state.raw<readonly Pair[]>([]);
  isOnlyDifferent = $state(true);
  /** The place of the chosen pair among all. */
  chosen = $state(0);
  readonly #stops: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly run: string,
    readonly otherRun: string,
  ) {}

  start(): void {
    for (const [at, run, record] of [
      [0, this.run, this.one],
      [1, this.otherRun, this.other],
    ] as const) {
      const state = (state: FeedState) => {
        this.states = at === 0 ? [state, this.states[1]] : [this.states[0], state];
        this.#anew();
      };
      this.#stops.push(feed(run, record, { changed: () => this.#anew(), state }));
    }
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    clearTimeout(this.#timer);
  }

  #anew(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.pairs = diff(this.one, this.other);
    }, ANEW_MS);
  }

  /** The places of the pairs that are shown. */
  readonly shown = $derived.by((): number[] => {
    const found: number[] = [];
    for (const [at, pair] of this.pairs.entries()) {
      if (!this.isOnlyDifferent || isDifferent(pair)) found.push(at);
    }
    return found;
  });

  /** How many differ themselves. */
  readonly different = $derived(
    this.pairs.filter((pair) => pair.one < 0 || pair.other < 0 || pair.differences.length > 0)
      .length,
  );

  rowOf(pair: Pair): DiffRow {
    return diffRow(this.one, this.other, pair);
  }
}

// Two runs beside each other as somebody looks at them: both records, their pairs, and which of those
// are shown. While a run goes on, pairs are made anew a few times a second.
import { diff, type Pair } from "../../model/diff.ts";
import {
  diffRow,
  type DiffRow,
  isDifferent,
  keyOf,
  shownPairs,
  signOf,
} from "../../model/diff-row.ts";
import { RunRecord } from "../../model/record.ts";
import { RUN } from "../../model/spans.ts";
import { feed, type FeedState } from "../../ui/run-feed.ts";

/** In milliseconds. */
const ANEW_MS = 300;

export class DiffView {
  readonly one = new RunRecord();
  readonly other = new RunRecord();
  states = $state<[FeedState, FeedState]>(["coming", "coming"]);
  pairs = $state.raw<readonly Pair[]>([]);
  isOnlyDifferent = $state(true);
  #chosen = $state<number>(RUN);
  #closed = $state.raw<ReadonlySet<number>>(new Set());
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

  readonly shown = $derived(
    shownPairs(this.pairs, (pair) => !this.isOnlyDifferent || isDifferent(pair), this.#closed),
  );

  /** The chosen pair: both runs themselves, until somebody chooses. */
  readonly chosen = $derived(
    this.pairs.find((pair) => keyOf(pair) === this.#chosen) ?? this.pairs[0],
  );

  /** Its row; -1 where it is not shown. */
  readonly row = $derived(this.shown.findIndex(({ pair }) => pair === this.chosen));

  /** How many differ themselves. */
  readonly different = $derived(this.pairs.filter((pair) => signOf(pair) !== "same").length);

  choose(pair: Pair | undefined): void {
    if (pair) this.#chosen = keyOf(pair);
  }

  /** Shows or hides what is under a pair. What is hidden is chosen no more, but what holds it. */
  expand(pair: Pair, isExpanded: boolean): void {
    const closed = new Set(this.#closed);
    if (isExpanded) closed.delete(keyOf(pair));
    else closed.add(keyOf(pair));
    this.#closed = closed;
    let up = this.chosen;
    while (up && up !== pair) up = this.pairs[up.parent];
    if (up && !isExpanded) this.choose(pair);
  }

  rowOf(pair: Pair): DiffRow {
    return diffRow(this.one, this.other, pair);
  }
}

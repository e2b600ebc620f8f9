// The time axis of a run: real time to shown time and back. Times in which nothing of the run was at
// work, as while it waits a day for an answer, are folded to a short piece. A fold depends on what is
// before it only, so a run that goes on moves nothing that was shown.
import type { Break } from "./attempts.ts";

/** One folded piece. All times are in microseconds, shown times from the beginning of the run. */
export interface Fold {
  readonly from: number;
  readonly to: number;
  readonly shownFrom: number;
  readonly shownTo: number;
}

/** Shorter breaks are shown as long as they are: in time, and beside all that was at work before. */
const SHORTEST_US = 20_000;
const SHORTEST_SHARE = 3;

export class Axis {
  readonly folds: Fold[] = [];
  #folded = 0;

  /** `isFolded` false shows all time as long as it was. */
  constructor(
    readonly origin: number,
    breaks: readonly Break[],
    now: number,
    readonly isFolded = true,
  ) {
    if (!isFolded) return;
    for (const pause of breaks) this.#fold(pause, now);
  }

  #fold(pause: Break, now: number): void {
    const to = pause.to ?? now;
    const length = to - pause.from;
    const shownFrom = this.shown(pause.from);
    const active = shownFrom - this.#folded;
    if (pause.isBusy || length < Math.max(SHORTEST_US, SHORTEST_SHARE * active)) return;
    const width = Math.max(1_000, (0.2 * active) / Math.sqrt(this.folds.length + 1));
    if (width >= length) return;
    this.#folded += width;
    this.folds.push({ from: pause.from, to, shownFrom, shownTo: shownFrom + width });
  }

  /** Where a time is shown. */
  shown(at: number): number {
    const fold = this.#before(at, "from");
    if (!fold) return at - this.origin;
    if (at >= fold.to) return fold.shownTo + (at - fold.to);
    const share = (at - fold.from) / (fold.to - fold.from);
    return fold.shownFrom + share * (fold.shownTo - fold.shownFrom);
  }

  /** Which time is shown there. */
  real(shown: number): number {
    const fold = this.#before(shown, "shownFrom");
    if (!fold) return this.origin + shown;
    if (shown >= fold.shownTo) return fold.to + (shown - fold.shownTo);
    const share = (shown - fold.shownFrom) / (fold.shownTo - fold.shownFrom);
    return fold.from + share * (fold.to - fold.from);
  }

  /** The last fold that begins at or before a place. */
  #before(place: number, by: "from" | "shownFrom"): Fold | undefined {
    let [low, high] = [0, this.folds.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.folds[middle]?.[by] ?? 0) <= place) low = middle + 1;
      else high = middle;
    }
    return this.folds[low - 1];
  }
}

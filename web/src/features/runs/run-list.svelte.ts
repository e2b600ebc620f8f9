// The list of runs that fit a query, as it is now: told by the socket, listed by the API, and listed
// again after each gap. New runs wait above the list while the reader is in the middle of it.
import { untrack } from "svelte";
import { api, ok } from "../../api/client.ts";
import { live } from "../../api/live.ts";
import { asProblem, type ApiProblem } from "../../api/problem.ts";
import type { RunSummary } from "../../api/words.ts";
import { nowUs } from "../../base/time.ts";
import { merge } from "../../model/run-order.ts";
import {
  earliestUs,
  looksHere,
  matchesRun,
  serverQuery,
  type Term,
} from "../../model/runs-query.ts";

const PAGE = 50;
const MOST_PAGES = 10;

/** Waits with new runs while this is true. */
export type HoldsBack = () => boolean;

export class RunList {
  rows = $state.raw<readonly RunSummary[]>([]);
  /** New runs that wait to be shown. */
  held = $state.raw<readonly RunSummary[]>([]);
  loading = $state(true);
  problem = $state.raw<ApiProblem | null>(null);
  /** Where the next part begins; null at the end of the list. */
  next = $state.raw<string | null>(null);
  /** Whether the list ends because enough was looked through, not because there is no more. */
  isPartial = $state(false);

  #terms: readonly Term[] = [];
  #holdsBack: HoldsBack;
  /** What was told while a list was under way: it may be newer than the list. */
  #toldMeanwhile: RunSummary[] = [];
  #turn = 0;

  constructor(holdsBack: HoldsBack) {
    this.#holdsBack = holdsBack;
  }

  /** Begins to list and to watch what fits. Answers with what ends it. */
  begin(terms: readonly Term[]): () => void {
    this.#terms = terms;
    this.rows = [];
    this.held = [];
    this.next = null;
    this.isPartial = false;
    const before = this.#turn;
    const { flow } = serverQuery(terms);
    const stop = live.watchRuns(flow === undefined ? {} : { flow }, {
      runs: (runs) => this.#told(runs),
      gap: () => void this.list(),
    });
    // Where the socket is live, the watch began with a gap, and a list is under way.
    if (this.#turn === before) void this.list();
    return () => {
      stop();
      this.#turn += 1;
    };
  }

  /** Lists as many runs anew as are shown. */
  async list(): Promise<void> {
    const shown = untrack(() => this.rows.length);
    await this.#load(null, Math.max(PAGE, shown));
  }

  /** Lists the next part, too. */
  async more(): Promise<void> {
    if (this.next === null || this.loading) return;
    await this.#load(this.next, PAGE);
  }

  /** Shows the runs that waited. */
  showHeld(): void {
    const held = this.held;
    this.held = [];
    this.rows = this.#merged(this.rows, held);
  }

  /** Takes in what an action answered of runs. */
  put(runs: readonly RunSummary[]): void {
    this.rows = this.#merged(this.rows, runs);
  }

  #fits = (run: RunSummary): boolean => matchesRun(this.#terms, run, nowUs());

  #merged(rows: readonly RunSummary[], told: readonly RunSummary[]): RunSummary[] {
    return merge(rows, told, this.#fits, this.next !== null).rows;
  }

  #told(runs: readonly RunSummary[]): void {
    if (this.loading) this.#toldMeanwhile.push(...runs);
    const known = new Set(this.rows.map((row) => row.run));
    const fresh = runs.filter((run) => !known.has(run.run));
    if (fresh.length > 0 && this.#holdsBack()) {
      this.rows = this.#merged(
        this.rows,
        runs.filter((run) => known.has(run.run)),
      );
      this.held = merge(this.held, fresh, this.#fits, false).rows;
    } else {
      this.rows = this.#merged(this.rows, runs);
    }
  }

  async #load(from: string | null, wanted: number): Promise<void> {
    const turn = ++this.#turn;
    this.loading = true;
    this.#toldMeanwhile = [];
    try {
      const found = await this.#find(from, wanted, () => turn === this.#turn);
      if (turn !== this.#turn || found === null) return;
      const before = from === null ? [] : this.rows;
      this.next = found.next;
      this.isPartial = found.isPartial;
      const told = this.#toldMeanwhile;
      this.rows = this.#merged(merge(before, found.runs, this.#fits, false).rows, told);
      if (from === null) this.held = [];
      this.problem = null;
    } catch (caught) {
      if (turn !== this.#turn) return;
      this.problem = asProblem(caught);
    }
    this.loading = false;
  }

  /** Goes through the server's list until enough fits, it ends, or enough was looked through. */
  async #find(
    from: string | null,
    wanted: number,
    isWanted: () => boolean,
  ): Promise<{ runs: RunSummary[]; next: string | null; isPartial: boolean } | null> {
    const earliest = earliestUs(this.#terms, nowUs());
    const limit = looksHere(this.#terms) ? 200 : Math.min(500, wanted);
    const runs: RunSummary[] = [];
    let after = from;
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const query = { ...serverQuery(this.#terms), limit, ...(after === null ? {} : { after }) };
      const page = await ok(api.GET("/v1/runs", { params: { query } }));
      if (!isWanted()) return null;
      runs.push(...page.items.filter(this.#fits));
      after = page.next ?? null;
      const oldest = page.items.at(-1)?.created_at_us;
      const isPast = earliest !== null && oldest !== undefined && oldest < earliest;
      if (after === null || isPast) return { runs, next: null, isPartial: false };
      if (runs.length >= wanted) return { runs, next: after, isPartial: false };
    }
    return { runs, next: after, isPartial: true };
  }
}

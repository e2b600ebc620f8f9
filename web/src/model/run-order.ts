// Lists of runs as they change: the newest first, each run once, as it is now.
import type { RunSummary } from "../api/words.ts";

/** Whether `a` stands before `b`: it is newer. Ids sort by age, so they settle what is left. */
function isBefore(a: RunSummary, b: RunSummary): boolean {
  if (a.created_at_us !== b.created_at_us) return a.created_at_us > b.created_at_us;
  return a.run > b.run;
}

/** The one of two that was told later: states only go on, and records only grow. */
export function later(a: RunSummary, b: RunSummary): RunSummary {
  if (a.events !== b.events) return a.events > b.events ? a : b;
  if ((a.state === "ended") !== (b.state === "ended")) return a.state === "ended" ? a : b;
  return b;
}

/** What `merge` made of a list. */
export interface Merged {
  rows: RunSummary[];
  /** Runs that were not in the list. */
  added: number;
}

/**
 * A list, the newest first, with what was told of runs since: those in it as they are now, without
 * those that do not fit any more, and new ones in their places. Runs older than the end of a list
 * that has more are left to the page that they are on.
 */
export function merge(
  rows: readonly RunSummary[],
  told: readonly RunSummary[],
  fits: (run: RunSummary) => boolean,
  hasMore: boolean,
): Merged {
  const changed = new Map<string, RunSummary>();
  for (const run of told) {
    const known = changed.get(run.run);
    changed.set(run.run, known ? later(known, run) : run);
  }
  const next: RunSummary[] = [];
  for (const row of rows) {
    const now = changed.get(row.run);
    changed.delete(row.run);
    const kept = now ? later(row, now) : row;
    if (kept === row || fits(kept)) next.push(kept);
  }
  const last = next.at(-1);
  const fresh = [...changed.values()].filter(
    (run) => fits(run) && (!hasMore || last === undefined || isBefore(run, last)),
  );
  fresh.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  let at = 0;
  for (const run of fresh) {
    while (at < next.length && isBefore(next[at] ?? run, run)) at += 1;
    next.splice(at, 0, run);
  }
  return { rows: next, added: fresh.length };
}

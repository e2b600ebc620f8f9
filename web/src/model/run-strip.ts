// The last runs of each flow, as the list of flows shows them: a few states, the oldest first.
import type { RunSummary } from "../api/words.ts";

/** How a run stands, in one word: its outcome, or its state while it has none. */
export function standing(run: Pick<RunSummary, "state" | "outcome">): string {
  return run.outcome ?? run.state;
}

/** Per flow at most so many of its newest runs, the oldest of them first. `runs` are newest first. */
export function stripsOf(runs: readonly RunSummary[], most: number): Map<string, RunSummary[]> {
  const strips = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const strip = strips.get(run.flow);
    if (strip === undefined) strips.set(run.flow, [run]);
    else if (strip.length < most) strip.unshift(run);
  }
  return strips;
}

/** The list with runs as they are now put into it: those that are in it change, new ones come first. */
export function withChanged(
  runs: readonly RunSummary[],
  changed: readonly RunSummary[],
): RunSummary[] {
  const now = new Map(changed.map((run) => [run.run, run]));
  const kept = runs.map((run) => {
    const next = now.get(run.run);
    now.delete(run.run);
    return next ?? run;
  });
  const fresh = [...now.values()].sort((a, b) => b.created_at_us - a.created_at_us);
  return [...fresh, ...kept];
}

// The same done to many runs, a few at a time. What could not be done is told run by run.
import { api, ok } from "../../api/client.ts";
import { asProblem, type ApiProblem } from "../../api/problem.ts";
import { startRun } from "../../api/start-run.ts";
import type { RunSummary } from "../../api/words.ts";
import { startAgain } from "../../model/run-actions.ts";

const AT_ONCE = 4;

/** What became of it. */
export interface BulkResult<T> {
  done: T[];
  failed: { run: RunSummary; problem: ApiProblem }[];
}

/** Does it to each run; `onstep` hears how many are behind it. */
export async function forEachRun<T>(
  runs: readonly RunSummary[],
  act: (run: RunSummary) => Promise<T>,
  onstep: (done: number) => void = () => undefined,
): Promise<BulkResult<T>> {
  const result: BulkResult<T> = { done: [], failed: [] };
  const waiting = [...runs];
  const work = async (): Promise<void> => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
      try {
        result.done.push(await act(run));
      } catch (caught) {
        result.failed.push({ run, problem: asProblem(caught) });
      }
      onstep(result.done.length + result.failed.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return result;
}

/** Asks that a run end. */
export function cancel(run: RunSummary, reason: string): Promise<RunSummary> {
  const body = { reason: reason.trim() || null };
  return ok(api.POST("/v1/runs/{run}/cancel", { params: { path: { run: run.run } }, body }));
}

/** What starts a run with the source, input, grants and limits of another. */
export async function asBefore(run: RunSummary) {
  const params = { path: { run: run.run } };
  const [detail, { source }] = await Promise.all([
    ok(api.GET("/v1/runs/{run}", { params })),
    ok(api.GET("/v1/runs/{run}/source", { params })),
  ]);
  return startAgain(source, detail);
}

/** Starts one. The same run with the same key is started once, however often that is tried. */
export async function again(run: RunSummary, key: string): Promise<string> {
  const { body } = (await asBefore(run)).http;
  return (await startRun(body, { key })).run;
}

/** Goes on live from before a step of the record, likewise once for a key. Answers with the new run's id. */
export async function rerunFrom(
  run: RunSummary,
  from: string,
  key: string,
): Promise<string | null> {
  const body = { from, source: null, input: null, grants: [], go_live: true };
  const params = { path: { run: run.run }, header: { "Idempotency-Key": key } };
  return (await ok(api.POST("/v1/runs/{run}/reruns", { params, body }))).run ?? null;
}

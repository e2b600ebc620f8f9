// Starts runs. The description of the API says that members with a default are always there, which
// holds for what the server answers and not for what it takes: here they may be left out.
import { api, ok } from "./client.ts";
import type { Limits, NewRun, RunDetail } from "./words.ts";

/** A run to start; what is left out is as the server has it. */
export interface RunToStart {
  /** Python; without it `flow` names a saved flow. */
  source?: string;
  flow?: string;
  input: unknown;
  /** What the run may do at most; without it, all that the token and the tenant allow. */
  grants?: readonly string[];
  limits?: Partial<Limits>;
  deadline_ms?: number;
}

/** Starts a run, and waits for its end where `waitSeconds` says so. Throws an `ApiProblem`. */
export async function startRun(
  run: RunToStart,
  options: { waitSeconds?: number; signal?: AbortSignal; key?: string } = {},
): Promise<RunDetail> {
  const header = {
    ...(options.waitSeconds === undefined ? {} : { Prefer: `wait=${options.waitSeconds}` }),
    ...(options.key === undefined ? {} : { "Idempotency-Key": options.key }),
  };
  return await ok(
    api.POST("/v1/runs", {
      body: run as NewRun,
      params: { header },
      ...(options.signal ? { signal: options.signal } : {}),
    }),
  );
}

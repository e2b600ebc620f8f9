// Tries a fix before it is offered: the server checks the changed source, and where an input is at
// hand, a fresh run of it goes through the sandbox. That run gets no grants at all, so nothing
// outside of the sandbox can happen because of a proposal.
import { api, ok } from "../api/client.ts";
import { randomHex } from "../base/chance.ts";
import { startRun, type RunToStart } from "../api/start-run.ts";
import type { Failure, RunDetail, SourceProblem } from "../api/words.ts";
import { applied, type Fix } from "../model/fixes.ts";
import type { Json } from "../model/json.ts";

/** What came of a trial. Fixes that do not help are not offered. */
export interface Verdict {
  kind: "ran" | "checked" | "further" | "useless";
  note: string;
}

/** What is tried: the source that failed, and how it was run. */
export interface TrialOf {
  source: string;
  failure: Failure | SourceProblem;
  /** With an input the changed source is run, too. */
  run?: { flow: string; input: Json };
}

const DEADLINE_MS = 10_000;
/** How a failure ends a trial for no other reason than that a trial has no grants. */
const WITHOUT_GRANTS = new Set(["capability_denied", "not_available"]);

/** Tries one fix. Throws an `ApiProblem` where the server cannot be asked. */
export async function tryFix(of: TrialOf, fix: Fix, signal?: AbortSignal): Promise<Verdict> {
  const source = applied(of.source, fix.edits);
  const options = signal ? { signal } : {};
  const checked = await ok(api.POST("/v1/validate", { body: { source }, ...options }));
  if (!checked.is_valid) {
    return { kind: "useless", note: checked.failure?.message ?? "The source is not valid then." };
  }
  const before = of.failure;
  const remains = checked.description?.problems.some(
    (one) => one.code === before.code && one.message === before.message,
  );
  if (remains) return { kind: "useless", note: "The check tells the same problem then." };
  if (!of.run || before.code === "capability_denied") {
    const word = wordOf(before);
    const isMissing = word !== null && checked.missing_grants.includes(word);
    const note = isMissing
      ? "Checked. The tenant does not have this grant yet: it has to be given, too."
      : "Checked by the server.";
    return { kind: "checked", note };
  }
  return await tryRun(of.run, source, before, signal);
}

/** What came of runs that were tried: the same run of the same source is not made twice. */
const known = new Map<string, Verdict>();
const MOST_KNOWN = 100;

async function tryRun(
  run: { flow: string; input: Json },
  source: string,
  before: Failure | SourceProblem,
  signal?: AbortSignal,
): Promise<Verdict> {
  const name = JSON.stringify([source, run, before.code, before.message]);
  const found = known.get(name);
  if (found) return found;
  const key = randomHex();
  const trial = { source, ...run, grants: [], deadline_ms: DEADLINE_MS };
  let detail: RunDetail;
  try {
    const waitSeconds = DEADLINE_MS / 1000;
    detail = await startRun(trial, { waitSeconds, key, ...(signal ? { signal } : {}) });
  } catch (caught) {
    if (signal?.aborted) void cancel(trial, key).catch(() => undefined);
    throw caught;
  }
  const verdict = verdictOf(detail, before);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(name, verdict);
  return verdict;
}

/** Ends a trial that was given up: by its key the server says which run it is. */
async function cancel(trial: RunToStart, key: string): Promise<void> {
  const { run } = await startRun(trial, { key });
  const body = { reason: "The trial of a fix was given up." };
  await ok(api.POST("/v1/runs/{run}/cancel", { params: { path: { run } }, body }));
}

function verdictOf(detail: RunDetail, before: Failure | SourceProblem): Verdict {
  if (detail.outcome === "succeeded") {
    return { kind: "ran", note: "Checked, and run with the same input: it succeeded." };
  }
  const { end } = detail;
  const after = end && "failure" in end ? end.failure : null;
  if (after && after.code === before.code && after.message === before.message) {
    return { kind: "useless", note: "The run fails in the same way then." };
  }
  if (after && !WITHOUT_GRANTS.has(after.code)) {
    return { kind: "further", note: `This failure goes away, and another comes: ${after.message}` };
  }
  return {
    kind: "checked",
    note: "Checked, and run: the failure is gone. The trial ended at its first call, since trials have no grants.",
  };
}

function wordOf(failure: Failure | SourceProblem): string | null {
  const word = "details" in failure ? failure.details["capability"] : null;
  return typeof word === "string" ? word : null;
}

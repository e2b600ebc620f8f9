// What can be done with runs, as data: the same action for a button of the web and for those who
// copy it as a command, a request, or a tool call.
import type { RunToStart } from "../api/start-run.ts";
import type { Schema } from "../api/words.ts";
import { pathOf, type Action } from "./copy-as.ts";

/** Look at it. */
export function lookAt(run: string): Action {
  return {
    cli: ["runs", "get", run],
    http: { method: "GET", path: pathOf("runs", run) },
    mcp: { tool: "get_run", arguments: { run } },
  };
}

/** Follow it until it ends. */
export function follow(run: string): Action {
  return {
    cli: ["runs", "tail", run],
    http: { method: "GET", path: pathOf("runs", run, "events") },
  };
}

/** End it. */
export function cancel(run: string, reason = ""): Action {
  const why = reason.trim() ? { reason: reason.trim() } : {};
  return {
    cli: ["runs", "cancel", run, ...Object.values(why).flatMap((text) => ["--reason", text])],
    http: { method: "POST", path: pathOf("runs", run, "cancel"), body: why },
    mcp: { tool: "cancel_run", arguments: { run, ...why } },
  };
}

/** Go on from before a step, or `#12` for span 12, as a new run that takes over what stands before it. */
export function forkFrom(run: string, from: string | number | null, isLive: boolean): Action {
  const place = typeof from === "number" ? `#${from}` : from;
  const where = place === null ? {} : { from: place };
  const words = place === null ? [] : ["--from", place];
  return {
    cli: ["runs", "rerun", run, ...words, ...(isLive ? ["--yes"] : [])],
    http: {
      method: "POST",
      path: pathOf("runs", run, "reruns"),
      body: { ...where, go_live: isLive },
    },
    mcp: { tool: "rerun_from_step", arguments: { run, ...where, go_live: isLive } },
  };
}

type How = Pick<Schema<"Start">, "flow" | "input" | "grants" | "limits" | "retry">;

/** Run the same source with the same input once more, from the beginning. */
export function startAgain(source: string, { flow, input, grants, limits, retry }: How) {
  const body = { source, flow, input, grants, limits, retry };
  return { http: { method: "POST", path: pathOf("runs"), body } } satisfies Action;
}

/** Run a source that is not saved. */
export function startSource(run: RunToStart): Action {
  const { limits, deadline_ms: deadline, ...rest } = run;
  const isPlain = limits === undefined && deadline === undefined;
  return {
    http: { method: "POST", path: pathOf("runs"), body: run },
    ...(isPlain ? { mcp: { tool: "run_flow", arguments: rest } } : {}),
  };
}

/** Run a saved flow, with at most these grants where some are given. */
export function startFlow(flow: string, input: unknown, grants: readonly string[] | null): Action {
  const how = { input, ...(grants === null ? {} : { grants }) };
  return {
    http: { method: "POST", path: pathOf("flows", flow, "runs"), body: how },
    mcp: { tool: "run_flow", arguments: { flow, ...how } },
  };
}

/** Answer a question of a run, in the name of the token or in another. */
export function answerAsk(ask: string, value: unknown, answeredBy: string | null): Action {
  const http = { method: "POST", path: pathOf("asks", ask, "answer") };
  if (answeredBy !== null) return { http: { ...http, body: { value, answered_by: answeredBy } } };
  return {
    http: { ...http, body: { value } },
    mcp: { tool: "answer_ask", arguments: { ask, value } },
  };
}

/** Go through the record without any effect. */
export function replay(run: string): Action {
  return {
    cli: ["replay", run],
    http: { method: "POST", path: pathOf("runs", run, "replay"), body: {} },
  };
}

/** Take it elsewhere as one file. */
export function exportOf(run: string): Action {
  return {
    cli: ["runs", "export", run, "-o", `${run}.jsonl`],
    http: { method: "GET", path: pathOf("runs", run, "export") },
  };
}

/** Look at one span. */
export function lookAtSpan(run: string, span: number): Action {
  return {
    http: { method: "GET", path: pathOf("runs", run, "spans", String(span)) },
    mcp: { tool: "get_span", arguments: { run, span } },
  };
}

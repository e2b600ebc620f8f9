// What can be done with a run, as data: the same action for a button of the web and for those who
// copy it as a command, a request, or a tool call.
import type { Schema } from "../api/words.ts";
import type { Action } from "./copy-as.ts";

/** Look at it. */
export function lookAt(run: string): Action {
  return {
    cli: ["runs", "get", run],
    http: { method: "GET", path: path(run) },
    mcp: { tool: "get_run", arguments: { run } },
  };
}

/** Follow it until it ends. */
export function follow(run: string): Action {
  return {
    cli: ["runs", "tail", run],
    http: { method: "GET", path: path(run, "/events") },
  };
}

export function cancel(run: string): Action {
  return {
    cli: ["runs", "cancel", run],
    http: { method: "POST", path: path(run, "/cancel"), body: {} },
    mcp: { tool: "cancel_run", arguments: { run } },
  };
}

/** Go on from before a span, as a new run that takes over what stands before it. */
export function forkFrom(run: string, span: number | null, isLive: boolean): Action {
  const from = span === null ? {} : { from: `#${span}` };
  const words = span === null ? [] : ["--from", `#${span}`];
  return {
    cli: ["runs", "rerun", run, ...words, ...(isLive ? ["--yes"] : [])],
    http: { method: "POST", path: path(run, "/reruns"), body: { ...from, go_live: isLive } },
    mcp: { tool: "rerun_from_step", arguments: { run, ...from, go_live: isLive } },
  };
}

/** Run the same source with the same input once more, from the beginning. */
export function startAgain(source: string, start: Schema<"Start">): Action {
  const { flow, input, grants, limits, retry } = start;
  return {
    http: {
      method: "POST",
      path: "/v1/runs",
      body: { source, flow, input, grants, limits, retry },
    },
    mcp: { tool: "run_flow", arguments: { source, flow, input, grants } },
  };
}

/** Go through the record without any effect. */
export function replay(run: string): Action {
  return {
    cli: ["replay", run],
    http: { method: "POST", path: path(run, "/replay"), body: {} },
  };
}

/** Take it elsewhere as one file. */
export function exportOf(run: string): Action {
  return {
    cli: ["runs", "export", run, "-o", `${run}.jsonl`],
    http: { method: "GET", path: path(run, "/export") },
  };
}

/** Look at one span. */
export function lookAtSpan(run: string, span: number): Action {
  return {
    http: { method: "GET", path: path(run, `/spans/${span}`) },
    mcp: { tool: "get_span", arguments: { run, span } },
  };
}

function path(run: string, below = ""): string {
  return `/v1/runs/${encodeURIComponent(run)}${below}`;
}

// What a span did, in one sentence for somebody who knows no Python. Words of the flow are quoted, and
// cleaned where the sentence is made.
import { cleanLine } from "../../base/clean.ts";
import { formatBytes } from "../../base/size.ts";
import { count, formatDuration } from "../../base/time.ts";
import type { Request } from "../../model/call-kinds.ts";
import type { RunRecord } from "../../model/record.ts";
import { RUN, State } from "../../model/spans.ts";

/** The sentence about a span, or about the run. */
export function sentence(record: RunRecord, place: number): string {
  const { spans } = record;
  const state = spans.state[place];
  if (place === RUN) return ofRun(record);
  const call = record.callOf(place);
  if (!call) {
    const said = { [State.ok]: "This step is done.", [State.failed]: "This step failed." };
    if (state === State.ok || state === State.failed) return said[state];
    return state === State.cancelled ? "This step was given up." : "This step goes on.";
  }
  const asked = requested(call.request);
  if (call.needsApproval && call.approvedAt === null && call.endedAt === null) {
    return `${asked} It waits for a person to allow it.`;
  }
  if (call.failure) return `${asked} It failed: ${cleanLine(call.failure.message, 300)}`;
  if (call.endedAt === null) {
    return `${asked} ${call.isGivenUp ? "It was given up." : "The answer is not there yet."}`;
  }
  return `${asked} ${answered(call.request, call.answer?.value, call.answer?.attachment?.size_bytes)}`;
}

function ofRun(record: RunRecord): string {
  const { outcome } = record;
  if (!outcome) {
    const words: Record<number, string> = {
      [State.queued]: "The run waits for a worker.",
      [State.waiting]:
        "The run waits for a time, a child or an answer, and holds no memory meanwhile.",
    };
    return words[record.spans.state[RUN] ?? 0] ?? "The run is under way.";
  }
  switch (outcome.outcome) {
    case "succeeded":
      return "The flow came to its end and returned a result.";
    case "failed":
      return `The flow failed: ${cleanLine(outcome.failure.message, 300)}`;
    case "cancelled":
      return "Somebody ended the run.";
    case "timed_out":
      return "The run was not over when it should have been.";
  }
}

function quoted(text: string): string {
  return `“${cleanLine(text, 120)}”`;
}

function requested(request: Request): string {
  switch (request.operation) {
    case "sleep":
      return `The flow waits ${formatDuration(request.duration_ms * 1_000)}.`;
    case "rpc":
      return `The flow calls ${quoted(request.method)} of the service ${quoted(request.service)}.`;
    case "http":
      return `The flow sends a ${cleanLine(request.method, 12)} request to ${quoted(request.url)}.`;
    case "llm":
      return `The flow has the model ${quoted(request.model)} take a turn, after ${count(request.messages.length, "message")}.`;
    case "flow":
      return `The flow runs another flow, ${quoted(request.flow)}.`;
    case "ask":
      return `The flow asks ${request.assignee ? quoted(request.assignee) : "a person"}: ${quoted(request.question)}`;
    case "kv":
      return `The flow ${KV[request.action.operation]} the space ${quoted(request.space)}.`;
    case "secret":
      return `The flow takes a reference to the secret ${quoted(request.name)}; it never sees the value.`;
    case "artifact":
      return request.action.operation === "write"
        ? `The flow keeps the file ${quoted(request.name)} with the run.`
        : `The flow reads the file ${quoted(request.name)} again.`;
  }
}

const KV = {
  get: "reads a key in",
  set: "sets a key in",
  delete: "removes a key from",
  list: "lists keys of",
  compare_and_set: "sets a key, unless somebody else did, in",
} as const;

function answered(request: Request, value: unknown, size: number | undefined): string {
  const beside = size === undefined ? "" : ` with ${formatBytes(size)}`;
  switch (request.operation) {
    case "sleep":
      return "It is over.";
    case "http":
      return `The answer came${beside}, with status ${status(value)}.`;
    case "ask":
      return "It was answered.";
    case "flow":
      return "It returned its result.";
    default:
      return beside ? `The answer came${beside}.` : "It is done.";
  }
}

function status(value: unknown): string {
  const found = typeof value === "object" && value !== null && "status" in value ? value.status : 0;
  return typeof found === "number" ? String(found) : "unknown";
}

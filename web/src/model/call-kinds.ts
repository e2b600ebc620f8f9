// The closed set of what a flow can ask of the host, in the order in which the door numbers it, and
// each request said in a few words for a row.
import type { Schema } from "../api/words.ts";

export type Request = Schema<"Request">;

export const CALL_KINDS = [
  "sleep",
  "rpc",
  "http",
  "llm",
  "flow",
  "ask",
  "kv",
  "secret",
  "artifact",
] as const;
export type CallKind = (typeof CALL_KINDS)[number];

/** Whether a call of this kind waits for something that takes no machine: a time or a person. */
export function isWait(kind: CallKind): boolean {
  return kind === "sleep" || kind === "ask";
}

/** What a request asks for, in one line and in the flow's own words: text that nobody trusts. */
export function requestPhrase(request: Request): string {
  switch (request.operation) {
    case "http":
      return `${request.method} ${request.url}`;
    case "llm":
      return request.agent ? `turn of ${request.agent.name}` : "";
    case "ask":
      return request.question;
    case "kv":
      return "key" in request.action
        ? `${request.action.operation} ${request.action.key}`
        : `${request.action.operation} ${request.action.prefix}`;
    case "artifact":
      return request.action.operation;
    case "sleep":
    case "rpc":
    case "flow":
    case "secret":
      return "";
  }
}

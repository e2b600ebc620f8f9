// Questions of runs: in which form an answer is given, whose turn it is, and what a call is that
// waits for somebody's approval. All texts in here come from flows and are shown as such.
import type { AskSummary } from "../api/words.ts";

/** One of the values that an answer may have. */
export interface Choice {
  label: string;
  value: unknown;
}

/** How an answer is given. */
export type AnswerShape =
  | { kind: "boolean" }
  /** A closed list. */
  | { kind: "choices"; choices: Choice[] }
  | { kind: "text" }
  | { kind: "form" };

/** More than these make a list to choose from instead of a button each. */
export const MOST_BUTTONS = 5;

type Node = Record<string, unknown>;

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema that a `$ref` into `$defs` leads to, a few steps at most. */
function resolved(schema: unknown): Node {
  let node = isNode(schema) ? schema : {};
  const definitions = isNode(node["$defs"]) ? node["$defs"] : {};
  for (let steps = 0; steps < 8; steps += 1) {
    const reference = node["$ref"];
    if (typeof reference !== "string") return node;
    const next = definitions[reference.replace(/^#\/\$defs\//, "")];
    if (!isNode(next)) return {};
    node = next;
  }
  return {};
}

function label(value: unknown): string {
  if (value === null) return "nothing";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** In which form a question wants its answer. */
export function answerShape(schema: unknown): AnswerShape {
  const node = resolved(schema);
  if (Array.isArray(node["enum"])) {
    const values: unknown[] = node["enum"];
    return { kind: "choices", choices: values.map((value) => ({ label: label(value), value })) };
  }
  if ("const" in node) {
    return { kind: "choices", choices: [{ label: label(node["const"]), value: node["const"] }] };
  }
  if (node["type"] === "boolean") return { kind: "boolean" };
  const isPlain = Object.keys(node).every((key) =>
    ["type", "$schema", "title", "description", "default", "minLength", "maxLength"].includes(key),
  );
  return node["type"] === "string" && isPlain ? { kind: "text" } : { kind: "form" };
}

/** A call that waits until a person allows it. */
export interface Approval {
  /** What kind of call: `rpc`, `http` ... */
  operation: string;
  /** What it is directed at, in the words of its kind. */
  facts: { name: string; value: string }[];
  /** What goes along, as JSON; absent where nothing does. */
  arguments?: unknown;
  attachmentBytes: number | null;
}

/** Members that are said apart from the arguments. */
const FACTS: Record<string, readonly string[]> = {
  rpc: ["service", "method"],
  http: ["method", "url"],
  llm: ["model"],
  flow: ["flow"],
  kv: ["space"],
  artifact: ["name"],
  secret: ["name"],
};

/** Where the arguments of a call are: one member, or all that is left. */
const ARGUMENTS: Record<string, string> = {
  rpc: "params",
  flow: "input",
  http: "headers",
  kv: "action",
};

/** The call that a question is about, where the host asks before it performs one. */
export function approvalOf(
  ask: Pick<AskSummary, "question" | "details" | "schema">,
): Approval | null {
  const call = ask.details?.["call"];
  if (!isNode(call) || !ask.question.startsWith("May this run call `")) return null;
  if (!isNode(ask.schema) || ask.schema["type"] !== "boolean") return null;
  const operation = call["operation"];
  if (typeof operation !== "string") return null;
  const said = FACTS[operation] ?? [];
  const facts = said.map((name) => ({ name, value: label(call[name] ?? null) }));
  const member = ARGUMENTS[operation];
  const left = new Set(["operation", "grants", "budgets", ...said]);
  const rest = Object.fromEntries(Object.entries(call).filter(([name]) => !left.has(name)));
  const args = member === undefined ? rest : call[member];
  const bytes = ask.details?.["attachment_bytes"];
  return {
    operation,
    facts,
    ...(args === undefined ? {} : { arguments: args }),
    attachmentBytes: typeof bytes === "number" ? bytes : null,
  };
}

/** For whom a question is: the reader, anybody, or somebody else. */
export type Audience = "me" | "anybody" | "other";

export function audience(ask: Pick<AskSummary, "assignee">, me: string): Audience {
  if (ask.assignee === null || ask.assignee === undefined) return "anybody";
  return ask.assignee === me ? "me" : "other";
}

const TURN: Record<Audience, number> = { me: 0, anybody: 1, other: 2 };

/** Open questions in the order of their urgency: the reader's first, then those due soonest. */
export function inTurn(asks: readonly AskSummary[], me: string): AskSummary[] {
  const due = (ask: AskSummary): number => ask.due_at_us ?? Number.MAX_SAFE_INTEGER;
  return [...asks].sort(
    (a, b) =>
      TURN[audience(a, me)] - TURN[audience(b, me)] ||
      due(a) - due(b) ||
      a.created_at_us - b.created_at_us,
  );
}

/** Those among open questions that the reader may answer: theirs and anybody's. */
export function countForMe(asks: readonly AskSummary[], me: string): number {
  return asks.filter((ask) => audience(ask, me) !== "other").length;
}

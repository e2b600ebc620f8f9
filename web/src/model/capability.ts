// Capabilities: words with bounds, such as `rpc:mail.send(to=*@ours.example)?approve`, read for
// people. What is read here only explains; what a run may do is decided by the server alone.

import { CALL_KINDS, type CallKind } from "./call-kinds.ts";

export type CapabilityKind = Exclude<CallKind, "sleep">;

/** Kinds of calls that a word can be about, in the order in which lists show them. */
export const CAPABILITY_KINDS = CALL_KINDS.filter((kind) => kind !== "sleep");

/** A value of the call and what it has to be like. */
export interface Bound {
  name: string;
  /** Unescaped, except for `*`, which stands for any text. */
  alternatives: string[];
}

/** A word, in its parts. */
export interface Capability {
  kind: CapabilityKind;
  /** Empty for `ask`. */
  target: string;
  bounds: Bound[];
  /** Whether a person has to allow each call. */
  needsApproval: boolean;
}

export type ReadCapability =
  { capability: Capability; problem: null } | { capability: null; problem: string };

/** As the server counts: of the word in UTF-8. */
const MOST_BYTES = 512;

/** What can be bound, where that is a closed list. */
const BOUND_NAMES: Partial<Record<CapabilityKind, readonly string[]>> = {
  http: ["method"],
  ask: ["assignee"],
  kv: ["operation", "key"],
  artifact: ["operation"],
  llm: [],
  secret: [],
};

/** What the kinds are, for headings. */
export const KIND_TITLES: Record<CapabilityKind, string> = {
  rpc: "Services",
  http: "HTTP",
  llm: "Models",
  flow: "Flows",
  ask: "Questions to people",
  kv: "Keys and values",
  secret: "Secrets",
  artifact: "Artifacts",
};

function isKind(text: string): text is CapabilityKind {
  return (CAPABILITY_KINDS as readonly string[]).includes(text);
}

function unescape(text: string): string | null {
  if (!/^(?:[^%]|%[0-9a-fA-F]{2})*$/.test(text)) return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function readBound(kind: CapabilityKind, text: string): Bound | string {
  const at = text.indexOf("=");
  if (at < 0) return "A bound is written as name=value.";
  const name = text.slice(0, at);
  if (!/^[A-Za-z0-9._-]+$/.test(name)) {
    return "The name of a bound has letters, digits and . _ -";
  }
  const names = BOUND_NAMES[kind];
  if (names && !names.includes(name)) {
    return names.length === 0
      ? `Calls of ${kind} have nothing that can be bound.`
      : `A bound of ${kind} is on ${names.join(" or ")}.`;
  }
  const alternatives: string[] = [];
  for (const part of text.slice(at + 1).split("|")) {
    if (part === "") return "A bound has an empty value.";
    if (/[(),?=]/.test(part)) return "In a bound, ( ) , ? and = are written as % and two digits.";
    const value = unescape(part);
    if (value === null) return "After % stand two hexadecimal digits.";
    alternatives.push(value);
  }
  return { name, alternatives };
}

const PLACE =
  /^(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[1-9][0-9]{0,4})?(?:\/[!$%&'+./0-9:;=@A-Z[\]^_`a-z{}~-]*\*?)?$/;

function targetProblem(kind: CapabilityKind, target: string | null): string | null {
  if (kind === "ask") return target === null ? null : "ask takes no target.";
  if (target === null || target === "") {
    return "It names no target: write it as in rpc:calendar.event_list.";
  }
  if (kind === "http") {
    return PLACE.test(target)
      ? null
      : "Write the host in small letters, as in api.example.com/v1/*.";
  }
  if (!/^[A-Za-z0-9._/*-]+$/.test(target)) {
    return "Its target has a character other than letters, digits and . _ - /";
  }
  return target.slice(0, -1).includes("*") ? "* may only stand at the end of the target." : null;
}

/** Reads a word. What is not one comes with what is wrong, in a sentence. */
export function readCapability(word: string): ReadCapability {
  const wrong = (problem: string): ReadCapability => ({ capability: null, problem });
  if (new TextEncoder().encode(word).length > MOST_BYTES) {
    return wrong("It is longer than 512 bytes.");
  }
  const mark = word.lastIndexOf("?");
  if (mark >= 0 && word.slice(mark) !== "?approve") return wrong("After ? stands approve.");
  const needsApproval = mark >= 0;
  let rest = needsApproval ? word.slice(0, mark) : word;
  const bounds: Bound[] = [];
  const open = rest.indexOf("(");
  const within = open < 0 ? null : rest.slice(open + 1);
  rest = open < 0 ? rest : rest.slice(0, open);
  const colon = rest.indexOf(":");
  const kind = colon < 0 ? rest : rest.slice(0, colon);
  if (!isKind(kind)) return wrong(`It begins with none of ${CAPABILITY_KINDS.join(", ")}.`);
  if (needsApproval && kind === "ask") return wrong("ask asks a person as it is.");
  const target = colon < 0 ? null : rest.slice(colon + 1);
  const problem = targetProblem(kind, target);
  if (problem !== null) return wrong(problem);
  if (within !== null) {
    if (!within.endsWith(")")) return wrong("A ( is closed by a ) after the bounds.");
    if (within === ")") return wrong("There is no bound between ( and ).");
    for (const part of within.slice(0, -1).split(",")) {
      const bound = readBound(kind, part);
      if (typeof bound === "string") return wrong(bound);
      bounds.push(bound);
    }
  }
  return { capability: { kind, target: target ?? "", bounds, needsApproval }, problem: null };
}

/** Words as they stand in a text field: between spaces, commas outside of bounds, or line ends. */
export function splitWords(text: string): string[] {
  return (text.match(/(?:\([^)]*\)?|[^\s,(])+/g) ?? []).filter((word) => word !== "");
}

/** Words under their kinds, each in order; what is no word stands under `null`. */
export function byKind(
  words: readonly string[],
): { kind: CapabilityKind | null; words: string[] }[] {
  const groups = new Map<CapabilityKind | null, string[]>();
  for (const word of words) {
    const kind = readCapability(word).capability?.kind ?? null;
    const group = groups.get(kind);
    if (group) group.push(word);
    else groups.set(kind, [word]);
  }
  return [...CAPABILITY_KINDS, null].flatMap((kind) => {
    const group = groups.get(kind);
    return group ? [{ kind, words: group.sort() }] : [];
  });
}

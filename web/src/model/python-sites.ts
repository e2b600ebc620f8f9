// The places of a flow's source that open spans: its steps, and its calls of each kind. They are read
// from the text, as a person would: what is computed elsewhere is not found, and nothing is invented.
import type { CallKind } from "./call-kinds.ts";
import { couldBe, SourceText } from "./source-text.ts";

/** One such place. */
export interface Site {
  /** From 1. */
  readonly line: number;
  /** The last line of what it holds; the line itself for a call. */
  readonly endLine: number;
  readonly kind: "step" | CallKind;
  /** Whether a span of that name could be from here. */
  readonly isNamed: (name: string) => boolean;
  /** For a call with several operations: which one it is. */
  readonly operation: string | null;
}

const anything = () => true;

/** All of them, by line. */
export function sitesOf(source: string): Site[] {
  const text = new SourceText(source);
  const sites = [...steps(text), ...calls(text), ...services(text), ...spaces(text)];
  return sites.sort((one, other) => one.line - other.line);
}

function* matches(
  text: SourceText,
  pattern: RegExp,
): Generator<{ line: number; found: RegExpExecArray; end: number }> {
  for (const found of text.code.matchAll(pattern)) {
    yield { line: text.lineAt(found.index), found, end: found.index + found[0].length };
  }
}

/** The name that is given first in brackets that open before a place. */
function nameAt(text: SourceText, place: number): readonly string[] | null {
  const keyword = /^\s*name\s*=/.exec(text.code.slice(place, place + 80));
  return text.literalAt(place + (keyword?.[0].length ?? 0))?.parts ?? null;
}

function named(parts: readonly string[] | null, before = ""): (name: string) => boolean {
  if (!parts) return before ? (name) => name.startsWith(before) : anything;
  const [first = "", ...rest] = parts;
  const whole = [before + first, ...rest];
  return (name) => couldBe(whole, name);
}

/** `with flow.step("x")`, `@flow.step`, `@tool` and agents. */
function* steps(text: SourceText): Generator<Site> {
  const made = /(@?)[ \t]*\b(?:flow\s*\.\s*)?step\b[ \t]*(\(?)/g;
  for (const { line, found, end } of matches(text, made)) {
    const [, at, bracket] = found;
    const isMethod = /\bflow\s*\.\s*step\b/.test(found[0]);
    if (!at && (!bracket || !isMethod)) continue;
    const parts = bracket ? nameAt(text, end) : null;
    if (!at) {
      yield { ...site(line, "step", named(parts)), endLine: text.blockEnd(line) };
      continue;
    }
    const decorated = functionAfter(text, end);
    if (!decorated) continue;
    const isNamed = named(parts ?? [decorated.name]);
    yield { ...site(decorated.line, "step", isNamed), endLine: text.blockEnd(decorated.line) };
  }
  for (const { end } of matches(text, /@[ \t]*tool\b/g)) {
    const decorated = functionAfter(text, end);
    if (!decorated) continue;
    const isNamed = named([`tool:${decorated.name}`]);
    yield { ...site(decorated.line, "step", isNamed), endLine: text.blockEnd(decorated.line) };
  }
  for (const { line, end } of matches(text, /(?<![.\w])agent[ \t]*\(/g)) {
    yield site(line, "step", named(nameAt(text, end), "agent:"));
    yield site(line, "llm", anything);
  }
}

function functionAfter(text: SourceText, place: number): { name: string; line: number } | null {
  const next = /^[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)/m;
  const found = next.exec(text.code.slice(place, place + 4_000));
  if (!found?.[1]) return null;
  const at = place + found.index + found[0].length;
  return { name: found[1], line: text.lineAt(at) };
}

/** What is asked of `flow` itself, and what does the same under another name. */
function* calls(text: SourceText): Generator<Site> {
  for (const { line } of matches(text, /\b(?:flow|asyncio|time)\s*\.\s*sleep(?:_until)?\b/g)) {
    yield site(line, "sleep", anything);
  }
  for (const { line } of matches(text, /\bflow\s*\.\s*ask\b/g)) yield site(line, "ask", anything);
  for (const { line } of matches(text, /\bflow\s*\.\s*llm\b/g)) yield site(line, "llm", anything);
  const flows = flowNames(text);
  const started = /\bflow\s*\.\s*(?:invoke|map)(?:\s*\.\s*start)?\s*\(\s*(\w*)/g;
  for (const { line, found, end } of matches(text, started)) {
    const function_ = found[1] ?? "";
    const parts = function_ ? [flows.get(function_) ?? function_] : nameAt(text, end);
    yield site(line, "flow", named(parts, "flow:"));
  }
  const kept = /\bflow\s*\.\s*(secret|artifact)(?:\s*\.\s*(read))?(?:\s*\.\s*start)?\s*\(/g;
  for (const { line, found, end } of matches(text, kept)) {
    const kind = found[1] === "secret" ? "secret" : "artifact";
    const operation = kind === "secret" ? null : (found[2] ?? "write");
    yield { ...site(line, kind, named(nameAt(text, end), `${kind}:`)), operation };
  }
}

/** The names of flows by their functions. */
function flowNames(text: SourceText): Map<string, string> {
  const names = new Map<string, string>();
  for (const { found, end } of matches(text, /@[ \t]*flow[ \t]*(\(?)(?!\s*\.)/g)) {
    const decorated = functionAfter(text, end);
    const parts = found[1] ? nameAt(text, end) : null;
    const called = parts?.length === 1 ? parts[0] : undefined;
    if (decorated) names.set(decorated.name, called ?? decorated.name.replaceAll("_", "-"));
  }
  return names;
}

/** Methods of services, and requests over HTTP. */
function* services(text: SourceText): Generator<Site> {
  const imported = new Set<string>();
  for (const { found } of matches(text, /\bfrom\s+hero_rpc\s+import\s+\(?([\w\s,]+)/g)) {
    for (const word of (found[1] ?? "").split(","))
      imported.add(word.trim().split(/\s+/).at(-1) ?? "");
  }
  for (const { line, found } of matches(
    text,
    /(?<![.\w])(\w+)\s*\.\s*(\w+)(?:\s*\.\s*start)?\s*\(/g,
  )) {
    const [, service = "", method = ""] = found;
    if (imported.has(service)) yield site(line, "rpc", named([`rpc:${service}.${method}`]));
  }
  const asked =
    /(?<![.\w])(?:http|requests)\s*\.\s*(get|head|options|delete|post|put|patch|request)\b/g;
  for (const { line, found } of matches(text, asked)) {
    const method = found[1] === "request" ? null : (found[1] ?? "").toUpperCase();
    yield { ...site(line, "http", anything), operation: method };
  }
  for (const { line } of matches(text, /\burlopen\s*\(/g)) yield site(line, "http", anything);
}

/** What is done in spaces of the key-value store, by the variables that hold them. */
function* spaces(text: SourceText): Generator<Site> {
  const holders = new Map<string, readonly string[] | null>();
  for (const { found, end } of matches(text, /(\w+)\s*(?::[^=\n]*)?=\s*flow\s*\.\s*kv\s*\(/g)) {
    holders.set(found[1] ?? "", nameAt(text, end));
  }
  for (const { found } of matches(text, /(\w+)\s*:\s*flow\s*\.\s*kv\b(?!\s*\()/g)) {
    if (!holders.has(found[1] ?? "")) holders.set(found[1] ?? "", null);
  }
  const done =
    /(?<![.\w])(\w+)\s*\.\s*(get|set|delete|list|compare_and_set)(?:\s*\.\s*start)?\s*\(/g;
  for (const { line, found } of matches(text, done)) {
    const [, holder = "", operation = ""] = found;
    const space = holders.get(holder);
    if (space === undefined) continue;
    yield { ...site(line, "kv", named(space, "kv:")), operation };
  }
  for (const { line, end } of matches(text, /\bflow\s*\.\s*kv\s*\(/g)) {
    const operation = /^[^)\n]*\)\s*\.\s*(get|set|delete|list|compare_and_set)\b/.exec(
      text.code.slice(end, end + 300),
    );
    if (!operation?.[1]) continue;
    yield { ...site(line, "kv", named(nameAt(text, end), "kv:")), operation: operation[1] };
  }
}

function site(line: number, kind: Site["kind"], isNamed: Site["isNamed"]): Site {
  return { line, endLine: line, kind, isNamed, operation: null };
}

// The query of the list of runs: `state:failed flow:report since:1h -code:cancelled`. Words with a
// field narrow the list, all of them at once; commas within a field are "or"; a minus before it is
// "not"; words without a field stand in the flow's name or the run's id. What the server can select
// goes to it, and the rest is looked at here.
import { parseDuration } from "../base/time.ts";
import type { OutcomeWord, RunState, RunSummary } from "../api/words.ts";

/** One word of the query, as it was written. */
export interface Term {
  field: Field | null;
  values: readonly string[];
  not: boolean;
  text: string;
  /** What is wrong with it; such a term selects nothing away. */
  problem: string | null;
}

export type Field =
  "state" | "flow" | "code" | "since" | "until" | "took" | "cpu" | "parent" | "root" | "is";

const FIELDS: Record<Field, string> = {
  state: "queued, running, waiting, ended, succeeded, failed, cancelled or timed_out",
  flow: "the name of a flow; an asterisk stands for anything",
  code: "the code of a failure, as in code:limit_memory",
  since: "how long ago at most, as in since:1h, or a day, as in since:2026-11-21",
  until: "how long ago at least, or a day",
  took: "how long it took, as in took:>5s or took:<100ms",
  cpu: "the CPU time that it took, as in cpu:>1s",
  parent: "the run that started it itself",
  root: "the run at the top",
  is: "child, fork, imported or retried",
};

const STATES = ["queued", "running", "waiting", "ended"];
const OUTCOMES = ["succeeded", "failed", "cancelled", "timed_out"];
const KINDS = ["child", "fork", "imported", "retried"];

/** The fields with what they take, for help. */
export function fieldsWithHelp(): [Field, string][] {
  return Object.entries(FIELDS) as [Field, string][];
}

function isField(name: string): name is Field {
  return Object.hasOwn(FIELDS, name);
}

/** The words of a query. Nothing in it is ever refused: what is wrong stands in its term. */
export function parseQuery(text: string): Term[] {
  const words = text.match(/-?\w+:"[^"]*"?|"[^"]*"?|\S+/g) ?? [];
  return words.map(parseTerm);
}

function parseTerm(text: string): Term {
  const match = /^(-?)(\w+):(.*)$/s.exec(text);
  const name = match?.[2] ?? "";
  if (!match || name === "run_") return plainTerm(text);
  if (!isField(name)) {
    const names = Object.keys(FIELDS).join(", ");
    return { ...plainTerm(text), problem: `There is no field “${name}”. Fields are ${names}.` };
  }
  const values = unquoted(match[3] ?? "")
    .split(",")
    .filter(Boolean);
  const problem =
    values.length === 0 || values.some((value) => !fits(name, value))
      ? `${name}: takes ${FIELDS[name]}.`
      : null;
  return { field: name, values, not: match[1] === "-", text, problem };
}

function plainTerm(text: string): Term {
  const not = text.startsWith("-") && text.length > 1;
  const value = unquoted(not ? text.slice(1) : text).toLowerCase();
  return { field: null, values: [value], not, text, problem: null };
}

function unquoted(text: string): string {
  return text.replace(/^"|"$/g, "");
}

function fits(field: Field, value: string): boolean {
  if (field === "state") return STATES.includes(value) || OUTCOMES.includes(value);
  if (field === "is") return KINDS.includes(value);
  if (field === "took" || field === "cpu") return comparison(value) !== null;
  if (field === "since" || field === "until") return momentUs(value, 0) !== null;
  return true;
}

function comparison(value: string): { sign: 1 | -1; us: number } | null {
  const match = /^([<>])=?(.+)$/.exec(value);
  const ms = parseDuration(match ? (match[2] ?? "") : value);
  return ms === null ? null : { sign: match?.[1] === "<" ? -1 : 1, us: ms * 1_000 };
}

function momentUs(value: string, nowUs: number): number | null {
  const ms = parseDuration(value);
  if (ms !== null) return nowUs - ms * 1_000;
  if (value === "today") return new Date(nowUs / 1_000).setHours(0, 0, 0, 0) * 1_000;
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?)?$/.test(value)) return null;
  // A day begins where the reader is.
  const time = new Date(value.includes("T") ? value : `${value}T00:00:00`).getTime();
  return Number.isNaN(time) ? null : time * 1_000;
}

/** What of the query the server selects by itself. */
export interface ServerQuery {
  state?: RunState;
  outcome?: OutcomeWord;
  flow?: string;
  parent?: string;
  root?: string;
}

/** The part of a query that goes to the server: fields with one value, without a minus. */
export function serverQuery(terms: readonly Term[]): ServerQuery {
  const query: ServerQuery = {};
  for (const { field, values, not, problem } of terms) {
    const [value] = values;
    if (value === undefined || values.length !== 1 || not || problem !== null) continue;
    if (field === "state" && STATES.includes(value)) query.state ??= value as RunState;
    else if (field === "state") query.outcome ??= value as OutcomeWord;
    else if (field === "flow" && !value.includes("*")) query.flow ??= value;
    else if (field === "parent" || field === "root") query[field] ??= value;
  }
  return query;
}

/** Whether the query selects more narrowly than the server does. */
export function looksHere(terms: readonly Term[]): boolean {
  const taken = Object.keys(serverQuery(terms)).length;
  return terms.filter((term) => term.problem === null).length > taken;
}

/** Before this moment no run can fit, so a list that is the newest first may end there. */
export function earliestUs(terms: readonly Term[], nowUs: number): number | null {
  let earliest: number | null = null;
  for (const { field, values, not, problem } of terms) {
    if (field !== "since" || not || problem !== null) continue;
    const moments = values.map((value) => momentUs(value, nowUs) ?? 0);
    earliest = Math.max(earliest ?? 0, Math.min(...moments));
  }
  return earliest;
}

/** Whether a run fits the query, all of it. */
export function matchesRun(terms: readonly Term[], run: RunSummary, nowUs: number): boolean {
  return terms.every((term) => {
    if (term.problem !== null) return true;
    return term.values.some((value) => matchesValue(term.field, value, run, nowUs)) !== term.not;
  });
}

function matchesValue(field: Field | null, value: string, run: RunSummary, nowUs: number): boolean {
  switch (field) {
    case null:
      return run.flow.toLowerCase().includes(value) || run.run.includes(value);
    case "state":
      return run.state === value || (run.state === "ended" && run.outcome === value);
    case "flow":
      return fitsPattern(value, run.flow);
    case "code":
      return fitsPattern(value, run.code ?? "");
    case "since":
      return run.created_at_us >= (momentUs(value, nowUs) ?? 0);
    case "until":
      return run.created_at_us < (momentUs(value, nowUs) ?? nowUs);
    case "took":
      return compares(value, tookUs(run, nowUs));
    case "cpu":
      return compares(value, run.cpu_time_us);
    case "parent":
      return run.parent === value;
    case "root":
      return run.root === value && run.run !== value;
    case "is":
      return isKind(value, run);
  }
}

function isKind(value: string, run: RunSummary): boolean {
  if (value === "child") return run.parent != null;
  if (value === "fork") return run.forked_from != null;
  if (value === "imported") return run.is_imported ?? false;
  return run.attempts > 1;
}

function compares(value: string, us: number): boolean {
  const wanted = comparison(value);
  return wanted !== null && (us - wanted.us) * wanted.sign >= 0;
}

/** How long a run took from its request to its end, or to now: as the command line has it. */
export function tookUs(run: RunSummary, nowUs: number): number {
  return Math.max(0, (run.ended_at_us ?? nowUs) - run.created_at_us);
}

/** Whether a text fits a pattern with asterisks: its parts stand in it, in their order. */
function fitsPattern(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** The query with a term, or without it where it is there: what a chip does. */
export function toggleTerm(text: string, term: string): string {
  const field = /^-?\w+:/.exec(term)?.[0];
  const words = parseQuery(text).map((one) => one.text);
  const others = words.filter((word) => (field ? !word.startsWith(field) : word !== term));
  return (words.includes(term) ? others : [...others, term]).join(" ");
}

/** Whether the term stands in the query as it is. */
export function hasTerm(text: string, term: string): boolean {
  return parseQuery(text).some((one) => one.text === term);
}

/** A term for a value, in quotes where it needs them. */
export function termOf(field: Field, value: string): string {
  return /[\s"]/.test(value) ? `${field}:"${value.replaceAll('"', "")}"` : `${field}:${value}`;
}

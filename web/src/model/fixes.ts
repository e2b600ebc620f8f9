// What can be done about a problem of a source or the failure of a run, as changes of the source.
// A fix is a proposal: whoever offers it has it checked first. All places are offsets in the source.
import type { Failure, SourceProblem } from "../api/words.ts";
import { addFlow, addImport, addUse, type Edit } from "./fix-places.ts";
import { isObject } from "./json.ts";
import { likeness } from "./nearest.ts";
import { masked, offsetAt } from "./python-text.ts";

export interface Fix {
  title: string;
  edits: readonly Edit[];
}

/** Whether a value that was kept somewhere is a fix. */
export function isFix(value: unknown): value is Fix {
  if (!isObject(value) || typeof value["title"] !== "string") return false;
  const { edits } = value;
  return (
    Array.isArray(edits) &&
    edits.every((edit) => {
      return (
        isObject(edit) &&
        typeof edit["start"] === "number" &&
        typeof edit["end"] === "number" &&
        typeof edit["text"] === "string"
      );
    })
  );
}

/** The part of a failure that fixes read; a failure of the server's has more. */
export type FailureLike = Pick<Failure, "code" | "message"> &
  Partial<Pick<Failure, "hint" | "frames" | "details" | "cause" | "group">>;

/** The source with edits made, which do not overlap; those of one place come in their order. */
export function applied(source: string, edits: readonly Edit[]): string {
  const sorted = [...edits]
    .reverse()
    .sort((left, right) => right.start - left.start || right.end - left.end);
  let text = source;
  for (const edit of sorted) text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  return text;
}

/** The fixes of a problem that a check told. */
export function fixesOfProblem(source: string, problem: SourceProblem): Fix[] {
  const { line, column } = problem;
  const start = line ? offsetAt(source, line, column ?? 1) : 0;
  const end = line ? endOf(source, problem) : source.length;
  if (problem.code === "failure_not_raised") {
    return [{ title: "Raise it", edits: [{ start, end: start, text: "raise " }] }];
  }
  if (problem.code === "flow_missing") {
    const edits = addFlow(source);
    return edits ? [{ title: "Put @flow above the function", edits }] : [];
  }
  return fixesOfText(source, problem.message, problem.hint ?? null, start, end);
}

/** The fixes of a run's failure; `flow` is the function or the name of the flow that was run. */
export function fixesOfFailure(source: string, failure: FailureLike, flow: string): Fix[] {
  const word = failure.details?.["capability"];
  if (failure.code === "capability_denied" && typeof word === "string") {
    // A flow that asks for it already lacks the tenant's or the token's grant: no change helps.
    const fix = useFix(source, flow, word);
    return fix ? [fix] : [];
  }
  const own = (failure.frames ?? []).filter((frame) => frame.own && frame.line);
  const frame = own.at(-1);
  const start = frame?.line ? offsetAt(source, frame.line, frame.column ?? 1) : 0;
  const end = frame?.line ? endOf(source, frame) : source.length;
  const fixes = frame
    ? fixesOfText(source, failure.message, failure.hint ?? null, start, end)
    : failure.code === "flow_missing"
      ? fixesOfProblem(source, { severity: "error", code: failure.code, message: failure.message })
      : [];
  if (fixes.length) return fixes;
  const deeper = [...(failure.cause ? [failure.cause] : []), ...(failure.group ?? [])];
  return deeper.flatMap((one) => fixesOfFailure(source, one, flow)).slice(0, 3);
}

/** The fix that lets a flow ask for a capability; null where it asks for it or is not there. */
export function useFix(source: string, flow: string, word: string): Fix | null {
  const edits = addUse(source, flow, word);
  return edits ? { title: `Add "${word}" to the flow's uses`, edits } : null;
}

interface Range {
  line?: number | null;
  column?: number | null;
  end_line?: number | null;
  end_column?: number | null;
}

function endOf(source: string, range: Range): number {
  const line = range.end_line ?? range.line ?? 1;
  if (range.end_column) return offsetAt(source, line, range.end_column);
  return offsetAt(source, line, Number.MAX_SAFE_INTEGER);
}

const MEANT = /Did you mean:?\s+['"`]([^'"`]{1,200})['"`]\?/;
const ADD = /\bAdd `((?:from [\w.]+ )?import [\w.]+)`/;
const FORGOT = /Did you forget to import '([\w.]+)'/;
const QUOTED = /'([^']{1,200})'|"([^"]{1,200})"|`([^`]{1,200})`/g;

function fixesOfText(
  source: string,
  message: string,
  hint: string | null,
  start: number,
  end: number,
): Fix[] {
  const said = `${message}\n${hint ?? ""}`;
  const fixes: Fix[] = [];
  const line = ADD.exec(said)?.[1] ?? moduleLine(FORGOT.exec(said)?.[1]);
  const meant = MEANT.exec(said)?.[1];
  if (meant !== undefined) {
    const edit = replacement(source, start, end, meant, quotedIn(said));
    const more = line ? addImport(source, line) : [];
    if (edit) {
      fixes.push({
        title: `Write ${meant} in place of ${source.slice(edit.start, edit.end)}`,
        edits: [edit, ...more],
      });
      return fixes;
    }
  }
  if (line !== undefined) {
    const edits = addImport(source, line);
    if (edits.length) fixes.push({ title: `Add ${line}`, edits });
  }
  return fixes;
}

function moduleLine(module: string | undefined): string | undefined {
  return module === undefined ? undefined : `import ${module}`;
}

function quotedIn(text: string): string[] {
  return [...text.matchAll(QUOTED)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/** The place in a range of the name that was meant otherwise: what the message quotes, else the most alike. */
function replacement(
  source: string,
  start: number,
  end: number,
  meant: string,
  quoted: readonly string[],
): Edit | null {
  const mask = masked(source);
  const inRange = source.slice(start, end);
  for (const wrong of quoted) {
    if (wrong === meant || !wrong) continue;
    const at = placeOf(inRange, wrong);
    if (at >= 0) return { start: start + at, end: start + at + wrong.length, text: meant };
  }
  let best: Edit | null = null;
  let score = 0.6;
  for (const match of mask.slice(start, end).matchAll(/[\p{L}_][\p{L}\p{N}_]*/gu)) {
    const found = likeness(match[0], meant);
    if (match[0] === meant || found <= score) continue;
    score = found;
    const at = start + match.index;
    best = { start: at, end: at + match[0].length, text: meant };
  }
  return best;
}

/** Where a word stands in a text as a whole word. */
function placeOf(text: string, word: string): number {
  const isName = /^[\p{L}\p{N}_]+$/u.test(word);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? " ";
    const after = text[at + word.length] ?? " ";
    if (!isName || !/[\p{L}\p{N}_]/u.test(before + after)) return at;
  }
  return -1;
}

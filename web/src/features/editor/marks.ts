// What is underlined in the source: what the server's check tells, names that are not there, and where
// the last run failed, each with what can be done about it.
import type { Failure, Validated } from "../../api/words.ts";
import { fixesOfFailure, fixesOfProblem } from "../../model/fixes.ts";
import { nearest } from "../../model/nearest.ts";
import { offsetAt } from "../../model/python-text.ts";
import type { SourceNames } from "../../model/symbols.ts";
import type { Mark } from "./surface.ts";

interface Range {
  line?: number | null;
  column?: number | null;
  end_line?: number | null;
  end_column?: number | null;
}

function placeOf(source: string, range: Range): { start: number; end: number } {
  const line = range.line ?? 1;
  const lineEnd = offsetAt(source, range.end_line ?? line, Number.MAX_SAFE_INTEGER);
  const first = offsetAt(source, line, range.column ?? 1);
  const indent = range.column ? 0 : (/^[ \t]*/.exec(source.slice(first))?.[0].length ?? 0);
  const end = range.end_column
    ? offsetAt(source, range.end_line ?? line, range.end_column)
    : lineEnd;
  return { start: first + indent, end: Math.max(end, first + indent) };
}

function sentence(message: string, hint: string | null | undefined): string {
  return hint ? `${message}\n${hint}` : message;
}

/** The marks of a check, for the source that was checked. */
export function marksOfCheck(source: string, checked: Validated): Mark[] {
  const marks: Mark[] = (checked.description?.problems ?? []).map((problem) => ({
    severity: problem.severity,
    message: sentence(problem.message, problem.hint),
    code: problem.code,
    ...placeOf(source, problem),
    fixes: fixesOfProblem(source, problem),
  }));
  const { failure } = checked;
  if (failure && !marks.some((mark) => mark.code === failure.code)) {
    marks.push(markOfFailure(source, failure, ""));
  }
  for (const word of checked.missing_grants) {
    const at = source.search(new RegExp(`["']${word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}["']`));
    if (at < 0) continue;
    marks.push({
      severity: "info",
      message: `The tenant does not have the grant ${word}: calls that need it will be refused.`,
      code: "capability_denied",
      start: at,
      end: at + word.length + 2,
      fixes: [],
    });
  }
  return marks;
}

/** The mark of a failure, at the innermost line of the flow's own code. */
export function markOfFailure(source: string, failure: Failure, flow: string): Mark {
  const frame = failure.frames.filter((one) => one.own && one.line).at(-1);
  return {
    severity: "error",
    message: sentence(
      failure.exception ? `${failure.exception}: ${failure.message}` : failure.message,
      failure.hint,
    ),
    code: failure.code,
    ...placeOf(source, frame ?? {}),
    fixes: fixesOfFailure(source, failure, flow),
  };
}

/** The marks of names that something known does not have. */
export function marksOfNames(names: SourceNames): Mark[] {
  return names.unknown().map((one) => {
    const close = nearest(one.name, one.known);
    return {
      severity: "warning",
      message: `\`${one.owner}\` has no \`${one.name}\`.${close ? ` Did you mean \`${close}\`?` : ""}`,
      code: null,
      start: one.start,
      end: one.end,
      fixes: close
        ? [
            {
              title: `Write ${close} in place of ${one.name}`,
              edits: [{ start: one.start, end: one.end, text: close }],
            },
          ]
        : [],
    };
  });
}

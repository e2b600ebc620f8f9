// Where in a source something new belongs: a word in a flow's `uses`, an import, the decorator of a
// first flow. Each answers with edits that keep the form that is there, and none where nothing is to do.
import { closing, masked } from "./python-text.ts";

/** A change of the source: what stands from `start` to `end` becomes `text`. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

/** A flow as it stands in the source: its decorator, and the brackets of it. */
interface Decorated {
  name: string;
  function: string;
  /** After `@flow`. */
  at: number;
  /** The brackets of `@flow(...)`; -1 without. */
  open: number;
  close: number;
}

const DECORATOR = /^([ \t]*)@((?:\w+\.)?flow)\b(?![.\w])/gm;

/** The flows of a source by their decorators, in its order. */
export function flowsIn(source: string): Decorated[] {
  const mask = masked(source);
  const found: Decorated[] = [];
  for (const match of mask.matchAll(DECORATOR)) {
    const at = match.index + match[0].length;
    const open = mask[at] === "(" ? at : -1;
    const close = open < 0 ? -1 : closing(mask, open);
    if (open >= 0 && close < 0) continue;
    const rest = mask.slice(open < 0 ? at : close + 1);
    const name = /^[^\n]*\n(?:[ \t]*(?:@[^\n]*)?\n)*[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)/.exec(
      rest,
    );
    if (!name?.[1]) continue;
    const given =
      open < 0 ? null : /\bname\s*=\s*["']([^"'\n]+)["']/.exec(source.slice(open, close));
    const called = given?.[1] ?? name[1].replace(/^_+|_+$/g, "").replaceAll("_", "-");
    found.push({ name: called, function: name[1], at, open, close });
  }
  return found;
}

/** Puts a word into a flow's `uses`; null where it is there, or there is no such flow. */
export function addUse(source: string, flow: string, word: string): Edit[] | null {
  const flows = flowsIn(source);
  const one =
    flows.find((each) => each.name === flow || each.function === flow) ??
    (flows.length === 1 ? flows[0] : undefined);
  if (one === undefined) return null;
  const quoted = JSON.stringify(word);
  if (one.open < 0) return [{ start: one.at, end: one.at, text: `(uses=[${quoted}])` }];
  const mask = masked(source);
  const uses = /\buses\s*=\s*([[(])/.exec(mask.slice(one.open, one.close));
  if (uses === null) {
    if (/\buses\s*=/.test(mask.slice(one.open, one.close))) return null;
    return [insertLast(mask, one.open, one.close, `uses=[${quoted}]`)];
  }
  const open = one.open + uses.index + uses[0].length - 1;
  const close = closing(mask, open);
  if (close < 0) return null;
  const inside = source.slice(open, close);
  if (inside.includes(quoted) || inside.includes(`'${word}'`)) return null;
  return [insertLast(mask, open, close, quoted)];
}

/** One more item before a closing bracket, in the form of the list: in one line or a line each. */
function insertLast(mask: string, open: number, close: number, item: string): Edit {
  let end = close;
  while (end > open + 1 && /\s/.test(mask[end - 1] ?? "")) end -= 1;
  const isEmpty = end === open + 1;
  const hasComma = mask[end - 1] === ",";
  const between = mask.slice(end, close);
  if (!isEmpty && between.includes("\n")) {
    const lineStart = mask.lastIndexOf("\n", end - 1) + 1;
    const indent = /^[ \t]*/.exec(mask.slice(lineStart))?.[0] ?? "";
    return { start: end, end, text: `${hasComma ? "" : ","}\n${indent}${item},` };
  }
  const text = isEmpty ? item : hasComma ? ` ${item}` : `, ${item}`;
  return { start: end, end, text };
}

/** An import below those that are there; none where the source has it. */
export function addImport(source: string, line: string): Edit[] {
  const mask = masked(source);
  const parts = /^from ([\w.]+) import (\w+)$/.exec(line);
  const module = parts?.[1];
  const name = parts?.[2];
  if (module !== undefined && name !== undefined) {
    const there = new RegExp(
      `^from[ \\t]+${module.replaceAll(".", "\\.")}[ \\t]+import[ \\t]+`,
      "m",
    );
    const match = there.exec(mask);
    if (match !== null) return addName(mask, match.index + match[0].length, name);
  }
  if (new RegExp(`^${line}[ \\t]*$`, "m").test(mask)) return [];
  const at = afterImports(mask);
  return [{ start: at, end: at, text: `${line}\n` }];
}

function addName(mask: string, at: number, name: string): Edit[] {
  const isBracketed = mask[at] === "(";
  const close = isBracketed ? closing(mask, at) : mask.indexOf("\n", at);
  const end = close < 0 ? mask.length : close;
  const names = mask.slice(isBracketed ? at + 1 : at, end).split(",");
  if (names.some((one) => one.trim() === name)) return [];
  return [insertLast(mask, isBracketed ? at : at - 1, end, name)];
}

/** After the last import at the beginning; else after the docstring, comments and `__future__`. */
function afterImports(mask: string): number {
  let at = 0;
  let after = 0;
  while (at < mask.length) {
    const newline = mask.indexOf("\n", at);
    const end = newline < 0 ? mask.length : newline;
    const line = mask.slice(at, end);
    if (/^(?:import|from)[ \t]/.test(line)) {
      const bracket = mask.indexOf("(", at);
      const close = bracket >= 0 && bracket < end ? closing(mask, bracket) : -1;
      const last = close > end ? mask.indexOf("\n", close) : end;
      after = (last < 0 ? mask.length : last) + 1;
      at = after;
      continue;
    }
    if (/^["]/.test(line)) {
      // A docstring: on to the line in which it ends.
      const size = mask.startsWith('"', at) ? closingQuote(mask, at) : at;
      const last = mask.indexOf("\n", size);
      after = Math.max(after, (last < 0 ? mask.length : last) + 1);
      at = after;
      continue;
    }
    if (line.trim() !== "") break;
    at = end + 1;
  }
  return Math.min(after, mask.length);
}

/** The text at a place was blanked between its first and its last quote. */
function closingQuote(mask: string, at: number): number {
  const end = mask.indexOf('"', at + 1);
  return end < 0 ? at : end;
}

/** Puts `@flow` above the first function of a source without flows; null where there is none. */
export function addFlow(source: string): Edit[] | null {
  const match = /^(?:@[^\n]*\n)*(?:async[ \t]+)?def[ \t]+\w+/m.exec(masked(source));
  if (match === null) return null;
  const decorator = { start: match.index, end: match.index, text: "@flow\n" };
  return [...addImport(source, "from sluice import flow"), decorator];
}

// Reads Python as far as an editor needs: where texts and comments are, which brackets belong
// together, and where a call stands. It never fails; of source that is not whole it reads what is there.

const OPEN = "([{";
const CLOSE = ")]}";

/** The source with the inside of texts and all comments blanked: same length, same line ends. */
export function masked(source: string): string {
  const out: string[] = [];
  let at = 0;
  while (at < source.length) {
    const character = source[at] ?? "";
    if (character === "#") {
      const end = endOfLine(source, at);
      out.push(" ".repeat(end - at));
      at = end;
    } else if (character === '"' || character === "'") {
      const end = endOfText(source, at, character);
      out.push(blanked(source.slice(at, end)));
      at = end;
    } else {
      out.push(character);
      at += 1;
    }
  }
  return out.join("");
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf("\n", at);
  return end < 0 ? source.length : end;
}

function endOfText(source: string, at: number, quote: string): number {
  const triple = quote.repeat(3);
  const mark = source.startsWith(triple, at) ? triple : quote;
  let end = at + mark.length;
  while (end < source.length) {
    if (source[end] === "\\") end += 2;
    else if (source.startsWith(mark, end)) return end + mark.length;
    else if (mark.length === 1 && source[end] === "\n") return end;
    else end += 1;
  }
  return source.length;
}

/** The inside of the text that a place is in; null where it is in none, as in a comment. */
export function textAround(source: string, offset: number): { start: number; end: number } | null {
  let at = 0;
  while (at < offset) {
    const character = source[at] ?? "";
    if (character === "#") {
      at = endOfLine(source, at);
    } else if (character === '"' || character === "'") {
      const after = endOfText(source, at, character);
      const mark = source.startsWith(character.repeat(3), at) ? 3 : 1;
      const start = at + mark;
      const isClosed = after - mark >= start && source[after - 1] === character;
      const end = isClosed ? after - mark : after;
      if (offset <= end) return offset >= start ? { start, end } : null;
      at = after;
    } else {
      at += 1;
    }
  }
  return null;
}

/** Quotes stay, so that whoever reads the blanked text still sees that a text stands there. */
function blanked(text: string): string {
  const inside = text.slice(1, -1).replace(/[^\n]/g, " ");
  return text.length < 2 ? text : `"${inside}${text.endsWith("\n") ? "\n" : '"'}`;
}

/** The bracket that closes the one at a place; -1 where it is not there. */
export function closing(mask: string, at: number): number {
  let depth = 0;
  for (let place = at; place < mask.length; place++) {
    const character = mask[place] ?? "";
    if (OPEN.includes(character)) depth += 1;
    else if (CLOSE.includes(character) && --depth === 0) return place;
  }
  return -1;
}

/** The bracket that is open around a place; -1 at the top. */
export function opening(mask: string, at: number): number {
  let depth = 0;
  for (let place = at - 1; place >= 0; place--) {
    const character = mask[place] ?? "";
    if (CLOSE.includes(character)) depth += 1;
    else if (OPEN.includes(character) && depth-- === 0) return place;
  }
  return -1;
}

/** A step of an expression such as `flow.kv("x").get`: a name, or a call. */
export type ChainStep = { name: string; at: number } | { call: true };

/** The names and calls that end at a place, the first first; empty where none do. */
export function chainBefore(mask: string, end: number): ChainStep[] {
  const steps: ChainStep[] = [];
  let at = end;
  for (;;) {
    at = skipBack(mask, at);
    if (mask[at - 1] === ")") {
      const open = openingOf(mask, at - 1);
      if (open < 0) return [];
      steps.unshift({ call: true });
      at = open;
      continue;
    }
    const name = /[\p{L}_][\p{L}\p{N}_]*$/u.exec(mask.slice(Math.max(0, at - 200), at))?.[0];
    if (name === undefined) return [];
    at -= name.length;
    steps.unshift({ name, at });
    const before = skipBack(mask, at);
    if (mask[before - 1] !== ".") return steps;
    at = before - 1;
  }
}

function skipBack(mask: string, at: number): number {
  while (at > 0 && (mask[at - 1] === " " || mask[at - 1] === "\t")) at -= 1;
  return at;
}

function openingOf(mask: string, close: number): number {
  return opening(mask, close);
}

/** The call around a place: where its bracket is, and which argument the place is in. */
export interface CallPlace {
  open: number;
  /** Counted from 0 by commas. */
  argument: number;
  /** The name before `=`, where the argument has one. */
  keyword: string | null;
}

/** The innermost call that a place is in; null where it is in none. */
export function callAround(mask: string, at: number): CallPlace | null {
  let open = opening(mask, at);
  while (
    open >= 0 &&
    (mask[open] !== "(" || !/[\w)\]]/.test(mask[skipBack(mask, open) - 1] ?? ""))
  ) {
    open = opening(mask, open);
  }
  if (open < 0) return null;
  let argument = 0;
  let begin = open + 1;
  for (let place = open + 1; place < at; place++) {
    const character = mask[place] ?? "";
    if (OPEN.includes(character)) {
      const end = closing(mask, place);
      if (end < 0 || end >= at) break;
      place = end;
    } else if (character === ",") {
      argument += 1;
      begin = place + 1;
    }
  }
  const keyword = /^\s*([A-Za-z_]\w*)\s*=(?!=)/.exec(mask.slice(begin, at))?.[1] ?? null;
  return { open, argument, keyword };
}

/** The keyword of a call whose value is the list, tuple or set around a place: `uses` in `f(uses=[…])`. */
export function keywordOfList(mask: string, at: number): string | null {
  const open = opening(mask, at);
  const call = open < 0 ? null : callAround(mask, open);
  return call !== null && /=\s*$/.test(mask.slice(call.open, open)) ? call.keyword : null;
}

/** The place of a line and a column from 1, where columns count characters as Python does. */
export function offsetAt(source: string, line: number, column: number): number {
  let at = 0;
  for (let number = 1; number < line; number++) {
    const end = source.indexOf("\n", at);
    if (end < 0) return source.length;
    at = end + 1;
  }
  const end = endOfLine(source, at);
  for (let number = 1; number < column && at < end; number++) {
    at += (source.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return at;
}

/** The line from 1 and the column from 1 in UTF-16, as editors count. */
export function positionAt(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}

// Python source as far as the eye of a reader goes: what is code and what is text or comment, where
// statements begin, and where their blocks end. It takes one pass, never fails, and never runs anything.

/** A string literal. */
export interface Literal {
  readonly start: number;
  readonly end: number;
  /** Its text; of an f-string the parts between the holes. */
  readonly parts: readonly string[];
}

export class SourceText {
  /** The source with everything in strings and comments as spaces: places stay as they are. */
  readonly code: string;
  readonly #literals = new Map<number, Literal>();
  /** By line from 1: where it begins. */
  readonly #begins: number[] = [0, 0];
  /** By line: the indent of a statement that begins there, or -1. */
  readonly #indents: number[] = [];

  constructor(readonly source: string) {
    this.code = this.#scan();
    this.#measure();
  }

  get lines(): number {
    return this.#begins.length - 1;
  }

  /** The line of a place in the source, from 1. */
  lineAt(place: number): number {
    let [low, high] = [1, this.#begins.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#begins[middle] ?? 0) <= place) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The literal that begins at a place, behind spaces. */
  literalAt(place: number): Literal | undefined {
    let at = place;
    while (/\s/.test(this.source[at] ?? "")) at += 1;
    return this.#literals.get(at);
  }

  /** The last line of the block of the statement that begins on a line. */
  blockEnd(line: number): number {
    const indent = this.#indents[line] ?? -1;
    if (indent < 0) return line;
    let last = line;
    for (let next = line + 1; next <= this.lines; next += 1) {
      const found = this.#indents[next] ?? -1;
      if (found >= 0 && found <= indent) return last;
      if (found >= 0 || this.#isInside(next)) last = next;
    }
    return last;
  }

  #isInside(line: number): boolean {
    return this.code.slice(this.#begins[line], this.#begins[line + 1]).trim() !== "";
  }

  #scan(): string {
    const { source } = this;
    const token = /#[^\n]*|(?:(?<!\w)([rbfut]{1,2}))?("""|'''|"|')|\n/gi;
    let [code, done] = ["", 0];
    for (let found = token.exec(source); found; found = token.exec(source)) {
      const start = found.index;
      if (found[0] === "\n") {
        this.#begins.push(start + 1);
        continue;
      }
      const quote = found[2];
      let end = start + found[0].length;
      if (quote) {
        const prefix = (found[1] ?? "").toLowerCase();
        const from = end;
        end = closing(source, from, quote);
        const inside = source.slice(from, Math.max(from, end - quote.length));
        const parts = prefix.includes("f") ? partsOf(inside) : [plain(inside, prefix)];
        this.#literals.set(start, { start, end, parts });
        for (let at = source.indexOf("\n", start); at >= 0 && at < end;) {
          this.#begins.push(at + 1);
          at = source.indexOf("\n", at + 1);
        }
      }
      code += source.slice(done, start) + source.slice(start, end).replaceAll(/[^\n]/g, " ");
      done = end;
      token.lastIndex = end;
    }
    return code + source.slice(done);
  }

  /** Finds the statements: a line begins one where no bracket is open and the line before did not go on. */
  #measure(): void {
    let [depth, goesOn] = [0, false];
    for (let line = 1; line <= this.lines; line += 1) {
      const from = this.#begins[line] ?? 0;
      const text = this.code.slice(from, this.#begins[line + 1] ?? this.code.length);
      const first = text.search(/\S/);
      const isText = this.#literals.has(from + text.length - text.trimStart().length);
      this.#indents[line] =
        depth === 0 && !goesOn && (first >= 0 || isText) ? Math.max(first, 0) : -1;
      for (const bracket of text.match(/[()[\]{}]/g) ?? []) {
        depth = Math.max(0, depth + ("([{".includes(bracket) ? 1 : -1));
      }
      goesOn = /\\\s*$/.test(text);
    }
  }
}

/** Where a string ends, behind its quotes; a string that does not end ends with its line or the source. */
function closing(source: string, from: number, quote: string): number {
  for (let at = from; at < source.length; at += 1) {
    if (source[at] === "\\") at += 1;
    else if (source.startsWith(quote, at)) return at + quote.length;
    else if (source[at] === "\n" && quote.length === 1) return at;
  }
  return source.length;
}

/** The text between the holes of an f-string. */
function partsOf(inside: string): string[] {
  const parts = [""];
  let depth = 0;
  for (let at = 0; at < inside.length; at += 1) {
    const [one, two] = [inside[at] ?? "", inside.slice(at, at + 2)];
    if (depth === 0 && (two === "{{" || two === "}}")) {
      parts.push(`${parts.pop() ?? ""}${one}`);
      at += 1;
    } else if (one === "{") {
      if (depth === 0) parts.push("");
      depth += 1;
    } else if (one === "}" && depth > 0) depth -= 1;
    else if (depth === 0) parts.push(`${parts.pop() ?? ""}${one}`);
  }
  return parts;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

function plain(inside: string, prefix: string): string {
  if (prefix.includes("r")) return inside;
  return inside.replaceAll(/\\(.)/gs, (whole, one: string) => ESCAPES[one] ?? whole);
}

/** Whether a name could be made from the parts of an f-string, anything standing in its holes. */
export function couldBe(parts: readonly string[], name: string): boolean {
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

// Code in colours where no editor is: each line as pieces with a kind. It knows just enough of a
// language for reading; what it does not know stays plain, and no text is ever lost or added.

export type Language = "python" | "json" | "shell" | "text";

/** A piece of a line; `kind` is "" for what has no colour. */
export interface Token {
  kind: "" | "keyword" | "string" | "number-value" | "comment" | "name";
  text: string;
}

const PYTHON_WORDS =
  "False None True and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try type while with yield";

const rules: Record<Exclude<Language, "text">, RegExp> = {
  python: new RegExp(
    [
      String.raw`(?<comment>#[^\n]*)`,
      String.raw`(?<string>\b[rRbBfFuU]{0,2}(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)|(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))`,
      String.raw`(?<keyword>\b(?:${PYTHON_WORDS.replaceAll(" ", "|")})\b)`,
      String.raw`(?<number>\b(?:0[xXoObB][\da-fA-F_]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?)\b)`,
      String.raw`(?<name>@[\w.]+|(?<=\b(?:def|class)\s+)\w+)`,
    ].join("|"),
    "g",
  ),
  json: new RegExp(
    [
      String.raw`(?<name>"(?:\\.|[^"\\\n])*"(?=\s*:))`,
      String.raw`(?<string>"(?:\\.|[^"\\\n])*"?)`,
      String.raw`(?<keyword>\b(?:true|false|null)\b)`,
      String.raw`(?<number>-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)`,
      String.raw`(?<comment>\/\/[^\n]*)`,
    ].join("|"),
    "g",
  ),
  shell: new RegExp(
    [
      String.raw`(?<comment>(?<=^|\s)#[^\n]*)`,
      String.raw`(?<string>'[^']*'?|"(?:\\.|[^"\\])*"?)`,
      String.raw`(?<keyword>(?<=^|\n|\| )(?:sluice|curl|export|echo)\b)`,
      String.raw`(?<name>(?<=\s)--?[\w-]+|\$\w+)`,
      String.raw`(?<number>(?!))`,
    ].join("|"),
    "g",
  ),
};

const kinds = ["comment", "string", "keyword", "number", "name"] as const;

function tokens(text: string, language: Language): Token[] {
  if (language === "text") return [{ kind: "", text }];
  const found: Token[] = [];
  let at = 0;
  for (const match of text.matchAll(rules[language])) {
    if (match.index > at) found.push({ kind: "", text: text.slice(at, match.index) });
    const groups = match.groups ?? {};
    const kind = kinds.find((one) => groups[one] !== undefined);
    const shown = kind === undefined ? "" : kind === "number" ? "number-value" : kind;
    found.push({ kind: shown, text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ kind: "", text: text.slice(at) });
  return found;
}

/** The lines of a text, each as its pieces. */
export function colourLines(text: string, language: Language): Token[][] {
  const lines: Token[][] = [[]];
  for (const token of tokens(text, language)) {
    const parts = token.text.split("\n");
    for (const [index, part] of parts.entries()) {
      if (index > 0) lines.push([]);
      if (part !== "") lines.at(-1)?.push({ kind: token.kind, text: part });
    }
  }
  return lines;
}

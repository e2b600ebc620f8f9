// The stub of a service's client as symbols. It is written by the server in one form, and what is
// not in that form is passed over. What it says is a service's text: data, never markup.
import { closing, masked } from "./python-text.ts";
import type { ClassSymbols, Symbols, SymbolTable } from "./symbols.ts";

const DEFINED =
  /^([ \t]*)(?:(class)[ \t]+(\w+)|def[ \t]+(\w+)|(\w+)[ \t]*(:[^=\n]+)?(?:=[ \t]*([^\n]*))?$)/gm;

/** The symbols of a service; classes are named with the service before them. */
export function stubSymbols(service: string, stub: string): Symbols {
  const mask = masked(stub);
  const module: SymbolTable = {};
  const classes: Record<string, ClassSymbols> = {};
  const holders: { indent: number; table: SymbolTable }[] = [{ indent: -1, table: module }];
  for (const match of mask.matchAll(DEFINED)) {
    const [whole, space = "", isClass, className, functionName, name, hint, value] = match;
    const indent = space.length;
    while (indent <= (holders.at(-1)?.indent ?? -1)) holders.pop();
    const table = holders.at(-1)?.table ?? module;
    const at = match.index + whole.length;
    if (isClass !== undefined && className !== undefined) {
      const members: SymbolTable = {};
      const type = `${service}.${className}`;
      const doc = docAfter(stub, mask, at);
      classes[type] = { doc, members };
      const isSpace = mask[at] === ":";
      table[className] = isSpace
        ? { kind: "value", type, doc }
        : { kind: "class", type, doc, signature: "" };
      holders.push({ indent, table: members });
    } else if (functionName !== undefined) {
      table[functionName] = operation(service, stub, mask, at);
      // What stands inside of a function is its docstring.
      holders.push({ indent, table: {} });
    } else if (name !== undefined && !name.startsWith("_")) {
      const known = value === undefined ? undefined : module[value.trim()];
      if (known?.kind === "function") table[name] = known;
      else if (hint !== undefined) {
        const from = match.index + whole.indexOf(hint) + 1;
        table[name] = {
          kind: "property",
          signature: plain(stub.slice(from, match.index + whole.length)),
        };
      } else if (value !== undefined && !/^(?:from|import|class|def|return)$/.test(name)) {
        table[name] = { kind: "value", signature: plain(stub.slice(match.index, at)) };
      }
    }
  }
  for (const [type, one] of Object.entries(classes)) {
    const made = module[type.slice(service.length + 1)];
    if (made?.kind === "class") made.signature = constructor(one.members);
  }
  return { modules: { [`hero_rpc.${service}`]: withoutHidden(module) }, classes };
}

function operation(service: string, stub: string, mask: string, at: number): SymbolTable[string] {
  const close = closing(mask, at);
  const colon = mask.indexOf(":\n", close);
  const gives = /_Request\[(.*)\]$/s.exec(stub.slice(close + 1, colon).trim())?.[1] ?? "";
  const answer = plain(gives);
  const type = /^[A-Z]\w*$/.test(answer) ? `${service}.${answer}` : undefined;
  return {
    kind: "function",
    signature: `${plain(stub.slice(at, close + 1))} -> ${answer}`,
    doc: docAfter(stub, mask, colon),
    awaits: true,
    ...(type === undefined ? {} : { type }),
  };
}

function constructor(members: SymbolTable): string {
  const fields = Object.entries(members).filter(([, one]) => one.kind === "property");
  if (!fields.length) return "()";
  return `(*, ${fields.map(([name, one]) => `${name}: ${one.signature ?? "Any"}`).join(", ")})`;
}

/** The hidden names of the generator are not what people write. */
function plain(text: string): string {
  return text.replace(/\b_(Any|Literal|Request|Mapping|Sequence)\b/g, "$1").trim();
}

function docAfter(stub: string, mask: string, at: number): string {
  const colon = mask.indexOf(":\n", at - 1);
  if (colon < 0) return "";
  const begin = /^\s*"/.exec(mask.slice(colon + 1, colon + 400));
  if (begin === null) return "";
  const start = colon + begin[0].length;
  const end = mask.indexOf('"', start + 1);
  const lines = stub
    .slice(start, end + 1)
    .replace(/^"{1,3}|"{1,3}$/g, "")
    .split("\n");
  const indents = lines
    .slice(1)
    .filter((line) => line.trim())
    .map((line) => line.search(/\S/));
  const indent = indents.length ? Math.min(...indents) : 0;
  return lines
    .map((line, index) => (index ? line.slice(indent) : line))
    .join("\n")
    .trim();
}

function withoutHidden(table: SymbolTable): SymbolTable {
  return Object.fromEntries(Object.entries(table).filter(([name]) => !name.startsWith("_")));
}

// What the editor knows of names: the SDK's symbols, the clients of services, and which of them the
// names of a source stand for. It reads the source and guesses; where it does not know, it says nothing.
import {
  callAround,
  chainBefore,
  keywordOfList,
  masked,
  textAround,
  type CallPlace,
  type ChainStep,
} from "./python-text.ts";

/** What is known of one name. */
export interface SymbolInfo {
  kind: "function" | "class" | "property" | "value" | "module";
  /** Of functions `(a: int) -> str`, of properties their type. */
  signature?: string;
  doc?: string;
  /** The class of the value, or of what a call gives; of a module its name. */
  type?: string;
  /** Whether it is an operation, with a second form `.start(...)`. */
  awaits?: boolean;
}
export type SymbolTable = Record<string, SymbolInfo>;
export interface ClassSymbols {
  doc?: string;
  members: SymbolTable;
  /** What a call of an object of it is. */
  call?: SymbolInfo;
}
export interface Symbols {
  modules: Record<string, SymbolTable>;
  classes: Record<string, ClassSymbols>;
}

/** A name that could stand at a place. */
export interface Offered {
  name: string;
  symbol: SymbolInfo;
}

/** Several books of symbols as one. */
export function together(books: readonly Symbols[]): Symbols {
  return {
    modules: Object.assign({}, ...books.map((book) => book.modules)) as Symbols["modules"],
    classes: Object.assign({}, ...books.map((book) => book.classes)) as Symbols["classes"],
  };
}

function own<T>(table: Record<string, T> | undefined, name: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

/** The names of one source, and what they stand for. */
export class SourceNames {
  readonly mask: string;
  readonly #bound = new Map<string, SymbolInfo>();

  constructor(
    readonly source: string,
    readonly symbols: Symbols,
    /** What is offered within a flow's `uses`. */
    readonly words: readonly Offered[] = [],
  ) {
    this.mask = masked(source);
    this.#readImports();
    this.#readAssignments();
  }

  /** What an imported or assigned name stands for. */
  bound(name: string): SymbolInfo | undefined {
    return this.#bound.get(name);
  }

  /** What a chain of names and calls stands for. */
  resolve(steps: readonly ChainStep[]): SymbolInfo | undefined {
    let found: SymbolInfo | undefined;
    let isObject = false;
    for (const [index, step] of steps.entries()) {
      if ("call" in step) {
        if (found === undefined) return undefined;
        if (isObject && found.kind !== "function" && found.kind !== "class") {
          found = own(this.symbols.classes, found.type ?? "")?.call;
          if (found === undefined) return undefined;
        }
        found = { kind: "value", ...(found.type === undefined ? {} : { type: found.type }) };
        isObject = true;
      } else if (index === 0) {
        found = this.#bound.get(step.name);
      } else {
        found = found && own(this.members(found), step.name);
        isObject = found?.kind === "value" || found?.kind === "property";
      }
      if (found?.kind === "value") isObject = true;
    }
    return found;
  }

  /** What can stand behind a dot after a symbol. */
  members(symbol: SymbolInfo): SymbolTable {
    if (symbol.kind === "module") return own(this.symbols.modules, symbol.type ?? "") ?? {};
    if (symbol.kind === "function") {
      return symbol.awaits ? { start: startOf(symbol) } : {};
    }
    if (symbol.kind === "class") return {};
    return own(this.symbols.classes, symbol.type ?? "")?.members ?? {};
  }

  /** The symbol whose name covers a place, with the range of the name. */
  at(offset: number): { symbol: SymbolInfo; name: string; start: number; end: number } | null {
    const rest = /^[\p{L}\p{N}_]*/u.exec(this.mask.slice(offset, offset + 100))?.[0] ?? "";
    const end = offset + rest.length;
    const steps = chainBefore(this.mask, end);
    const last = steps.at(-1);
    if (last === undefined || "call" in last) return null;
    const symbol = this.resolve(steps) ?? this.#imported(last);
    return symbol ? { symbol, name: last.name, start: last.at, end } : null;
  }

  /** What can be written at a place; null where the editor has no say, as within most texts. */
  offered(offset: number): { start: number; names: readonly Offered[] } | null {
    if (this.isInText(offset)) return this.#inUses(offset);
    const typed =
      /[\p{L}\p{N}_]*$/u.exec(this.mask.slice(Math.max(0, offset - 100), offset))?.[0] ?? "";
    const start = offset - typed.length;
    const line = this.mask.slice(this.mask.lastIndexOf("\n", start - 1) + 1, start);
    const from = /^\s*from\s+([\w.]+)\s+import\s+(?:\(?[\w\s,]*)$/.exec(line)?.[1];
    if (from !== undefined) {
      const clients = from === "hero_rpc" ? this.#clients() : {};
      return { start, names: listed({ ...own(this.symbols.modules, from), ...clients }) };
    }
    if (this.mask[start - 1] === ".") {
      const symbol = this.resolve(chainBefore(this.mask, start - 1));
      return symbol ? { start, names: listed(this.members(symbol)) } : null;
    }
    const names = [...this.#keywords(start), ...this.#names()];
    return names.length ? { start, names } : null;
  }

  /** Capability words, within the texts of a list that is given as `uses`. */
  #inUses(offset: number): { start: number; names: readonly Offered[] } | null {
    const start = textAround(this.source, offset)?.start;
    if (start === undefined || keywordOfList(this.mask, start - 1) !== "uses") return null;
    return this.words.length ? { start, names: this.words } : null;
  }

  /** Whether a place is within a text or a comment. */
  isInText(offset: number): boolean {
    return !masked(`${this.source.slice(0, offset)}x`).endsWith("x");
  }

  /** The function that is called around a place, and where in it the place is. */
  called(offset: number): { symbol: SymbolInfo; name: string; call: CallPlace } | null {
    const call = callAround(this.mask, offset);
    if (call === null) return null;
    const steps = chainBefore(this.mask, call.open);
    const last = steps.at(-1);
    let symbol = this.resolve(steps);
    if (symbol?.kind === "value") symbol = own(this.symbols.classes, symbol.type ?? "")?.call;
    if (symbol?.signature === undefined || last === undefined) return null;
    return { symbol, name: "call" in last ? "" : last.name, call };
  }

  /** Names that are read from something known which does not have them, with what it has. */
  unknown(): { name: string; start: number; end: number; owner: string; known: string[] }[] {
    const found = [];
    for (const match of this.mask.matchAll(/\.[ \t]*([A-Za-z_]\w*)/g)) {
      const end = match.index + match[0].length;
      const steps = chainBefore(this.mask, end);
      const last = steps.at(-1);
      if (steps.length < 2 || last === undefined || "call" in last) continue;
      const holder = this.resolve(steps.slice(0, -1));
      if (holder === undefined || !(holder.kind === "module" || holder.type === "FlowDecorator"))
        continue;
      const members = this.members(holder);
      const known = Object.keys(members);
      if (!known.length || Object.hasOwn(members, last.name) || last.name.startsWith("_")) continue;
      const owner = this.source.slice(steps[0] && "at" in steps[0] ? steps[0].at : 0, last.at - 1);
      found.push({ name: last.name, start: last.at, end, owner, known });
    }
    return found;
  }

  #clients(): SymbolTable {
    const clients = Object.keys(this.symbols.modules).filter((name) =>
      name.startsWith("hero_rpc."),
    );
    return Object.fromEntries(
      clients.map((type) => [
        type.slice(9),
        { kind: "module", type, doc: "The client of a service." },
      ]),
    );
  }

  #imported(step: { name: string; at: number }): SymbolInfo | undefined {
    const line = this.mask.slice(this.mask.lastIndexOf("\n", step.at) + 1, step.at);
    return /^\s*from\s/.test(line) ? this.#bound.get(step.name) : undefined;
  }

  #keywords(offset: number): Offered[] {
    const around = this.called(offset);
    if (around === null || around.call.keyword !== null) return [];
    return parametersOf(around.symbol.signature ?? "")
      .filter((one) => one.canBeNamed)
      .map((one) => ({
        name: `${one.name}=`,
        symbol: { kind: "property", signature: one.text, doc: "A parameter of this call." },
      }));
  }

  #names(): Offered[] {
    return [...this.#bound].map(([name, symbol]) => ({ name, symbol }));
  }

  #readImports(): void {
    const froms = /^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n]*))/gm;
    for (const [, module = "", many, few] of this.mask.matchAll(froms)) {
      const table =
        module === "hero_rpc"
          ? { ...own(this.symbols.modules, module), ...this.#clients() }
          : own(this.symbols.modules, module);
      for (const part of (many ?? few ?? "").split(",")) {
        const [name = "", , alias] = part.trim().split(/\s+/);
        const symbol = own(table, name);
        if (symbol) this.#bound.set(alias ?? name, symbol);
      }
    }
    for (const [, module = "", alias] of this.mask.matchAll(
      /^[ \t]*import[ \t]+([\w.]+)(?:[ \t]+as[ \t]+(\w+))?/gm,
    )) {
      if (!own(this.symbols.modules, module)) continue;
      this.#bound.set(alias ?? module.split(".")[0] ?? module, {
        kind: "module",
        type: alias ? module : (module.split(".")[0] ?? module),
      });
    }
  }

  #readAssignments(): void {
    const assigned = /^[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*(?:await[ \t]+)?([^\n=][^\n]*)$/gm;
    for (const match of this.mask.matchAll(assigned)) {
      const [whole, name = "", value = ""] = match;
      const end = match.index + whole.length - (value.length - value.trimEnd().length);
      this.#bind(name, end);
    }
    for (const match of this.mask.matchAll(/\bwith\b([^\n]*)\bas[ \t]+([A-Za-z_]\w*)[ \t]*:/g)) {
      this.#bind(match[2] ?? "", match.index + 4 + (match[1] ?? "").trimEnd().length);
    }
  }

  #bind(name: string, end: number): void {
    const steps = chainBefore(this.mask, end);
    const last = steps.at(-1);
    if (last === undefined || !("call" in last)) return;
    const symbol = this.resolve(steps);
    if (symbol?.type !== undefined) this.#bound.set(name, symbol);
  }
}

function startOf(operation: SymbolInfo): SymbolInfo {
  const signature = operation.signature ?? "()";
  const arrow = signature.lastIndexOf(" -> ");
  const parameters = arrow < 0 ? signature : signature.slice(0, arrow);
  const gives = arrow < 0 ? "Any" : signature.slice(arrow + 4);
  return {
    kind: "function",
    signature: `${parameters} -> Future[${gives}]`,
    doc: "Starts it and goes on: `.result()` or `await` gives what it answers.",
    type: "Future",
  };
}

function listed(table: SymbolTable): Offered[] {
  return Object.entries(table).map(([name, symbol]) => ({ name, symbol }));
}

/** A parameter as a signature writes it. */
export interface Parameter {
  name: string;
  text: string;
  canBeNamed: boolean;
  isMany: boolean;
}

/** The parameters of a signature such as `(a: int, *, b: str = "x") -> None`. */
export function parametersOf(signature: string): Parameter[] {
  const mask = masked(signature);
  const found: Parameter[] = [];
  let depth = 0;
  let begin = 1;
  for (let at = 0; at < mask.length; at++) {
    const character = mask[at] ?? "";
    if ("([{".includes(character)) depth += 1;
    const isEnd = (character === "," && depth === 1) || (character === ")" && depth === 1);
    if (")]}".includes(character)) depth -= 1;
    if (!isEnd) continue;
    const text = signature.slice(begin, at).trim();
    begin = at + 1;
    if (text === "/") for (const one of found) one.canBeNamed = false;
    const name = /^\*{0,2}([A-Za-z_]\w*)/.exec(text)?.[1];
    const isMany = text.startsWith("*");
    if (name !== undefined) found.push({ name, text, canBeNamed: !isMany, isMany });
    if (depth === 0) break;
  }
  return found;
}

/** Which parameter an argument is for; -1 where none is. */
export function parameterAt(parameters: readonly Parameter[], call: CallPlace): number {
  if (call.keyword !== null) {
    const named = parameters.findIndex((one) => one.name === call.keyword && one.canBeNamed);
    return named >= 0 ? named : parameters.findIndex((one) => one.text.startsWith("**"));
  }
  if (call.argument < parameters.length) return call.argument;
  return parameters.findIndex((one) => one.isMany);
}

// The words that an editor offers within a flow's `uses`: what the reader's runs may do at most, the
// methods of the tenant's services, and how each kind of word begins.
import { CAPABILITY_KINDS, type CapabilityKind } from "./capability.ts";
import { explainWord } from "./capability-words.ts";
import type { Offered, SymbolInfo, Symbols, SymbolTable } from "./symbols.ts";

/** Each kind as it is written, and what it is for; what is in capitals is to be filled in. */
const FORMS: Record<CapabilityKind, { form: string; doc: string }> = {
  rpc: { form: "rpc:SERVICE.METHOD", doc: "Call a method of a service; * calls any." },
  http: { form: "http:HOST/PATH", doc: "Send requests to a host; a path may end in *." },
  llm: { form: "llm:MODEL", doc: "Ask a model of the tenant." },
  flow: { form: "flow:NAME", doc: "Start another flow." },
  ask: { form: "ask", doc: "Ask people." },
  kv: { form: "kv:SPACE", doc: "Use a space of keys and values." },
  secret: { form: "secret:NAME", doc: "Use a secret without seeing it." },
  artifact: { form: "artifact:NAME", doc: "Keep a file under a name." },
};

const CLIENT = "hero_rpc.";

/** All of them, each once. `grants` are what the reader's runs may do at most. */
export function offeredWords(symbols: Symbols, grants: readonly string[]): Offered[] {
  const words = new Map<string, SymbolInfo>();
  const put = (word: string, more?: string): void => {
    if (words.has(word)) return;
    const doc = [explainWord(word), more].filter(Boolean).join("\n\n");
    words.set(word, { kind: "value", doc });
  };
  for (const [module, table] of Object.entries(symbols.modules)) {
    if (!module.startsWith(CLIENT)) continue;
    const service = `rpc:${module.slice(CLIENT.length)}`;
    put(`${service}.*`);
    for (const [method, about] of methodsOf(symbols, table)) put(`${service}.${method}`, about);
  }
  for (const word of grants) put(word);
  for (const kind of CAPABILITY_KINDS) {
    const { form, doc } = FORMS[kind];
    const begin = form.slice(0, form.indexOf(":") + 1) || form;
    if (!words.has(begin)) words.set(begin, { kind: "module", signature: form, doc });
  }
  return [...words].map(([name, symbol]) => ({ name, symbol }));
}

/** The methods of a client, those in namespaces with these before them. */
function methodsOf(symbols: Symbols, table: SymbolTable, before = ""): [string, string][] {
  return Object.entries(table).flatMap(([name, symbol]): [string, string][] => {
    if (symbol.kind === "function") return [[before + name, symbol.doc ?? ""]];
    const space = symbol.kind === "value" ? symbols.classes[symbol.type ?? ""] : undefined;
    return space ? methodsOf(symbols, space.members, `${before}${name}.`) : [];
  });
}

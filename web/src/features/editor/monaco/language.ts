// What Monaco asks about Python: completions, hover, signature help and quick fixes. It is registered
// once; which editor's names and marks are meant is looked up by the model.
import type { Fix } from "../../../model/fixes.ts";
import {
  parameterAt,
  parametersOf,
  type Offered,
  type SymbolInfo,
} from "../../../model/symbols.ts";
import type { Mark, SurfaceHost } from "../surface.ts";
import { monaco, type Model } from "./monaco.ts";

/** What is known of a model. */
export interface Known {
  host: SurfaceHost;
  marks: readonly Mark[];
}

const known = new WeakMap<Model, Known>();
let isRegistered = false;

/** Has a model answered for by its host. */
export function answerFor(model: Model, about: Known): void {
  known.set(model, about);
  if (isRegistered) return;
  isRegistered = true;
  const { languages } = monaco;
  languages.registerCompletionItemProvider("python", {
    triggerCharacters: [".", '"', "'", ":"],
    provideCompletionItems: complete,
  });
  languages.registerHoverProvider("python", { provideHover: hover });
  languages.registerSignatureHelpProvider("python", {
    signatureHelpTriggerCharacters: ["(", ","],
    signatureHelpRetriggerCharacters: [","],
    provideSignatureHelp: signature,
  });
  languages.registerCodeActionProvider("python", { provideCodeActions: actions });
}

/** Text of others in Markdown that stays text: nothing in it is a link or a picture. */
function asCode(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

function documentation(symbol: SymbolInfo): monaco.IMarkdownString {
  return { value: symbol.doc ? asCode(symbol.doc, "text") : "", isTrusted: false };
}

const KINDS: Record<SymbolInfo["kind"], monaco.languages.CompletionItemKind> = {
  function: monaco.languages.CompletionItemKind.Function,
  class: monaco.languages.CompletionItemKind.Class,
  property: monaco.languages.CompletionItemKind.Property,
  value: monaco.languages.CompletionItemKind.Variable,
  module: monaco.languages.CompletionItemKind.Module,
};

function complete(model: Model, position: monaco.Position): monaco.languages.CompletionList {
  const about = known.get(model);
  const offset = model.getOffsetAt(position);
  const offered = about?.host.names().offered(offset);
  if (!offered) return { suggestions: [] };
  const start = model.getPositionAt(offered.start);
  const range = monaco.Range.fromPositions(start, position);
  return { suggestions: offered.names.map((one) => suggestion(one, range)) };
}

function suggestion(
  { name, symbol }: Offered,
  range: monaco.IRange,
): monaco.languages.CompletionItem {
  return {
    label: name,
    kind: KINDS[symbol.kind],
    insertText: name,
    range,
    ...(symbol.signature ? { detail: symbol.signature } : {}),
    documentation: documentation(symbol),
    sortText: (name.endsWith("=") ? "0" : "1") + name,
    // What only begins a word is gone on with at once.
    ...(name.endsWith(":") ? { command: { id: "editor.action.triggerSuggest", title: "" } } : {}),
  };
}

function hover(model: Model, position: monaco.Position): monaco.languages.Hover | null {
  const found = known.get(model)?.host.names().at(model.getOffsetAt(position));
  if (!found) return null;
  const { symbol, name, start, end } = found;
  const head = symbol.signature?.startsWith("(")
    ? `${name}${symbol.signature}`
    : `${name}${symbol.signature ? `: ${symbol.signature}` : ""}`;
  const more = symbol.awaits
    ? [{ value: "A call of the host. `.start(...)` begins it and goes on." }]
    : [];
  return {
    range: monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end)),
    contents: [{ value: asCode(head, "python") }, documentation(symbol), ...more],
  };
}

function signature(
  model: Model,
  position: monaco.Position,
): monaco.languages.SignatureHelpResult | null {
  const around = known.get(model)?.host.names().called(model.getOffsetAt(position));
  if (!around) return null;
  const text = around.symbol.signature ?? "()";
  const parameters = parametersOf(text);
  const active = parameterAt(parameters, around.call);
  return {
    value: {
      activeSignature: 0,
      activeParameter: Math.max(0, active),
      signatures: [
        {
          label: `${around.name}${text}`,
          documentation: documentation(around.symbol),
          parameters: parameters.map((one) => ({ label: one.text })),
        },
      ],
    },
    dispose: () => undefined,
  };
}

function actions(model: Model, range: monaco.Range): monaco.languages.CodeActionList {
  const marks = known.get(model)?.marks ?? [];
  const found = marks.flatMap((mark) => {
    const start = model.getPositionAt(mark.start);
    const covered = monaco.Range.fromPositions(start, model.getPositionAt(mark.end));
    return monaco.Range.areIntersectingOrTouching(covered, range) ? mark.fixes : [];
  });
  return { actions: found.map((fix) => action(model, fix)), dispose: () => undefined };
}

function action(model: Model, fix: Fix): monaco.languages.CodeAction {
  const versionId = model.getVersionId();
  return {
    title: fix.title,
    kind: "quickfix",
    edit: {
      edits: fix.edits.map((edit) => ({
        resource: model.uri,
        versionId,
        textEdit: { range: rangeOf(model, edit.start, edit.end), text: edit.text },
      })),
    },
  };
}

/** The range of two offsets. */
export function rangeOf(model: Model, start: number, end: number): monaco.Range {
  return monaco.Range.fromPositions(model.getPositionAt(start), model.getPositionAt(end));
}

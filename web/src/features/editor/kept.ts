// What this browser keeps for the editor, by flow: drafts that were not saved, and inputs.
import { keep, kept } from "../../api/kept.svelte.ts";
import { isObject, type Json } from "../../model/json.ts";

/** A source that was not saved, and the version that it was made from. */
export interface Draft {
  /** 0 for a new flow. */
  version: number;
  etag: string | null;
  source: string;
}

/** An input that somebody gave a name. */
export interface SavedInput {
  name: string;
  value: Json;
}

const MOST_INPUTS = 20;

/** The draft of a flow, or of a new one where `flow` is empty. */
export function keptDraft(flow: string): Draft | null {
  const draft = kept(`draft.${flow}`);
  return isObject(draft) && typeof draft["source"] === "string"
    ? (draft as unknown as Draft)
    : null;
}

export function keepDraft(flow: string, draft: Draft | null): void {
  keep(`draft.${flow}`, draft);
}

/** The input that a flow was run with last. */
export function lastInput(flow: string): Json | undefined {
  return (kept(`input.${flow}`) as Json) ?? undefined;
}

export function keepLastInput(flow: string, value: Json): void {
  keep(`input.${flow}`, value);
}

/** The inputs with names, the newest first. */
export function savedInputs(flow: string): SavedInput[] {
  const found = kept(`inputs.${flow}`);
  if (!Array.isArray(found)) return [];
  return found.filter((one): one is SavedInput => {
    return typeof one === "object" && one !== null && "name" in one && "value" in one;
  });
}

export function keepInput(flow: string, input: SavedInput): void {
  const others = savedInputs(flow).filter((one) => one.name !== input.name);
  keep(`inputs.${flow}`, [input, ...others].slice(0, MOST_INPUTS));
}

export function forgetInput(flow: string, name: string): void {
  keep(
    `inputs.${flow}`,
    savedInputs(flow).filter((one) => one.name !== name),
  );
}

// What this browser keeps for the editor: drafts that were not saved, and inputs, by flow. It is a
// convenience: where the storage is closed or full, nothing is kept and nothing fails.
import type { Json } from "../../model/json.ts";

/** An input that somebody gave a name. */
export interface SavedInput {
  name: string;
  value: Json;
}

const MOST_INPUTS = 20;
const MOST_BYTES = 200_000;

function read(key: string): unknown {
  try {
    const text = localStorage.getItem(key);
    return text === null ? null : (JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    const text = value === null ? null : JSON.stringify(value);
    if (text === null || text.length > MOST_BYTES) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // The storage is full or closed.
  }
}

/** The draft of a flow, or of a new one where `flow` is empty. */
export function keptDraft(flow: string): string | null {
  const draft = read(`sluice.draft.${flow}`);
  return typeof draft === "string" ? draft : null;
}

export function keepDraft(flow: string, source: string | null): void {
  write(`sluice.draft.${flow}`, source);
}

/** The input that a flow was run with last. */
export function lastInput(flow: string): Json | undefined {
  const kept = read(`sluice.input.${flow}`) as Json;
  return kept ?? undefined;
}

export function keepLastInput(flow: string, value: Json): void {
  write(`sluice.input.${flow}`, value);
}

/** The inputs with names, the newest first. */
export function savedInputs(flow: string): SavedInput[] {
  const kept = read(`sluice.inputs.${flow}`);
  if (!Array.isArray(kept)) return [];
  return kept.filter((one): one is SavedInput => {
    return typeof one === "object" && one !== null && "name" in one && "value" in one;
  });
}

export function keepInput(flow: string, input: SavedInput): SavedInput[] {
  const others = savedInputs(flow).filter((one) => one.name !== input.name);
  const all = [input, ...others].slice(0, MOST_INPUTS);
  write(`sluice.inputs.${flow}`, all);
  return all;
}

export function forgetInput(flow: string, name: string): SavedInput[] {
  const all = savedInputs(flow).filter((one) => one.name !== name);
  write(`sluice.inputs.${flow}`, all);
  return all;
}

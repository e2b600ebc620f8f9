// What this browser keeps for the reader: drafts, inputs, queries with names. All of it is kept under
// a tenant, is there only while somebody of that tenant is logged in, and is forgotten by logging
// out. Where the storage is closed or full, it lasts as long as the page does.
import { SvelteMap } from "svelte/reactivity";

const BEGIN = "sluice.of.";
const MOST_CHARACTERS = 200_000;

let tenant = $state<string | null>(null);
/** How often each thing was changed here, so that whoever reads it is told. */
const changes = new SvelteMap<string, number>();
/** What the storage did not take. */
const unstored = new Map<string, string>();

function storage(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/** The tenant whose things are read and written from now on; null for nobody's. */
export function keepFor(next: string | null): void {
  tenant = next;
}

/** A thing by its name; null where there is none. Reading it is reactive. */
export function kept(name: string): unknown {
  if (tenant === null || (changes.get(name) ?? 0) < 0) return null;
  const key = `${BEGIN}${tenant}.${name}`;
  try {
    return JSON.parse(unstored.get(key) ?? storage()?.getItem(key) ?? "null") as unknown;
  } catch {
    return null;
  }
}

/** Keeps a thing under a name; null forgets it, and so does one that is too large. */
export function keep(name: string, value: unknown): void {
  if (tenant === null) return;
  const key = `${BEGIN}${tenant}.${name}`;
  const text = value === null ? null : JSON.stringify(value);
  unstored.delete(key);
  try {
    if (text === null || text.length > MOST_CHARACTERS) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    if (text !== null) unstored.set(key, text);
  }
  changes.set(name, (changes.get(name) ?? 0) + 1);
}

/** The names of the tenant's things that begin so. */
export function keptNames(begin: string): string[] {
  const start = `${BEGIN}${tenant ?? ""}.`;
  return keys(start + begin).map((key) => key.slice(start.length));
}

/** Forgets all that is kept for the tenant, or for anybody where nobody knows whose it would be. */
export function forgetKept(): void {
  for (const key of keys(tenant === null ? BEGIN : `${BEGIN}${tenant}.`)) {
    unstored.delete(key);
    storage()?.removeItem(key);
  }
}

function keys(begin: string): string[] {
  const all = new Set([...Object.keys(storage() ?? {}), ...unstored.keys()]);
  return [...all].filter((key) => key.startsWith(begin));
}

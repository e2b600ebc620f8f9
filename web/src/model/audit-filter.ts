// Which entries of an audit are shown: by words in who did it, what was done, and to what.
import type { AuditEntry } from "../api/words.ts";

export interface AuditFilter {
  actor: string;
  action: string;
  /** Words anywhere in the entry. */
  text: string;
}

/** Whether an entry is one that the reader asked for; capital letters do not matter. */
export function isWanted(entry: AuditEntry, filter: AuditFilter): boolean {
  if (filter.actor !== "" && actorName(entry.actor) !== filter.actor) return false;
  if (filter.action !== "" && entry.action !== filter.action) return false;
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const all = [entry.actor, entry.action, entry.subject, JSON.stringify(entry.detail)];
  const text = all.join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The name of who did it, without the id of the token behind it. */
export function actorName(actor: string): string {
  return actor.replace(/ \(tok_[0-9a-z]+\)$/, "");
}

/** The values that can be chosen from, each once, in order. */
export function choicesOf(entries: readonly AuditEntry[]): { actors: string[]; actions: string[] } {
  const actors = new Set(entries.map(({ actor }) => actorName(actor)));
  const actions = new Set(entries.map(({ action }) => action));
  return { actors: [...actors].sort(), actions: [...actions].sort() };
}

/** Who saved which source, by the digest that the audit has of it. */
export function saversByDigest(entries: readonly AuditEntry[]): Map<string, string> {
  const savers = new Map<string, string>();
  for (const { action, actor, detail } of entries) {
    if (action !== "save flows" || typeof detail !== "object" || detail === null) continue;
    const digest = "digest" in detail ? detail.digest : undefined;
    // The newest entry comes first, and the first save made the version.
    if (typeof digest === "string") savers.set(digest, actorName(actor));
  }
  return savers;
}

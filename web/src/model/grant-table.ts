// The capabilities of a flow side by side: what it asks for, what the tenant and the token allow, what
// the last run used and was refused. It explains; what a run may do is decided by the server alone.
import { readCapability } from "./capability.ts";
import type { RunRecord } from "./record.ts";

/** One word in the table. */
export interface GrantRow {
  word: string;
  isAsked: boolean;
  byTenant: boolean;
  /** Null where the token narrows nothing. */
  byToken: boolean | null;
  used: number;
  refused: number;
}

/** What a run did, by words without bounds. */
export interface GrantsOfRun {
  used: ReadonlyMap<string, number>;
  refused: ReadonlyMap<string, number>;
}

/** The words of the calls of a run, and of those that it was refused. */
export function grantsOfRun(record: RunRecord): GrantsOfRun {
  const used = new Map<string, number>();
  const refused = new Map<string, number>();
  for (let place = 1; place < record.spans.count; place++) {
    const kind = record.kindWord(place);
    if (kind === "step" || kind === "run" || kind === "sleep") continue;
    const name = record.name(place);
    const word = name.startsWith(`${kind}:`) || name === kind ? name : `${kind}:${name}`;
    used.set(word, (used.get(word) ?? 0) + 1);
  }
  for (const several of record.refusals.values()) {
    for (const one of several) {
      refused.set(one.capability, (refused.get(one.capability) ?? 0) + 1);
    }
  }
  return { used, refused };
}

/** Whether a word's target covers another's; bounds are left to the server. */
export function coversTarget(grant: string, word: string): boolean {
  const left = readCapability(grant).capability;
  const right = readCapability(word).capability;
  if (left === null || right === null) return grant === word;
  if (left.kind !== right.kind) return false;
  if (left.target === right.target || left.target === "*") return true;
  if (left.target.endsWith("*")) return right.target.startsWith(left.target.slice(0, -1));
  if (left.kind !== "http") return false;
  const [host = ""] = right.target.split("/");
  if (left.target.startsWith("*.")) return host.endsWith(left.target.slice(1));
  return left.target === host;
}

/** The table of a flow. `missing` is what the server says that the tenant lacks. */
export function grantTable(
  asked: readonly string[],
  missing: readonly string[],
  tokenGrants: readonly string[] | null,
  run: GrantsOfRun | null,
): GrantRow[] {
  const lacking = new Set(missing);
  const covered = (words: Iterable<string>, grant: string): string[] =>
    [...words].filter((word) => coversTarget(grant, word));
  const count = (map: ReadonlyMap<string, number> | undefined, words: string[]): number =>
    words.reduce((sum, word) => sum + (map?.get(word) ?? 0), 0);
  const rows = asked.map((word) => ({
    word,
    isAsked: true,
    byTenant: !lacking.has(word),
    byToken: tokenGrants ? tokenGrants.some((grant) => coversTarget(grant, word)) : null,
    used: count(run?.used, covered(run?.used.keys() ?? [], word)),
    refused: count(run?.refused, covered(run?.refused.keys() ?? [], word)),
  }));
  const others = new Set([...(run?.used.keys() ?? []), ...(run?.refused.keys() ?? [])]);
  for (const word of others) {
    if (asked.some((grant) => coversTarget(grant, word))) continue;
    rows.push({
      word,
      isAsked: false,
      byTenant: !lacking.has(word),
      byToken: tokenGrants ? tokenGrants.some((grant) => coversTarget(grant, word)) : null,
      used: run?.used.get(word) ?? 0,
      refused: run?.refused.get(word) ?? 0,
    });
  }
  return rows;
}

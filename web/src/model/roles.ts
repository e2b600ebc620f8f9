// Scopes and roles of tokens: what each allows, and which of them a token may give on.
import type { Scope } from "../api/words.ts";

/** In the order of docs/api.md. */
export const SCOPES: readonly { scope: Scope; allows: string }[] = [
  { scope: "read", allows: "look at all that the tenant has" },
  { scope: "run", allows: "start, cancel, replay and rerun runs" },
  { scope: "answer", allows: "answer questions" },
  { scope: "write", allows: "save flows, set keys and values, take records in" },
  { scope: "tenant", allows: "manage tokens, secrets and models, see audit and usage" },
  { scope: "admin", allows: "manage tenants and services" },
];

/** Sets of scopes that somebody's work needs; each has all of those before it. */
export const ROLES = ["viewer", "operator", "author", "owner", "administrator"] as const;

export type RoleWord = (typeof ROLES)[number];

const ROLE_SCOPES: Record<RoleWord, readonly Scope[]> = {
  viewer: ["read"],
  operator: ["read", "run", "answer"],
  author: ["read", "run", "answer", "write"],
  owner: ["read", "run", "answer", "write", "tenant"],
  administrator: ["read", "run", "answer", "write", "tenant", "admin"],
};

/** What a role allows. */
export function scopesOf(role: RoleWord): readonly Scope[] {
  return ROLE_SCOPES[role];
}

/** The role with exactly these scopes; null where it is none. */
export function roleOf(scopes: readonly Scope[]): RoleWord | null {
  const has = new Set(scopes);
  return (
    ROLES.find((role) => {
      const wanted = ROLE_SCOPES[role];
      return wanted.length === has.size && wanted.every((scope) => has.has(scope));
    }) ?? null
  );
}

/** The roles that a token with these scopes may give to another of its tenant. */
export function rolesToGive(scopes: readonly Scope[]): RoleWord[] {
  const has = new Set(scopes);
  return ROLES.filter((role) => ROLE_SCOPES[role].every((scope) => has.has(scope)));
}

/** Why a token may not do something, and what to do about it. */
export function whyNot(scope: Scope): string {
  const role = ROLES.find((one) => ROLE_SCOPES[one].includes(scope)) ?? "owner";
  return `This token may not: it lacks the scope ${scope}. A token with the role ${role} has it.`;
}

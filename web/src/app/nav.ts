// What the sidebar lists, in its order. Entries that need a scope are left out without it.
import type { Scope } from "../api/words.ts";
import { href } from "../base/href.ts";
import type { IconName } from "../ui/icons.ts";

/** A place to go to. */
export interface Place {
  title: string;
  href: string;
  icon: IconName;
  /** The chord that goes there. */
  keys: string;
  scope?: Scope;
}

export const work: readonly Place[] = [
  { title: "Runs", href: href("/runs"), icon: "runs", keys: "g r" },
  { title: "Asks", href: href("/asks"), icon: "ask", keys: "g a" },
  { title: "Flows", href: href("/flows"), icon: "flow", keys: "g f" },
  { title: "Editor", href: href("/editor"), icon: "editor", keys: "g e" },
];

export const settings: readonly Place[] = [
  { title: "Services", href: href("/services"), icon: "service", keys: "g s" },
  { title: "Models", href: href("/models"), icon: "model", keys: "g m" },
  { title: "Grants", href: href("/grants"), icon: "grant", keys: "g g" },
  { title: "Secrets", href: href("/secrets"), icon: "secret", keys: "g x" },
  { title: "Keys and values", href: href("/keys"), icon: "keys", keys: "g v" },
  { title: "Tokens", href: href("/tokens"), icon: "token", keys: "g k", scope: "tenant" },
  { title: "Usage", href: href("/usage"), icon: "usage", keys: "g u", scope: "tenant" },
  { title: "Audit", href: href("/audit"), icon: "audit", keys: "g d", scope: "tenant" },
  { title: "Tenants", href: href("/tenants"), icon: "tenants", keys: "g t", scope: "admin" },
];

/** The address under which the sidebar marks a path: runs for one run. */
export function placeOf(path: string): string {
  if (path === "/") return href("/runs");
  return `/${path.split("/")[1] ?? ""}`;
}

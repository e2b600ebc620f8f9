// Which page a path shows. Each page is a chunk of its own, loaded when somebody goes there, and
// gets the values in its path as properties: RunPage has `run`. A page is made anew for another
// path, and kept while only the query or the fragment changes.
import type { Component } from "svelte";
import type { Path } from "../base/href.ts";

type Loaded = { default: Component<Record<string, string>> };

/** Pages as they lie in the folders of features. */
const pages = import.meta.glob<Loaded>("../features/*/*Page.svelte");

/** A row of the table. */
export interface Route {
  path: Path;
  title: string;
  page: string;
}

export const routes: readonly Route[] = [
  { path: "/", title: "Runs", page: "runs/RunsPage" },
  { path: "/flows", title: "Flows", page: "flows/FlowsPage" },
  { path: "/flows/:flow", title: "Editor", page: "editor/EditorPage" },
  { path: "/editor", title: "Editor", page: "editor/EditorPage" },
  { path: "/runs", title: "Runs", page: "runs/RunsPage" },
  { path: "/runs/:run", title: "Run", page: "run/RunPage" },
  { path: "/asks", title: "Asks", page: "asks/AsksPage" },
  { path: "/services", title: "Services", page: "settings/ServicesPage" },
  { path: "/grants", title: "Grants", page: "settings/GrantsPage" },
  { path: "/tokens", title: "Tokens", page: "settings/TokensPage" },
  { path: "/secrets", title: "Secrets", page: "settings/SecretsPage" },
  { path: "/models", title: "Models", page: "settings/ModelsPage" },
  { path: "/keys", title: "Keys and values", page: "settings/KeysPage" },
  { path: "/usage", title: "Usage", page: "settings/UsagePage" },
  { path: "/audit", title: "Audit", page: "settings/AuditPage" },
  { path: "/tenants", title: "Tenants", page: "settings/TenantsPage" },
  { path: "/login", title: "Log in", page: "login/LoginPage" },
];

/** A path that was found in the table, with the values in it. */
export interface Found {
  route: Route;
  params: Record<string, string>;
}

function valuesIn(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? "";
    if (part.startsWith(":")) {
      if (value === "") return null;
      try {
        params[part.slice(1)] = decodeURIComponent(value);
      } catch {
        return null;
      }
    } else if (part !== value) return null;
  }
  return params;
}

/** The row of a path; a slash at the end does not matter. */
export function find(path: string): Found | null {
  const plain = path.length > 1 ? path.replace(/\/+$/, "") : path;
  for (const route of routes) {
    const params = valuesIn(route.path, plain);
    if (params !== null) return { route, params };
  }
  return null;
}

/** Loads the page of a row; null where this build has none. */
export async function load(route: Route): Promise<Loaded["default"] | null> {
  const loaded = await pages[`../features/${route.page}.svelte`]?.();
  return loaded?.default ?? null;
}

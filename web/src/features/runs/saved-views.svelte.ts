// Queries that the reader gave a name, kept in this browser.

/** A query by its name. */
export interface View {
  name: string;
  query: string;
}

const KEY = "sluice.views";
const MOST = 30;

/** What everybody has, before the reader's own. */
export const givenViews: readonly View[] = [
  { name: "All", query: "" },
  { name: "Failed", query: "state:failed,timed_out" },
  { name: "Under way", query: "state:queued,running,waiting" },
  { name: "Slow", query: "took:>10s" },
];

function kept(): View[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    if (!Array.isArray(value)) return [];
    return value.filter(isView).slice(0, MOST);
  } catch {
    return [];
  }
}

function isView(value: unknown): value is View {
  if (typeof value !== "object" || value === null) return false;
  const { name, query } = value as Record<string, unknown>;
  return typeof name === "string" && typeof query === "string";
}

let list = $state.raw<readonly View[]>(kept());

function keep(next: readonly View[]): void {
  list = next.slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(list));
  } catch {
    // A full storage: the views last as long as the page does.
  }
}

export const savedViews = {
  get list(): readonly View[] {
    return list;
  },
  /** Saves a query under a name; the same name again takes its place. */
  save(name: string, query: string): void {
    keep([...list.filter((view) => view.name !== name), { name, query }]);
  },
  remove(name: string): void {
    keep(list.filter((view) => view.name !== name));
  },
};

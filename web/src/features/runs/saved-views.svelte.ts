// Queries that the reader gave a name, kept in this browser.
import { keep, kept } from "../../api/kept.svelte.ts";

/** A query by its name. */
export interface View {
  name: string;
  query: string;
}

const KEY = "views";
const MOST = 30;

/** What everybody has, before the reader's own. */
export const givenViews: readonly View[] = [
  { name: "All", query: "" },
  { name: "Failed", query: "state:failed,timed_out" },
  { name: "Under way", query: "state:queued,running,waiting" },
  { name: "Slow", query: "took:>10s" },
];

function isView(value: unknown): value is View {
  if (typeof value !== "object" || value === null) return false;
  const { name, query } = value as Record<string, unknown>;
  return typeof name === "string" && typeof query === "string";
}

function own(): View[] {
  const value = kept(KEY);
  return Array.isArray(value) ? value.filter(isView).slice(0, MOST) : [];
}

export const savedViews = {
  get list(): readonly View[] {
    return own();
  },
  /** Saves a query under a name; the same name again takes its place. */
  save(name: string, query: string): void {
    keep(KEY, [...own().filter((view) => view.name !== name), { name, query }].slice(0, MOST));
  },
  remove(name: string): void {
    keep(
      KEY,
      own().filter((view) => view.name !== name),
    );
  },
};

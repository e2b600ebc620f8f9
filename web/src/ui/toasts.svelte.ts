// Short messages that come over the page and go by themselves: what was done, or what was not.
// A failure belongs beside what failed where there is such a place; here is the rest.
import { untrack } from "svelte";
import { asProblem } from "../api/problem.ts";

export interface Toast {
  id: number;
  text: string;
  hint: string | null;
  bad: boolean;
  action?: { label: string; run: () => void };
}

const STAYS_MS = 6_000;
const BAD_STAYS_MS = 12_000;
const MOST = 4;

let list = $state.raw<readonly Toast[]>([]);
let lastId = 0;

function add(toast: Omit<Toast, "id">): void {
  const id = ++lastId;
  // The same said twice is one message that stays longer.
  const others = untrack(() => list).filter((one) => one.text !== toast.text);
  list = [...others, { ...toast, id }].slice(-MOST);
  setTimeout(() => dismiss(id), toast.bad ? BAD_STAYS_MS : STAYS_MS);
}

/** The messages that are shown now, the newest last. */
export function toasts(): readonly Toast[] {
  return list;
}

/** Takes a message away. */
export function dismiss(id: number): void {
  list = list.filter((toast) => toast.id !== id);
}

/** Says that something was done. */
export function tell(text: string, action?: Toast["action"]): void {
  add({ text, hint: null, bad: false, ...(action ? { action } : {}) });
}

/** Says that something failed: any caught thing. What was given up on purpose is no failure. */
export function tellProblem(caught: unknown): void {
  if (caught instanceof DOMException && caught.name === "AbortError") return;
  const problem = asProblem(caught);
  // Whoever is logged out is shown the login, which says enough.
  if (problem.status === 401) return;
  add({ text: problem.message, hint: problem.hint, bad: true });
}

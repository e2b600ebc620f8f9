// In whose name the reader answers questions: the name of the token, unless they gave another,
// which this browser keeps. A question for somebody is answered in exactly that name.
import { session } from "../../api/session.svelte.ts";

const KEY = "sluice.answers-as";

function kept(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

let chosen = $state(kept());

export const answeringAs = {
  /** The name that goes with answers; empty while nobody knows who the token is. */
  get name(): string {
    return chosen === "" ? (session.me?.name ?? "") : chosen;
  },
  /** Takes another name; an empty one is the token's again. */
  choose(name: string): void {
    chosen = name.trim().slice(0, 100);
    if (chosen === session.me?.name) chosen = "";
    try {
      if (chosen === "") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, chosen);
    } catch {
      // It lasts as long as the page does.
    }
  },
};

// In whose name the reader answers questions: the name of the token, unless they gave another,
// which this browser keeps for that token. A question for somebody is answered in exactly that name.
import { keep, kept } from "../../api/kept.svelte.ts";
import { session } from "../../api/session.svelte.ts";

function key(): string {
  return `answers-as.${session.me?.token ?? ""}`;
}

export const answeringAs = {
  /** The name that goes with answers; empty while nobody knows who the token is. */
  get name(): string {
    const chosen = kept(key());
    return typeof chosen === "string" ? chosen : (session.me?.name ?? "");
  },
  /** Takes another name; an empty one is the token's again. */
  choose(name: string): void {
    const chosen = name.trim().slice(0, 100);
    keep(key(), chosen === "" || chosen === session.me?.name ? null : chosen);
  },
};

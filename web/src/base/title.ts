// The title of the page, as tabs and screen readers have it. It may hold text of a flow.
import { cleanLine } from "./clean.ts";

/** Sets the title to `What · Sluice`. */
export function setTitle(what: string): void {
  document.title = what ? `${cleanLine(what, 80)} · Sluice` : "Sluice";
}

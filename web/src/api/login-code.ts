// A login code that came in the address (`#code=sll_...`), as the server prints it: taken out of
// the address before anything else happens, so that it stays in no history and no screenshot.

let arrived: string | null = null;

/** Takes the code out of the address, if there is one. Called before the page is drawn. */
export function takeLoginCode(): void {
  const match = /^#code=(sll_[A-Za-z0-9_-]+)$/.exec(window.location.hash);
  if (!match) return;
  arrived = match[1] ?? null;
  window.history.replaceState(null, "", "/login");
}

/** Whether a code came and waits to be used. */
export function hasArrivedCode(): boolean {
  return arrived !== null;
}

/** The code that came, once. */
export function arrivedCode(): string | null {
  const code = arrived;
  arrived = null;
  return code;
}

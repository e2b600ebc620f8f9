// The token that this browser shows to the server: kept in the local storage of the origin, the
// same in all of its tabs. Whoever listens hears of each change, also of one in another tab.

const KEY = "sluice.token";
const listeners = new Set<(token: string | null) => void>();
/** Used where the storage is closed to us, as in some private windows. */
let kept: string | null = null;

function storage(): Storage | null {
  try {
    return typeof localStorage === "undefined" ? null : localStorage;
  } catch {
    return null;
  }
}

/** The token, if there is one. */
export function currentToken(): string | null {
  return storage()?.getItem(KEY) ?? kept;
}

/** Keeps a token, or forgets it. */
export function keepToken(token: string | null): void {
  kept = token;
  try {
    if (token === null) storage()?.removeItem(KEY);
    else storage()?.setItem(KEY, token);
  } catch {
    // A full storage: the token lasts as long as the page does.
  }
  for (const listener of listeners) listener(token);
}

/** Calls back at each change. Answers with what ends it. */
export function onToken(listener: (token: string | null) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

if (typeof window !== "undefined") {
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY && event.key !== null) return;
    kept = null;
    for (const listener of listeners) listener(currentToken());
  });
}

// Where the reader is: the path, query and fragment of the page, and the one way to change them.
// Links are real `<a href>`, made by `href`; `followLinks` keeps them inside of the page.

interface Place {
  path: string;
  search: string;
  hash: string;
}

function here(): Place {
  if (typeof window === "undefined") return { path: "/", search: "", hash: "" };
  const { pathname, search, hash } = window.location;
  return { path: pathname, search, hash: hash.slice(1) };
}

let place = $state.raw<Place>(here());

/** Where the reader is, as reactive values. */
export const address = {
  get path(): string {
    return place.path;
  },
  get query(): URLSearchParams {
    return new URLSearchParams(place.search);
  },
  /** The fragment, without `#`. */
  get hash(): string {
    return place.hash;
  },
  /** What was carried along by whoever led here; null after a link. */
  get carried(): unknown {
    return window.history.state as unknown;
  },
};

/** A fragment that is to be written. */
let waiting: { hash: string; timer: ReturnType<typeof setTimeout> } | null = null;
/** Browsers refuse to write an address many times a second. */
const QUIET_MS = 250;
let changedAt = -Infinity;

function forget(): void {
  clearTimeout(waiting?.timer);
  waiting = null;
}

function writeHash(): void {
  if (!waiting) return;
  const { hash } = waiting;
  forget();
  const { path, search, hash: before } = here();
  if (hash === before) return;
  try {
    window.history.replaceState(window.history.state, "", path + search + (hash ? `#${hash}` : ""));
  } catch {
    return;
  }
  place = here();
}

/** Goes to an address of this web, as `href` makes them. What is carried along no link can bring. */
export function navigate(
  to: string,
  { replace = false, carried = null }: { replace?: boolean; carried?: unknown } = {},
): void {
  writeHash();
  const target = new URL(to, window.location.href);
  if (replace) window.history.replaceState(carried, "", target);
  else window.history.pushState(carried, "", target);
  const before = place;
  place = here();
  if (before.path !== place.path) window.scrollTo(0, 0);
}

/** Changes parts of the query in place, without an entry in the history. */
export function setQuery(changes: Record<string, string | undefined>): void {
  const url = new URL(window.location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  navigate(url.href, { replace: true });
}

/** Changes the fragment in place; an empty one is taken away. Of many changes one after the other only
 *  the first is written at once, and the last after a short quiet or when somebody leaves. */
export function setHash(hash: string): void {
  const isQuiet = performance.now() - changedAt > QUIET_MS;
  changedAt = performance.now();
  forget();
  waiting = { hash, timer: setTimeout(writeHash, QUIET_MS) };
  if (isQuiet) writeHash();
}

/** What the server answers itself, under the same origin. */
const OF_THE_SERVER = ["/v1/", "/docs"];

function isOurs(link: HTMLAnchorElement): boolean {
  const plain = !link.target && !link.hasAttribute("download");
  const inside = link.origin === window.location.origin;
  return plain && inside && !OF_THE_SERVER.some((start) => link.pathname.startsWith(start));
}

/** Follows plain clicks on links without loading a page. Answers with what undoes it. */
export function followLinks(): () => void {
  const onClick = (event: MouseEvent): void => {
    const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || event.button !== 0 || modified) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link?.hasAttribute("href") || !isOurs(link)) return;
    event.preventDefault();
    if (link.href !== window.location.href) navigate(link.href);
  };
  const onMove = (): void => {
    forget();
    place = here();
  };
  document.addEventListener("click", onClick);
  window.addEventListener("popstate", onMove);
  window.addEventListener("hashchange", onMove);
  window.addEventListener("pagehide", writeHash);
  return () => {
    document.removeEventListener("click", onClick);
    window.removeEventListener("popstate", onMove);
    window.removeEventListener("hashchange", onMove);
    window.removeEventListener("pagehide", writeHash);
  };
}

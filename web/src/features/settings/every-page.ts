// Lists that come in parts, taken whole as long as they are of a bearable length.

interface Part<T> {
  items: T[];
  next?: string | null;
}

/** All that there is, at most about so many. Settings have tens of things, seldom hundreds. */
export async function everyPage<T>(
  part: (query: { limit: number; after?: string }) => Promise<Part<T>>,
  most = 2_000,
): Promise<T[]> {
  const all: T[] = [];
  let after: string | null = null;
  do {
    const found: Part<T> = await part({ limit: 500, ...(after === null ? {} : { after }) });
    all.push(...found.items);
    after = found.next ?? null;
  } while (after !== null && all.length < most);
  return all;
}

// The tree of a run as a page draws it, read whole although only rows in sight are drawn, and the
// spans that the record has, read from the API: so that both can be compared.
import { expect, type APIRequestContext, type Locator, type Page } from "@playwright/test";

const token = process.env["SLUICE_TOKEN"] ?? "";

export interface RecordedSpan {
  span: number;
  parent: number;
  name: string;
}

interface Part {
  items: RecordedSpan[];
  next?: string | null;
}

/** All spans of a run, in the order of their beginning. */
export async function spansOf(
  request: APIRequestContext,
  run: string,
  secret: string = token,
): Promise<RecordedSpan[]> {
  const all: RecordedSpan[] = [];
  let after: string | null | undefined;
  do {
    const more = after ? `&after=${encodeURIComponent(after)}` : "";
    const answer = await request.get(`/v1/runs/${run}/spans?limit=500${more}`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(answer.ok(), await answer.text()).toBe(true);
    const part = (await answer.json()) as Part;
    all.push(...part.items);
    after = part.next;
  } while (after);
  return all;
}

/** The tree of the page. */
export function treeOf(page: Page): Locator {
  return page.getByRole("tree");
}

/** A row of the tree whose name is, or begins with, this. */
export function rowOf(page: Page, name: string | RegExp): Locator {
  return treeOf(page).getByRole("treeitem", { name });
}

export interface DrawnRow {
  name: string;
  level: number;
  position: number;
  setSize: number;
}

/** Every row that is not closed away, from the first to the last, by scrolling through them. */
export async function drawnRows(page: Page): Promise<DrawnRow[]> {
  return treeOf(page).evaluate(async (tree) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const rows = new Map<
      number,
      { name: string; level: number; position: number; setSize: number }
    >();
    for (let top = 0; ; top += tree.clientHeight / 2) {
      tree.scrollTop = top;
      await frame();
      await frame();
      for (const row of tree.querySelectorAll("[role=treeitem]")) {
        const number = (name: string): number => Number(row.getAttribute(name));
        rows.set(Number(/-(\d+)$/.exec(row.id)?.[1]), {
          name: row.querySelector(".name")?.textContent ?? "",
          level: number("aria-level"),
          position: number("aria-posinset"),
          setSize: number("aria-setsize"),
        });
      }
      if (top + tree.clientHeight >= tree.scrollHeight) break;
    }
    return [...rows].sort(([left], [right]) => left - right).map(([, row]) => row);
  });
}

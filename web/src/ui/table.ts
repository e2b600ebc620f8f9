// What a column of a table is, and which rows are chosen.

export interface Column<Row> {
  /** Names the column; unique in its table. */
  id: string;
  title: string;
  /** What a cell shows where the table's `cell` snippet has nothing for this column. */
  text?: (row: Row) => string;
  align?: "start" | "end";
  /** CSS width, as in `12ch`; without it the column takes what it needs. */
  width?: string;
  /** Takes the room that is left, and cuts its text. */
  grows?: boolean;
  /** Left out where the table has less room: `medium` below 900 px, `wide` below 1,150 px. */
  room?: "medium" | "wide";
}

/** The chosen keys after a click on a row's box, with Shift of all from the last click to there. */
export function chosenAfter(
  chosen: ReadonlySet<string>,
  keys: readonly string[],
  clicked: string,
  last: string | null,
  withShift: boolean,
): Set<string> {
  const next = new Set(chosen);
  const isOn = !chosen.has(clicked);
  const from = last === null || !withShift ? -1 : keys.indexOf(last);
  const to = keys.indexOf(clicked);
  const range = from < 0 ? [clicked] : keys.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const key of range) {
    if (isOn) next.add(key);
    else next.delete(key);
  }
  return next;
}

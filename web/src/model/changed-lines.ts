// The lines in which two texts differ, between what they share at their beginning and their end: enough
// to show a small change, not a comparison of whole versions.

export interface ChangedLine {
  kind: "gone" | "new";
  text: string;
  key: string;
}

const MOST = 12;

/** The lines that are gone and new, each side at most so many; pairs that are equal are left out. */
export function changedLines(before: string, after: string): ChangedLine[] {
  const left = before.split("\n");
  const right = after.split("\n");
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  let end = 0;
  const most = Math.min(left.length, right.length) - start;
  while (end < most && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  const gone = left.slice(start, left.length - end);
  const fresh = right.slice(start, right.length - end);
  const added = new Set(fresh);
  const taken = new Set(gone);
  return [
    ...gone
      .filter((line) => !added.has(line))
      .slice(0, MOST)
      .map((text, at) => ({ kind: "gone" as const, text, key: `gone ${at}` })),
    ...fresh
      .filter((line) => !taken.has(line))
      .slice(0, MOST)
      .map((text, at) => ({ kind: "new" as const, text, key: `new ${at}` })),
  ];
}

// Ways through a tree that a reader takes: to the next span that failed, to the next that a search
// finds, to the next whose name begins so. They see what is collapsed, too, and begin anew at the end.
import { type Forest, key, node, type Node } from "./forest.ts";
import type { Rows } from "./rows.ts";
import { spanName } from "./row.ts";
import { Flag, State } from "./spans.ts";

/** The next node after `from` for which `wanted` holds, backwards where asked; null where there is none. */
export function nextNode(
  forest: Forest,
  from: Node,
  wanted: (at: Node) => boolean,
  isBack = false,
): Node | null {
  const start = key(from.tree, from.place);
  let [before, after, first, last] = [-1, -1, -1, -1];
  let isPast = false;
  for (const at of forest.walk()) {
    if (at === start) {
      isPast = true;
      continue;
    }
    if (!wanted(node(at))) continue;
    if (first < 0) first = at;
    last = at;
    if (!isPast) before = at;
    else if (after < 0) {
      after = at;
      if (!isBack || before >= 0) break;
    }
  }
  const found = isBack ? (before >= 0 ? before : last) : after >= 0 ? after : first;
  return found >= 0 ? node(found) : null;
}

/** How many nodes failed. The run itself and the steps above a failure fail with it: only the innermost
 *  count. */
export function innermostFailures(forest: Forest): number {
  let found = 0;
  for (const { number, record } of forest.trees) {
    const { spans } = record;
    for (let place = number === 0 ? 0 : 1; place < spans.count; place += 1) {
      const state = spans.state[place];
      const isFailure = state === State.failed || state === State.timedOut;
      if (!isFailure && !spans.has(place, Flag.refused)) continue;
      if (!forest.failedBelow(number, place)) found += 1;
    }
  }
  return found;
}

/** Whether a node failed and none under it did. */
export function isInnermostFailure(forest: Forest, tree: number, place: number): boolean {
  return forest.failed(tree, place) && !forest.failedBelow(tree, place);
}

/** The next row whose name begins with what was typed. */
export function rowByName(forest: Forest, rows: Rows, from: number, typed: string): number | null {
  const text = typed.toLowerCase();
  const skip = typed.length > 1 ? 0 : 1;
  for (let step = 0; step < rows.count; step += 1) {
    const row = (from + step + skip) % rows.count;
    const at = rows.nodeAt(row);
    if (at && spanName(forest.record(at.tree), at.place).toLowerCase().startsWith(text)) return row;
  }
  return null;
}

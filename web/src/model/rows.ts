// The rows of a forest that are seen: what is not under something collapsed and what the filter lets
// through. What grows at the end of the tree costs what it adds; only what stands after the first
// change is laid out anew.
import { type Forest, key, node, type Node } from "./forest.ts";
import { isEmpty, Matcher, type TreeFilter } from "./tree-filter.ts";
import type { RunRecord } from "./record.ts";
import { ints, NONE, RUN } from "./spans.ts";

/** How a span is seen under a filter. */
export const Seen = { not: 0, asAncestor: 1, itself: 2 } as const;

export class Rows {
  count = 0;
  /** By row: the number of the run and the place of the span. */
  tree = new Int32Array(256);
  place = new Int32Array(256);

  readonly #forest: Forest;
  readonly #collapsed = new Set<number>();
  #filter: TreeFilter | null = null;
  /** By run: the row of each span or `NONE`, and how many spans and which states were looked at. */
  #known: Known[] = [];
  #isStale = true;

  constructor(forest: Forest) {
    this.#forest = forest;
  }

  get isFiltered(): boolean {
    return this.#filter !== null;
  }

  isCollapsed(tree: number, place: number): boolean {
    return this.#collapsed.has(key(tree, place));
  }

  /** Hides or shows what is under a span. */
  collapse(tree: number, place: number, isCollapsed: boolean): void {
    const at = key(tree, place);
    if (this.#collapsed.has(at) === isCollapsed) return;
    if (isCollapsed) this.#collapsed.add(at);
    else this.#collapsed.delete(at);
    this.#cutFrom(tree, place);
  }

  /** The same for many at once, which are laid out together. */
  collapseEach(nodes: Iterable<Node>, isCollapsed: boolean): void {
    for (const { tree, place } of nodes) {
      if (isCollapsed) this.#collapsed.add(key(tree, place));
      else this.#collapsed.delete(key(tree, place));
    }
    this.#isStale = true;
  }

  /** Collapses all spans with something under them but the run itself, or opens all. */
  collapseAll(isCollapsed: boolean): void {
    this.#collapsed.clear();
    if (isCollapsed) {
      for (const { number, record } of this.#forest.trees) {
        for (let place = RUN + 1; place < record.spans.count; place += 1) {
          if (this.#forest.hasChildren(number, place)) this.#collapsed.add(key(number, place));
        }
      }
    }
    this.#isStale = true;
  }

  /** Opens all that is above a span, so that it has a row. */
  reveal(at: Node): void {
    for (const { tree, place } of this.#forest.above(at.tree, at.place)) {
      this.collapse(tree, place, false);
    }
  }

  filter(filter: TreeFilter | null): void {
    this.#filter = filter && !isEmpty(filter) ? filter : null;
    this.#isStale = true;
  }

  /** Takes in what became of the forest. Call it once before a frame is drawn. */
  update(now: number): void {
    const { trees } = this.#forest;
    while (this.#known.length < trees.length) {
      this.#known.push({
        rows: new Int32Array(64).fill(NONE),
        spans: 0,
        states: -1,
        seen: null,
        among: null,
      });
    }
    const grew = trees.some(({ number, record }) => this.#hasNews(number, record.spans.count));
    if (this.#filter) {
      const changed = trees.some(
        ({ number, record }) => this.#known[number]?.states !== record.stateRevision,
      );
      if (this.#isStale || grew || changed) this.#layOut(now);
    } else if (this.#isStale) {
      this.#layOut(now);
    } else if (grew) {
      this.#grow();
    }
  }

  /** The row of a span, or `NONE`. */
  rowOf(tree: number, place: number): number {
    const row = this.#known[tree]?.rows[place] ?? NONE;
    return row < this.count && this.tree[row] === tree && this.place[row] === place ? row : NONE;
  }

  /** The span of a row. */
  nodeAt(row: number): Node | undefined {
    if (row < 0 || row >= this.count) return undefined;
    return { tree: this.tree[row] ?? 0, place: this.place[row] ?? 0 };
  }

  /** Whether a span of a filtered tree is there for its own sake. */
  isMatch(tree: number, place: number): boolean {
    return !this.#filter || this.#known[tree]?.seen?.[place] === Seen.itself;
  }

  /** Its place among its siblings, from 1, and how many those are; under a filter, those that it lets
   *  through. */
  among(tree: number, place: number): { position: number; setSize: number } {
    const { spans } = this.#forest.record(tree);
    const { ordinal, children } = this.#known[tree]?.among ?? spans;
    const parent = spans.parent[place] ?? NONE;
    return { position: ordinal[place] || 1, setSize: children[parent] || 1 };
  }

  /** How many spans the filter lets through for their own sake. */
  matches(): number {
    let found = 0;
    for (const { seen, spans } of this.#known) {
      for (let place = 0; place < spans; place += 1) if (seen?.[place] === Seen.itself) found += 1;
    }
    return found;
  }

  #hasNews(tree: number, spans: number): boolean {
    return this.#known[tree]?.spans !== spans;
  }

  /** Everything anew. */
  #layOut(now: number): void {
    this.#look(now);
    this.count = 0;
    this.#isStale = false;
    this.#push(0, RUN);
    this.#fill(this.#next(0, RUN));
  }

  /** Only what is after the first row that a new span moves. New spans come after their siblings, so
   *  the first under each parent that has a row says where. */
  #grow(): void {
    let keep = this.count;
    for (const { number, record } of this.#forest.trees) {
      const known = this.#known[number];
      if (!known) continue;
      const from = Math.max(known.spans, RUN + 1);
      const parents = new Set<number>();
      known.spans = record.spans.count;
      for (let place = from; place < record.spans.count; place += 1) {
        const parent = record.spans.parent[place] ?? RUN;
        if ((parent >= from && parent !== RUN) || parents.has(parent)) continue;
        parents.add(parent);
        const above = this.#forest.parent(number, place);
        if (above && this.#isOpen(above)) keep = Math.min(keep, this.#rowAfter(above));
      }
    }
    this.#refill(keep);
  }

  #isOpen({ tree, place }: Node): boolean {
    return this.rowOf(tree, place) !== NONE && !this.isCollapsed(tree, place);
  }

  /** The row after all that is under a span. Siblings without rows are new, and so are those after them. */
  #rowAfter(under: Node): number {
    for (let at: Node | null = under; at;) {
      const after = this.#forest.after(at.tree, at.place);
      if (after === NONE) break;
      const next = node(after);
      const row = this.rowOf(next.tree, next.place);
      if (row !== NONE) return row;
      at = this.#forest.parent(next.tree, next.place);
    }
    return this.count;
  }

  #cutFrom(tree: number, place: number): void {
    if (this.#filter || this.#isStale) {
      this.#isStale = true;
      return;
    }
    const row = this.rowOf(tree, place);
    if (row !== NONE) this.#refill(row + 1);
  }

  /** Keeps that many rows, and lays out what comes after them. */
  #refill(keep: number): void {
    this.count = Math.max(1, keep);
    const last = this.nodeAt(this.count - 1);
    if (last) this.#fill(this.#next(last.tree, last.place));
  }

  #fill(from: number): void {
    for (let at = from; at !== NONE;) {
      const { tree, place } = node(at);
      if (this.#filter && !this.#known[tree]?.seen?.[place]) {
        at = this.#forest.after(tree, place);
        continue;
      }
      this.#push(tree, place);
      at = this.#next(tree, place);
    }
  }

  #next(tree: number, place: number): number {
    const inside = this.isCollapsed(tree, place) ? NONE : this.#forest.first(tree, place);
    return inside === NONE ? this.#forest.after(tree, place) : inside;
  }

  #push(tree: number, place: number): void {
    const row = this.count;
    if (row === this.tree.length) {
      this.tree = ints(this.tree, row * 2);
      this.place = ints(this.place, row * 2);
    }
    this.count = row + 1;
    this.tree[row] = tree;
    this.place[row] = place;
    const known = this.#known[tree];
    if (!known) return;
    if (place >= known.rows.length) {
      known.rows = ints(known.rows, Math.max(place + 1, known.rows.length * 2));
    }
    known.rows[place] = row;
  }

  /** Looks which spans the filter lets through: children come after their parents, so one way back
   *  through each run marks all that is above, the runs from the innermost out. */
  #look(now: number): void {
    for (const { number, record, above } of this.#forest.trees.toReversed()) {
      const known = this.#known[number];
      if (!known) continue;
      known.spans = record.spans.count;
      known.states = record.stateRevision;
      if (!this.#filter) {
        known.seen = known.among = null;
        continue;
      }
      const seen = sized(known.seen, record.spans.count);
      const inner = this.#forest.trees.filter((tree) => tree.above?.tree === number);
      const matcher = new Matcher(record, this.#filter);
      for (const { number: below, above: at } of inner) {
        if (at && this.#known[below]?.seen?.[RUN]) seen[at.place] = Seen.asAncestor;
      }
      for (let place = record.spans.count - 1; place > RUN; place -= 1) {
        if (matcher.matches(place, now)) seen[place] = Seen.itself;
        if (seen[place]) seen[record.spans.parent[place] ?? RUN] ||= Seen.asAncestor;
      }
      if (!above && matcher.matches(RUN, now)) seen[RUN] = Seen.itself;
      known.seen = seen;
      known.among = counted(record, seen);
    }
  }
}

interface Known {
  rows: Int32Array<ArrayBuffer>;
  spans: number;
  states: number;
  seen: Uint8Array<ArrayBuffer> | null;
  among: Among | null;
}

/** By place, as the columns of these names: siblings that a filter lets through. */
type Among = Record<"ordinal" | "children", Int32Array>;

function counted({ spans }: RunRecord, seen: Uint8Array): Among {
  const [ordinal, children] = [new Int32Array(spans.count), new Int32Array(spans.count)];
  for (let place = RUN + 1; place < spans.count; place += 1) {
    const parent = spans.parent[place] ?? RUN;
    if (!seen[place]) continue;
    children[parent] = (children[parent] ?? 0) + 1;
    ordinal[place] = children[parent];
  }
  return { ordinal, children };
}

/** An empty array of that length, the old one where it is long enough. */
function sized(old: Uint8Array<ArrayBuffer> | null, length: number): Uint8Array<ArrayBuffer> {
  if (!old || old.length < length) return new Uint8Array(Math.max(64, length * 2));
  return old.fill(0);
}

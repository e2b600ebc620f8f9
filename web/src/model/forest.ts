// The tree of a run with the trees of its child runs in their places: a child run's spans stand under
// the span of the call that started it. A node is a run's number and a span's place in that run.
import { RunRecord } from "./record.ts";
import { Flag, NONE, RUN, State } from "./spans.ts";

/** One run in the forest. */
export interface Tree {
  readonly number: number;
  readonly run: string;
  readonly record: RunRecord;
  /** The node that it stands under; for the run itself there is none. */
  readonly above: Node | null;
  /** What its spans' depths are raised by. */
  readonly depth: number;
}

/** A span of one of the runs. */
export interface Node {
  readonly tree: number;
  readonly place: number;
}

/** Nodes as single numbers, for sets and maps. */
const WIDEST = 2 ** 32;

export function key(tree: number, place: number): number {
  return tree * WIDEST + place;
}

export function node(key: number): Node {
  return { tree: Math.floor(key / WIDEST), place: key % WIDEST };
}

export class Forest {
  readonly trees: Tree[] = [];
  readonly #below = new Map<number, Tree>();

  constructor(run: string, record = new RunRecord()) {
    this.trees.push({ number: 0, run, record, above: null, depth: 0 });
  }

  get root(): RunRecord {
    return this.record(0);
  }

  record(tree: number): RunRecord {
    const found = this.trees[tree];
    if (!found) throw new RangeError(`there is no tree ${tree}`);
    return found.record;
  }

  /** The child run that stands under a span, once it was put there. */
  under(tree: number, place: number): Tree | undefined {
    return this.#below.size ? this.#below.get(key(tree, place)) : undefined;
  }

  /** Puts the record of a child run under the span of its call. */
  mount(above: Node, run: string, record = new RunRecord()): Tree {
    const known = this.under(above.tree, above.place);
    if (known) return known;
    const depth = this.depth(above.tree, above.place);
    const tree = { number: this.trees.length, run, record, above, depth };
    this.trees.push(tree);
    this.#below.set(key(above.tree, above.place), tree);
    return tree;
  }

  /** 0 for the run itself. */
  depth(tree: number, place: number): number {
    const found = this.trees[tree];
    return (found?.depth ?? 0) + (found?.record.spans.depth[place] ?? 0);
  }

  /** Whether something stands, or can be fetched to stand, under it. */
  hasChildren(tree: number, place: number): boolean {
    const record = this.record(tree);
    return (record.spans.children[place] ?? 0) > 0 || record.childRun(place) !== undefined;
  }

  /** A node and all that stand beside it. */
  *siblings(tree: number, place: number): Generator<Node> {
    const { spans } = this.record(tree);
    const parent = spans.parent[place] ?? NONE;
    const first = parent === NONE ? place : (spans.firstChild[parent] ?? NONE);
    for (let at = first; at !== NONE; at = spans.next[at] ?? NONE) yield { tree, place: at };
  }

  /** The first node under a node, as a key; `NONE` where there is none. */
  first(tree: number, place: number): number {
    const child = this.record(tree).spans.firstChild[place] ?? NONE;
    if (child !== NONE) return key(tree, child);
    const below = this.under(tree, place);
    const first = below ? (below.record.spans.firstChild[RUN] ?? NONE) : NONE;
    return below && first !== NONE ? key(below.number, first) : NONE;
  }

  /** The node after a node and all that is under it, as a key; `NONE` at the end. */
  after(tree: number, place: number): number {
    let [atTree, at] = [tree, place];
    for (;;) {
      const { spans } = this.record(atTree);
      const next = spans.next[at] ?? NONE;
      if (next !== NONE) return key(atTree, next);
      at = spans.parent[at] ?? NONE;
      if (at === NONE) return NONE;
      if (at !== RUN) continue;
      const above = this.trees[atTree]?.above;
      if (!above) return NONE;
      ({ tree: atTree, place: at } = above);
    }
  }

  /** The node that a node stands under; none for the run itself. */
  parent(tree: number, place: number): Node | null {
    const parent = this.record(tree).spans.parent[place] ?? NONE;
    const outside = this.trees[tree]?.above ?? null;
    if (parent === NONE || (parent === RUN && outside)) return outside;
    return { tree, place: parent };
  }

  /** The nodes above a node, the nearest first. */
  *above(tree: number, place: number): Generator<Node> {
    for (let at = this.parent(tree, place); at; at = this.parent(at.tree, at.place)) yield at;
  }

  /** All nodes in the order of a tree that is wholly open, the run itself first. */
  *walk(): Generator<number> {
    let at = key(0, RUN);
    while (at !== NONE) {
      yield at;
      const { tree, place } = node(at);
      const inside = this.first(tree, place);
      at = inside === NONE ? this.after(tree, place) : inside;
    }
  }

  /** Whether a node failed itself: it ended so, or a call was refused under it. */
  failed(tree: number, place: number): boolean {
    const { spans } = this.record(tree);
    const state = spans.state[place];
    return state === State.failed || state === State.timedOut || spans.has(place, Flag.refused);
  }

  /** Whether something under a node failed, as far as it is known: in a child run, too. */
  failedBelow(tree: number, place: number): boolean {
    if (this.record(tree).spans.has(place, Flag.failedBelow)) return true;
    return this.under(tree, place)?.record.spans.has(RUN, Flag.failedBelow) ?? false;
  }
}

// One run as somebody looks at it: its records, which rows are seen, what part of the time, what is
// chosen. Records grow outside of Svelte; `tick` moves once a frame when there is something to draw.
import { presentFrame } from "./run-frame.ts";
import type { ApiProblem } from "../api/problem.ts";
import { nowUs } from "../base/time.ts";
import { Axis } from "../model/axis.ts";
import { Forest, type Node, type Tree } from "../model/forest.ts";
import { Overview } from "../model/overview.ts";
import type { RunRecord } from "../model/record.ts";
import { type Row, rowAt, type Scene } from "../model/row.ts";
import { Rows } from "../model/rows.ts";
import { NONE, RUN } from "../model/spans.ts";
import { innermostFailures, isInnermostFailure, nextNode } from "../model/walks.ts";
import { Matcher, parseFilter, type TreeFilter } from "../model/tree-filter.ts";
import { type View, whole, within, zoom } from "../model/waterfall.ts";
import { feed, type FeedState } from "./run-feed.ts";

/** A row that is to be brought into sight. */
export interface Wanted {
  readonly row: number;
  readonly how: "nearest" | "centre";
}

/** Steps of growth between a length and its double. */
const GROWTH_STEPS = 32;
/** What is followed does not jump far more often than this, in milliseconds, nor farther than so many rows. */
const JUMP_MS = 600;
const NEAR_ROWS = 20;

/** A filter over a large tree is applied anew no more often than this, in milliseconds. */
const FILTER_MS = 200;
/** How often bars of what is open grow, where nothing else happens, and what is slow is drawn. */
const GROW_MS = 100;

export class RunView {
  readonly forest: Forest;
  readonly rows: Rows;
  /** Moves once a frame: what reads it is drawn anew. */
  tick = $state(0);
  /** The same for what need not be drawn anew with each frame: words and numbers beside the tree. */
  slow = $state(0);
  chosen = $state.raw<Node | null>(null);
  follows = $state(false);
  filterText = $state("");
  /** Whether rows that are not looked for are left out, or all are shown and those marked. */
  isFiltering = $state(true);
  isFolded = $state(true);
  /** The part of the time that is seen; null for all of it. */
  zoomed = $state.raw<View | null>(null);
  feedState = $state<FeedState>("coming");
  problem = $state.raw<ApiProblem | null>(null);
  wanted = $state.raw<Wanted | null>(null);
  /** Width of the lane of bars, in pixels. */
  lane = $state(300);

  axis: Axis;
  overview: Overview;
  filter: TreeFilter = parseFilter("");
  readonly #stops: (() => void)[] = [];
  readonly #children = new Map<string, FeedState>();
  readonly #frame = presentFrame(() => this.#paint());
  #matchers: Matcher[] = [];
  #filteredAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #breaks = -1;
  #pendingPath: string | null = null;
  #slowAt = 0;
  #jumpedAt = 0;
  #wasOver = false;
  #counted = { states: -1, failures: 0 };

  constructor(readonly run: string) {
    this.forest = new Forest(run);
    this.rows = new Rows(this.forest);
    this.axis = new Axis(0, [], 0);
    this.overview = new Overview(this.forest.root);
  }

  /** Begins to watch. To be ended with `stop`. */
  start(): void {
    const listener = {
      changed: () => this.changed(),
      state: (state: FeedState) => {
        this.feedState = state;
        this.changed();
      },
      problem: (problem: ApiProblem) => (this.problem = problem),
    };
    this.#stops.push(feed(this.run, this.record, listener));
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    clearTimeout(this.#timer);
    this.#frame.cancel();
  }

  get record(): RunRecord {
    return this.forest.root;
  }

  /** The present, for what is open; the end, for a run that is over. */
  get now(): number {
    return this.record.isOver ? this.record.latestAt : Math.max(this.record.latestAt, nowUs());
  }

  /** How long all of it is shown, in microseconds. While the run goes on there is a little room at the
   *  end, so that its growth moves what is drawn in steps and not with each frame. */
  get length(): number {
    const length = Math.max(10, this.axis.shown(this.now));
    if (this.record.isOver) return length;
    const step = 2 ** Math.floor(Math.log2(length)) / GROWTH_STEPS;
    return Math.ceil(length / step) * step;
  }

  get view(): View {
    return this.zoomed ? within(this.zoomed, this.length) : whole(this.length);
  }

  /** Asks for a frame: something has changed. */
  changed(): void {
    this.#frame.ask();
  }

  /** What a row shows now. Reading it in a template draws it anew with each tick. */
  rowAt(at: number): Row | null {
    return this.tick >= 0 ? rowAt(this.scene(), at) : null;
  }

  scene(): Scene {
    const { forest, rows, axis, view, now } = this;
    return { forest, rows, axis, view, now, pixels: Math.max(1, this.lane) };
  }

  /** Whether a node is what the search looks for, where rows are not filtered. */
  isHit(tree: number, place: number): boolean {
    if (this.isFiltering || !this.filterText.trim()) return false;
    const matcher = (this.#matchers[tree] ??= new Matcher(this.forest.record(tree), this.filter));
    return matcher.matches(place, this.now);
  }

  search(text: string): void {
    this.filterText = text;
    this.filter = parseFilter(text);
    this.#matchers = [];
    this.rows.filter(this.isFiltering ? this.filter : null);
    this.#filteredAt = 0;
    this.changed();
  }

  setFiltering(isFiltering: boolean): void {
    this.isFiltering = isFiltering;
    this.search(this.filterText);
  }

  fold(isFolded: boolean): void {
    this.isFolded = isFolded;
    this.zoomed = null;
    this.#breaks = -1;
    this.changed();
  }

  look(view: View | null): void {
    this.zoomed = view ? within(view, this.length) : null;
    this.changed();
  }

  /** Shows less time around the middle of what is seen, or more where the factor is above 1. */
  zoomBy(factor: number): void {
    const { from, to } = this.view;
    this.look(zoom({ from, to }, (from + to) / 2, factor, this.length));
  }

  /** Chooses a span and brings its row into sight. */
  choose(node: Node, how: Wanted["how"] = "nearest"): void {
    this.chosen = node;
    this.#pendingPath = null;
    this.rows.reveal(node);
    this.rows.update(this.now);
    this.wanted = { row: this.chosenRow, how };
    this.changed();
  }

  chooseRow(row: number): void {
    const node = this.rows.nodeAt(Math.max(0, Math.min(row, this.rows.count - 1)));
    if (node) this.choose(node);
  }

  /** The row of what is chosen, or of the nearest above it that the filter lets through; that of the
   *  run where nothing is. */
  get chosenRow(): number {
    for (let at = this.chosen; at; at = this.forest.parent(at.tree, at.place)) {
      const row = this.rows.rowOf(at.tree, at.place);
      if (row !== NONE) return row;
    }
    return 0;
  }

  isChosen({ tree, place }: Node): boolean {
    return this.chosen?.tree === tree && this.chosen.place === place;
  }

  /** Opens or closes what is under a span. The record of a child run is fetched when it is first opened. */
  expand(node: Node, isExpanded: boolean): void {
    this.rows.collapse(node.tree, node.place, !isExpanded);
    if (isExpanded) this.#mount(node);
    else this.#stepOut();
    this.changed();
  }

  /** Opens a span and all beside it; of child runs, the records of those in these rows are fetched. */
  expandSiblings(node: Node, first: number, last: number): void {
    const all = [...this.forest.siblings(node.tree, node.place)];
    for (const one of all) {
      const row = this.rows.rowOf(one.tree, one.place);
      if (row >= first && row <= last) this.#mount(one);
    }
    this.rows.collapseEach(all, false);
    this.changed();
  }

  expandAll(isExpanded: boolean): void {
    this.rows.collapseAll(!isExpanded);
    this.#stepOut();
    this.changed();
  }

  /** What is hidden under something closed is chosen no more, but what was closed. */
  #stepOut(): void {
    if (!this.chosen) return;
    const above = [...this.forest.above(this.chosen.tree, this.chosen.place)];
    const closed = above.findLast(({ tree, place }) => this.rows.isCollapsed(tree, place));
    if (closed) this.choose(closed);
  }

  /** How far the record of a child run is, once somebody opened it. */
  childState(run: string): FeedState | undefined {
    return this.slow >= 0 ? this.#children.get(run) : undefined;
  }

  /** How many spans failed, the innermost of each failure. */
  get failureCount(): number {
    const states = this.forest.trees.reduce((sum, { record }) => sum + record.stateRevision, 0);
    if (states !== this.#counted.states) {
      this.#counted = { states, failures: innermostFailures(this.forest) };
    }
    return this.#counted.failures;
  }

  /** Goes to the next failure, or the one before. */
  nextFailure(isBack = false): boolean {
    const { forest } = this;
    return this.#goNext(({ tree, place }) => isInnermostFailure(forest, tree, place), isBack);
  }

  /** Goes to the next span that the search finds. */
  nextHit(isBack = false): boolean {
    const matchers = this.forest.trees.map(({ record }) => new Matcher(record, this.filter));
    return this.#goNext(({ tree, place }) => !!matchers[tree]?.matches(place, this.now), isBack);
  }

  #goNext(wanted: (at: Node) => boolean, isBack: boolean): boolean {
    const from = this.chosen ?? { tree: 0, place: RUN };
    const found = nextNode(this.forest, from, wanted, isBack);
    if (found) this.choose(found, "centre");
    return found !== null;
  }

  /** Goes to a span by the numbers of it and of the calls above it, or to that of a call by `@` and the call's
   *  number, as soon as the record has it. */
  goTo(path: string): void {
    this.#pendingPath = path;
    this.changed();
  }

  /** The numbers by which `goTo` finds a span. */
  pathOf(node: Node): string {
    const ids: number[] = [];
    for (let at: Node | null = node; at; at = this.forest.trees[at.tree]?.above ?? null) {
      ids.unshift(this.forest.record(at.tree).spans.id[at.place] ?? 0);
    }
    return ids.join("/");
  }

  /** The child run under a span, once it is known which that is. */
  #mount(node: Node): Tree | undefined {
    const known = this.forest.under(node.tree, node.place);
    const run = this.forest.record(node.tree).childRun(node.place);
    if (known || !run) return known;
    const tree = this.forest.mount(node, run);
    this.#children.set(run, "coming");
    const state = (state: FeedState) => {
      this.#children.set(run, state);
      this.changed();
    };
    this.#stops.push(feed(run, tree.record, { changed: () => this.changed(), state }));
    return tree;
  }

  #paint(): void {
    const { record, now } = this;
    this.#measure();
    this.overview.update(this.axis);
    const isHeld = this.rows.isFiltered && performance.now() - this.#filteredAt < FILTER_MS;
    if (!isHeld) {
      this.rows.update(now);
      this.#filteredAt = performance.now();
    }
    if (this.#pendingPath !== null) this.#arrive(this.#pendingPath);
    // The last thing that happens is followed, too.
    if (this.follows && !this.#wasOver) this.#followLast();
    this.#wasOver = record.isOver;
    this.tick += 1;
    const isDue = performance.now() - this.#slowAt >= GROW_MS;
    if (isDue) {
      this.#slowAt = performance.now();
      this.slow += 1;
    }
    clearTimeout(this.#timer);
    const goesOn = !record.isOver && record.cursor > 0;
    if (goesOn || !isDue || isHeld) this.#timer = setTimeout(() => this.changed(), GROW_MS);
  }

  /** The axis is made anew where there are other breaks, or one that goes on. */
  #measure(): void {
    const { breaks } = this.record.attempts;
    const isOpen = breaks.at(-1)?.to === null;
    const isSame = this.#breaks === breaks.length && !isOpen;
    const origin = this.record.spans.start[RUN] ?? 0;
    if (isSame && this.axis.origin === origin) return;
    const wasFolded = this.axis.isFolded === this.isFolded && this.axis.origin === origin;
    this.axis = new Axis(origin, breaks, this.now, this.isFolded);
    this.#breaks = isOpen ? -1 : breaks.length;
    if (!wasFolded) this.overview = new Overview(this.record);
  }

  #followLast(): void {
    const last = this.record.spans.count - 1;
    const found = this.rows.rowOf(0, last);
    const row = found === NONE ? this.rows.count - 1 : found;
    const isFar = Math.abs(row - (this.wanted?.row ?? row)) > NEAR_ROWS;
    if (isFar && performance.now() - this.#jumpedAt < JUMP_MS) return;
    if (isFar) this.#jumpedAt = performance.now();
    if (row !== this.wanted?.row) this.wanted = { row, how: "nearest" };
  }

  /** Goes down the numbers of a path as far as the records have come, and gives up where one is whole,
   *  or cannot be had, and has no such span. */
  #arrive(path: string): void {
    const steps = path.split("/");
    let tree = this.forest.trees[0];
    while (tree) {
      const { number, run, record } = tree;
      const step = steps.shift() ?? "";
      const place = step.startsWith("@")
        ? record.calls.get(Number(step.slice(1)))?.span
        : record.spans.place(Number(step));
      if (place !== undefined && steps.length === 0) {
        this.choose({ tree: number, place }, "centre");
        return;
      }
      tree = place === undefined ? undefined : this.#mount({ tree: number, place });
      const state = number === 0 ? this.feedState : this.#children.get(run);
      if (!tree && state !== "coming") this.#pendingPath = null;
    }
  }
}

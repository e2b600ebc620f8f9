// Which line of the source a span is from, and which spans a line has: in both directions, as the run
// grows. A failure says its line itself; the others are looked up among the sites of the source.
import type { RunRecord } from "./record.ts";
import { type Site, sitesOf } from "./python-sites.ts";
import { NONE, RUN, State } from "./spans.ts";

/** How sure a line is: said by the run, the only one that fits, or one of several. */
export type Certainty = "said" | "only" | "likely";

/** What the spans of a line came to. */
export interface LineUse {
  count: number;
  open: number;
  failed: number;
  /** Of those that ended, in microseconds. */
  took: number;
}

/** Spans of one line that are listed. */
const MOST_LISTED = 1_000;

export class Lines {
  readonly #sites: readonly Site[];
  /** By span: the site, as its place among the sites, or `NONE`. */
  readonly #siteOf: number[] = [NONE];
  readonly #isOnly: boolean[] = [true];
  readonly #uses = new Map<number, LineUse>();
  #used = RUN + 1;
  #closed = 0;
  readonly #choices = new Map<string, readonly [number, boolean]>();

  constructor(
    readonly record: RunRecord,
    readonly source: string,
  ) {
    this.#sites = sitesOf(source);
  }

  /** The line of a span, from 1; null where nobody can say. */
  of(place: number): { line: number; endLine: number; certainty: Certainty } | null {
    this.#update();
    const site = this.#sites[this.#siteOf[place] ?? NONE];
    const said = this.record.spans.line[place] ?? 0;
    if (said) return { line: said, endLine: said, certainty: "said" };
    if (!site) return null;
    const certainty = this.#isOnly[place] ? "only" : "likely";
    return { line: site.line, endLine: site.endLine, certainty };
  }

  /** The spans of a line in the order of their beginning, at most a thousand. */
  spansOf(line: number): number[] {
    this.#update();
    const found: number[] = [];
    for (let place = RUN + 1; place < this.record.spans.count; place += 1) {
      if (this.#lineOf(place) === line && found.push(place) === MOST_LISTED) break;
    }
    return found;
  }

  /** What each line came to, by line. The same map each time, brought up to date: what came since is
   *  all that is looked at. */
  uses(): ReadonlyMap<number, LineUse> {
    this.#update();
    const { spans, ended } = this.record;
    for (; this.#used < this.#siteOf.length; this.#used += 1) {
      const use = this.#useOf(this.#used);
      if (use) {
        use.count += 1;
        use.open += 1;
      }
    }
    for (; this.#closed < ended.length; this.#closed += 1) {
      const place = ended[this.#closed] ?? RUN;
      if (place >= this.#used) break;
      const use = this.#useOf(place);
      if (!use) continue;
      use.open -= 1;
      use.took += (spans.end[place] ?? 0) - (spans.start[place] ?? 0);
      if (spans.state[place] === State.failed) use.failed += 1;
    }
    return this.#uses;
  }

  #useOf(place: number): LineUse | undefined {
    const line = this.#lineOf(place);
    if (!line) return undefined;
    let use = this.#uses.get(line);
    if (!use) this.#uses.set(line, (use = { count: 0, open: 0, failed: 0, took: 0 }));
    return use;
  }

  /** The line that opens the span: where it failed is another one. */
  #lineOf(place: number): number {
    return this.#sites[this.#siteOf[place] ?? NONE]?.line ?? 0;
  }

  #update(): void {
    const { spans, events } = this.record;
    for (let place = this.#siteOf.length; place < spans.count; place += 1) {
      // A call is known as one by the event after its span's first: until that comes, nobody can say.
      const last = this.record.cursor;
      if (events.kindOf(last) === "span_started" && events.span[last - 1] === place) return;
      const parent = this.#siteOf[spans.parent[place] ?? RUN] ?? NONE;
      const [site, isOnly] = this.#choose(place, parent);
      this.#siteOf.push(site);
      this.#isOnly.push(isOnly);
    }
  }

  /** The site of a span: within the block of the step that it stands in, where one fits there. */
  #choose(place: number, parent: number): readonly [number, boolean] {
    const kind = this.record.kindWord(place);
    const operation = this.#operation(place);
    const name = this.record.name(place);
    const choice = `${parent} ${kind} ${operation ?? ""} ${name}`;
    const known = this.#choices.get(choice);
    if (known) return known;
    const fitting = this.#sites
      .map((site, at) => ({ site, at }))
      .filter(({ site }) => site.kind === kind && site.isNamed(name))
      .filter(({ site }) => !site.operation || !operation || site.operation === operation);
    const block = this.#sites[parent];
    const inside = fitting.filter(
      ({ site }) => block && site.line >= block.line && site.line <= block.endLine,
    );
    const chosen = (inside.length ? inside : fitting).at(0)?.at ?? NONE;
    const found = [chosen, (inside.length || fitting.length) === 1] as const;
    this.#choices.set(choice, found);
    return found;
  }

  #operation(place: number): string | null {
    const request = this.record.callOf(place)?.request;
    if (request?.operation === "http") return request.method;
    return request && "action" in request ? request.action.operation : null;
  }
}

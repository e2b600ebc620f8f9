// The sources of the runs in a view, each fetched once when it is first asked for, with the lines of
// their spans.
import { api, ok } from "../../api/client.ts";
import { asProblem, type ApiProblem } from "../../api/problem.ts";
import { type LineFound, Lines } from "../../model/lines.ts";
import type { RunView } from "../../ui/run-view.svelte.ts";

/** A source, why there is none, or nothing while it comes. */
export interface SourceOf {
  readonly lines: Lines | null;
  readonly problem: ApiProblem | null;
}

const COMING: SourceOf = { lines: null, problem: null };

/** What else there is to say of a line, to be put behind its number. */
export function aboutLine({ is, isCopied }: LineFound): string {
  const why = {
    opened: "",
    failed: ", where it failed",
    above: ", which opened the step around it",
  };
  return why[is] + (isCopied ? ", in the run that this one was forked from" : "");
}

export class RunSources {
  #found = $state.raw<ReadonlyMap<string, SourceOf>>(new Map());
  readonly #asked = new Set<string>();

  constructor(readonly view: RunView) {}

  /** The source of a tree of the view. */
  of(tree: number): SourceOf {
    const run = this.view.forest.trees[tree]?.run;
    return (run === undefined ? undefined : this.#found.get(run)) ?? COMING;
  }

  /** Asks for it. To be called from an effect. */
  ask(tree: number, isAgain = false): void {
    const found = this.view.forest.trees[tree];
    if (!found || (this.#asked.has(found.run) && !isAgain)) return;
    this.#asked.add(found.run);
    void this.#fetch(found.run, tree);
  }

  async #fetch(run: string, tree: number): Promise<void> {
    let source: SourceOf;
    try {
      const got = await ok(api.GET("/v1/runs/{run}/source", { params: { path: { run } } }));
      source = { lines: new Lines(this.view.forest.record(tree), got.source), problem: null };
    } catch (caught) {
      source = { lines: null, problem: asProblem(caught) };
    }
    this.#found = new Map(this.#found).set(run, source);
  }
}

// The run that was started from the editor: its record as it grows, and what it says of the lines of
// the source that it ran. Lines of a source that was changed since are moved no more: they are not shown.
import type { Failure } from "../../api/words.ts";
import { count, formatDuration } from "../../base/time.ts";
import { grantsOfRun, type GrantsOfRun } from "../../model/grant-table.ts";
import type { Json } from "../../model/json.ts";
import { Lines } from "../../model/lines.ts";
import { RunView } from "../../ui/run-view.svelte.ts";
import type { LineNote } from "./surface.ts";

export class LastRun {
  readonly view: RunView;
  readonly #lines: Lines;
  #notes: { revision: number; notes: Map<number, LineNote> } = { revision: -1, notes: new Map() };

  constructor(
    readonly run: string,
    readonly flow: string,
    readonly source: string,
    readonly input: Json,
  ) {
    this.view = new RunView(run);
    this.#lines = new Lines(this.view.record, source);
    this.view.start();
  }

  stop(): void {
    this.view.stop();
  }

  /** Reading it in a template draws it anew as the run goes on. */
  get isOver(): boolean {
    return this.view.tick >= 0 && this.view.record.isOver;
  }

  get state(): string {
    return this.view.tick >= 0 ? this.view.record.stateWord(0) : "";
  }

  /** Why it failed. It does not move with the ticks: a fix is tried once for a failure. */
  readonly failure = $derived.by((): Failure | null => {
    const outcome = this.view.tick >= 0 ? this.view.record.outcome : null;
    return outcome && "failure" in outcome ? outcome.failure : null;
  });

  get output(): { value: unknown } | null {
    const outcome = this.view.tick >= 0 ? this.view.record.outcome : null;
    return outcome && "output" in outcome ? { value: outcome.output } : null;
  }

  get grants(): GrantsOfRun | null {
    return this.view.tick >= 0 ? grantsOfRun(this.view.record) : null;
  }

  /** What stands beside the lines. */
  get notes(): ReadonlyMap<number, LineNote> {
    const revision = this.view.tick >= 0 ? this.view.record.revision : 0;
    if (this.#notes.revision === revision) return this.#notes.notes;
    const notes = new Map<number, LineNote>();
    for (const [line, use] of this.#lines.uses()) {
      const times = use.count > 1 ? `${use.count}×` : "";
      const took = use.took > 0 ? formatDuration(use.took) : "";
      const failed = use.failed ? `${use.failed} failed` : "";
      const open = use.open ? "running" : "";
      notes.set(line, {
        text: [times, took, failed, open].filter(Boolean).join(" · "),
        tone: use.failed ? "bad" : use.open ? "run" : "ok",
        spoken: `${count(use.count, "span")} in the last run${took ? `, ${took} together` : ""}${failed ? `, ${failed}` : ""}`,
      });
    }
    const frame = this.failure?.frames.filter((one) => one.own && one.line).at(-1);
    if (frame?.line) {
      const before = notes.get(frame.line);
      const text = [before?.text, "failed here"].filter(Boolean).join(" · ");
      notes.set(frame.line, {
        text,
        tone: "bad",
        spoken: `${before?.spoken ?? ""} The run failed here.`,
      });
    }
    this.#notes = { revision, notes };
    return notes;
  }

  /** The line of the span that is chosen in the tree. */
  get chosenLine(): number | null {
    const { chosen } = this.view;
    if (!chosen || chosen.tree !== 0) return null;
    return this.#lines.of(chosen.place)?.line ?? null;
  }

  /** Chooses the next span of a line; answers whether there is one. */
  chooseLine(line: number): boolean {
    const spans = this.#lines.spansOf(line);
    const { chosen } = this.view;
    const at = chosen?.tree === 0 ? spans.indexOf(chosen.place) : -1;
    const place = spans[(at + 1) % spans.length];
    if (place === undefined) return false;
    this.view.choose({ tree: 0, place }, "centre");
    return true;
  }
}

// Lines of a log that somebody looks for, kept while the log grows: each line is looked at once.
import { LEVELS, type Level, type Logs } from "./logs.ts";

export class FoundLogs {
  readonly places: number[] = [];
  #looked = 0;

  constructor(
    readonly logs: Logs,
    readonly least: Level,
    readonly text: string,
  ) {}

  /** Whether every line is let through. */
  get isAll(): boolean {
    return this.least === "debug" && this.text === "";
  }

  /** Looks at the lines that came since; answers with how many there are now. */
  update(): number {
    const least = LEVELS.indexOf(this.least);
    const text = this.text.toLowerCase();
    for (; this.#looked < this.logs.count; this.#looked += 1) {
      const at = this.#looked;
      if ((this.logs.level[at] ?? 0) < least) continue;
      if (text && !(this.logs.messages[at] ?? "").toLowerCase().includes(text)) continue;
      this.places.push(at);
    }
    return this.places.length;
  }
}

// The server's check of the source, as one types: asked 300 ms after the last key, the newest wins,
// and what is known stays until there is something newer. What no server checked is checked once there
// is one.
import { api, ok } from "../../api/client.ts";
import { whenBack } from "../../api/live.ts";
import { asProblem, isOfNobody, type ApiProblem } from "../../api/problem.ts";
import type { FlowDescription, Validated } from "../../api/words.ts";

const QUIET_MS = 300;

export class Checking {
  /** What was told last, with the source that it is about. */
  result = $state.raw<{ source: string; checked: Validated } | null>(null);
  problem = $state.raw<ApiProblem | null>(null);
  isBusy = $state(false);
  /** The flows that the source had when it could be loaded last. */
  flows = $state.raw<readonly FlowDescription[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #abort: AbortController | null = null;
  /** The source that was to be checked last. */
  #wanted = "";
  readonly #forget = whenBack(() => {
    if (this.problem !== null && isOfNobody(this.problem)) void this.check(this.#wanted);
  });

  /** Checks a source soon. */
  schedule(source: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.check(source), QUIET_MS);
  }

  /** Checks a source now. */
  async check(source: string): Promise<void> {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    const mine = new AbortController();
    this.#abort = mine;
    this.#wanted = source;
    this.isBusy = true;
    try {
      const body = { source };
      const checked = await ok(api.POST("/v1/validate", { body, signal: mine.signal }));
      if (this.#abort !== mine) return;
      this.result = { source, checked };
      this.problem = null;
      const flows = checked.description?.flows ?? [];
      if (flows.length || checked.is_valid) this.flows = flows;
    } catch (caught) {
      if (this.#abort !== mine) return;
      this.problem = asProblem(caught);
    }
    this.isBusy = false;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#forget();
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = null;
  }
}

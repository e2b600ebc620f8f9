// The saved flows with what the list shows beside them: their last runs, kept as they are now, and
// who saved them, where the token may know that.
import { api, ok } from "../../api/client.ts";
import { live } from "../../api/live.ts";
import type { FlowSummary, RunSummary } from "../../api/words.ts";
import { saversByDigest } from "../../model/audit-filter.ts";
import { stripsOf, withChanged } from "../../model/run-strip.ts";

/** Runs in a strip. */
export const STRIP = 10;
/** Runs that are listed at once; flows that are not among them are asked for one by one. */
const RECENT = 300;
/** Runs that are kept at most, however long the page is open. */
const KEPT = 3_000;
/** Requests at the same time. */
const AT_ONCE = 4;

/** One part of the flows with these words in name or summary. */
export async function listFlows(text: string, after: string | null, signal: AbortSignal) {
  const query = { limit: 50, ...(text ? { text } : {}), ...(after ? { after } : {}) };
  return ok(api.GET("/v1/flows", { params: { query }, signal }));
}

/** Who saved which source, by its digest; empty where the token may not see the audit. */
export async function savers(mayAudit: boolean): Promise<Map<string, string>> {
  if (!mayAudit) return new Map();
  try {
    const page = await ok(api.GET("/v1/audit", { params: { query: { limit: 500 } } }));
    return saversByDigest(page.items);
  } catch {
    // The list is whole without it.
    return new Map();
  }
}

/** The last runs of flows. */
export class Strips {
  #runs = $state.raw<readonly RunSummary[]>([]);
  #strips = $derived(stripsOf(this.#runs, STRIP));
  #asked = new Set<string>();
  #isRecentLoaded = false;

  /** The last runs of a flow, the oldest first. */
  of(flow: string): readonly RunSummary[] {
    return this.#strips.get(flow) ?? [];
  }

  /** Loads what is missing for these flows. What cannot be loaded is left out. */
  async load(flows: readonly FlowSummary[]): Promise<void> {
    if (!this.#isRecentLoaded) {
      this.#isRecentLoaded = true;
      await this.#list({ limit: RECENT });
    }
    const missing = flows.map(({ flow }) => flow).filter((flow) => !this.#asked.has(flow));
    const queue = missing.filter((flow) => this.of(flow).length < STRIP);
    for (const flow of missing) this.#asked.add(flow);
    const worker = async (): Promise<void> => {
      for (let flow = queue.shift(); flow !== undefined; flow = queue.shift()) {
        await this.#list({ flow, limit: STRIP });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /** Keeps them as they are now until the answered function is called. */
  watch(): () => void {
    return live.watchRuns(
      {},
      {
        runs: (runs) => (this.#runs = withChanged(this.#runs, runs).slice(0, KEPT)),
        gap: () => void this.#list({ limit: RECENT }),
      },
    );
  }

  async #list(query: { flow?: string; limit: number }): Promise<void> {
    try {
      const page = await ok(api.GET("/v1/runs", { params: { query } }));
      const all = withChanged(this.#runs, page.items);
      this.#runs = all.sort((a, b) => b.created_at_us - a.created_at_us).slice(0, KEPT);
    } catch {
      // The list of flows is whole without its strips.
    }
  }
}

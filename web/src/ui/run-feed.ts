// Brings the record of a run into the page and keeps it growing: one watch on the page's socket, from
// the record's cursor on, whether the run is over or goes on. A gap is asked for again, never passed over.
import { live } from "../api/live.ts";
import type { ApiProblem } from "../api/problem.ts";
import type { RunRecord } from "../model/record.ts";

/** How far a record is: still coming, whole, or not there for whoever asks. */
export type FeedState = "coming" | "whole" | "not_found" | "refused";

export interface FeedListener {
  /** Something was taken in. */
  changed(): void;
  state(state: FeedState): void;
  problem?(problem: ApiProblem): void;
}

/** Feeds a record until the answered function is called. */
export function feed(run: string, record: RunRecord, listener: FeedListener): () => void {
  let stop: (() => void) | null = null;
  let isStopped = false;
  const watch = () => {
    stop = live.watchRun(run, record.cursor, {
      events(events) {
        const isWhole = record.apply(events);
        listener.changed();
        if (!isWhole && !isStopped) {
          stop?.();
          watch();
        }
      },
      speech(pieces) {
        record.hear(pieces);
        listener.changed();
      },
      end: (reason) => listener.state(reason === "run_ended" ? "whole" : reason),
      problem: (problem) => listener.problem?.(problem),
    });
  };
  watch();
  return () => {
    isStopped = true;
    stop?.();
  };
}

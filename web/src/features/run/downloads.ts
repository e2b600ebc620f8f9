// Files that the reader takes along: what the server has is asked for with the token, so a plain link
// would not do; what the page has is made here. Names of files are ours or cleaned.
import { api, ok } from "../../api/client.ts";
import type { RunRecord } from "../../model/record.ts";
import { chromeTrace } from "../../model/chrome-trace.ts";
import { tellProblem } from "../../ui/toasts.svelte.ts";

/** Gives the reader a file. */
function give(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name.replaceAll(/[^\w.-]+/g, "_").slice(0, 120);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Bytes beside a call, by their digest. */
export async function downloadPayload(run: string, digest: string): Promise<void> {
  try {
    const path = { run, digest };
    const options = { params: { path }, parseAs: "blob" } as const;
    give(
      `${run}-${digest.slice(0, 12)}`,
      await ok(api.GET("/v1/runs/{run}/payloads/{digest}", options)),
    );
  } catch (caught) {
    tellProblem(caught);
  }
}

/** The record, the source and the attachments as one file that `sluice runs import` takes in. */
export async function downloadRecord(run: string): Promise<void> {
  try {
    const options = { params: { path: { run } }, parseAs: "blob" } as const;
    give(`${run}.jsonl`, await ok(api.GET("/v1/runs/{run}/export", options)));
  } catch (caught) {
    tellProblem(caught);
  }
}

/** The run for Perfetto and chrome://tracing. */
export function downloadTrace(run: string, record: RunRecord, now: number): void {
  give(
    `${run}.trace.json`,
    new Blob([chromeTrace(run, record, now)], { type: "application/json" }),
  );
}

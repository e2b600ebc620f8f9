// The open questions of the tenant, kept as they are now: listed when somebody begins to look, and
// again only when the socket tells of a run that may ask. The sidebar takes its count from here.
import { api, ok } from "../../api/client.ts";
import { live } from "../../api/live.ts";
import { asProblem, type ApiProblem } from "../../api/problem.ts";
import type { AskSummary, RunSummary } from "../../api/words.ts";
import { countForMe } from "../../model/ask.ts";
import { answeringAs } from "./answering-as.svelte.ts";

/** Questions that are listed at most; the page says where there are more. */
const MOST = 200;
/** Between two requests at least, however much happens. */
const PAUSE_MS = 1_000;

let asks = $state.raw<readonly AskSummary[] | null>(null);
let hasMore = $state(false);
let problem = $state.raw<ApiProblem | null>(null);
let lookers = 0;
let stopWatching: (() => void) | null = null;
let timer: ReturnType<typeof setTimeout> | null = null;
let lastAt = 0;
/** Goes up with each request and when nobody looks any more: only the newest answer is heard. */
let turn = 0;

async function list(): Promise<void> {
  const mine = ++turn;
  lastAt = Date.now();
  try {
    const query = { state: "open", limit: MOST } as const;
    const page = await ok(api.GET("/v1/asks", { params: { query } }));
    if (mine !== turn) return;
    asks = page.items;
    hasMore = Boolean(page.next);
    problem = null;
  } catch (caught) {
    if (mine === turn) problem = asProblem(caught);
  }
}

function soon(): void {
  if (timer !== null) return;
  const wait = Math.max(0, lastAt + PAUSE_MS - Date.now());
  timer = setTimeout(() => {
    timer = null;
    void list();
  }, wait);
}

/** A run that goes on may ask, and one that has asked may have been answered. */
function mayMatter(run: RunSummary): boolean {
  return run.state !== "ended" || (asks ?? []).some((ask) => ask.run === run.run);
}

export const openAsks = {
  /** Null while they were not listed yet. */
  get asks(): readonly AskSummary[] | null {
    return asks;
  },
  /** Whether there are more than are listed. */
  get hasMore(): boolean {
    return hasMore;
  },
  /** Why they could not be listed. */
  get problem(): ApiProblem | null {
    return problem;
  },
  /** How many wait for the reader: those for them, and those for anybody. */
  get count(): number {
    return countForMe(asks ?? [], answeringAs.name);
  },
  /** Lists them now. */
  reload: list,
  /** Takes one out that was answered here, before the server tells. */
  answered(ask: string): void {
    asks = asks?.filter((one) => one.ask !== ask) ?? null;
    soon();
  },
  /** Begins to look, and answers with what ends it. The last one to end it forgets the list. */
  look(): () => void {
    lookers += 1;
    if (lookers === 1) {
      void list();
      stopWatching = live.watchRuns(
        {},
        {
          runs: (runs) => {
            if (runs.some(mayMatter)) soon();
          },
          gap: soon,
        },
      );
    }
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      lookers -= 1;
      if (lookers > 0) return;
      turn += 1;
      stopWatching?.();
      stopWatching = null;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      asks = null;
      problem = null;
    };
  },
};

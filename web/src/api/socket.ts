// The one WebSocket of the page (docs/live.md). Whoever watches a run has a cursor; after a loss
// the socket comes back by itself and goes on behind the cursor, so each event is told once, in
// order, without a gap. Watchers of the list of runs are told `gap` when they have to list again.
import { backoffMs } from "../base/backoff.ts";
import { ApiProblem, problemOfBody } from "./problem.ts";
import type { ProblemBody, RunEvent, RunSummary } from "./words.ts";

/** Where the connection stands; `offline` after some tries that failed, and it goes on trying. */
export type LiveState = "closed" | "connecting" | "live" | "reconnecting" | "offline";

/** A piece of what a model is saying. */
export interface SpeechPiece {
  call: number;
  /** Bytes of the answer before it; 0 begins the answer anew. */
  at: number;
  text: string;
}

/** Who is told of one run. Nothing is told after `end`. */
export interface RunWatcher {
  events(events: readonly RunEvent[]): void;
  speech?(pieces: readonly SpeechPiece[]): void;
  /** The record is whole, or there is no such run. */
  end?(reason: "run_ended" | "not_found" | "refused"): void;
  problem?(problem: ApiProblem): void;
}

/** Who is told of all runs of the tenant. */
export interface RunsWatcher {
  runs(runs: readonly RunSummary[]): void;
  /** More may have changed than was told: list again. Also told when the watch begins. */
  gap(): void;
  problem?(problem: ApiProblem): void;
}

/** Ends a watch. */
export type Stop = () => void;

/** What the socket needs of the world; tests have their own. */
export interface World {
  ticket(): Promise<string>;
  open(): WebSocket;
}

type Watch =
  | { run: string; cursor: number; watcher: RunWatcher; sent: boolean; failures: number }
  | { runs: { flow?: string }; watcher: RunsWatcher; sent: boolean; failures: number };

type Said =
  | { type: "welcome" }
  | { type: "events"; id: number; events: RunEvent[] }
  | { type: "speech"; id: number; pieces: SpeechPiece[] }
  | { type: "runs"; id: number; runs: RunSummary[] }
  | { type: "gap"; id: number }
  | { type: "end"; id: number; reason: string }
  | { type: "error"; id?: number; problem: ProblemBody };

/** The server takes 64; one place is left for the probe. */
const MOST_WATCHES = 60;
const PROBE = 0;
const QUIET_MS = 60_000;
const PROBE_ANSWER_MS = 6_000;
const WELCOME_MS = 10_000;
const OFFLINE_AFTER = 3;

export class LiveSocket {
  #state: LiveState = "closed";
  #socket: WebSocket | null = null;
  #watches = new Map<number, Watch>();
  #lastId = PROBE;
  #failures = 0;
  /** Goes up with each try, so that what an old try still says is not heard. */
  #turn = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #listeners = new Set<(state: LiveState) => void>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Calls back at each change of the state. */
  onState(listener: (state: LiveState) => void): Stop {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Opens the socket and keeps it open. Watches may begin before. */
  open(): void {
    if (this.#state !== "closed") return;
    this.#failures = 0;
    this.#become("connecting");
    void this.#connect();
  }

  /** Closes it for good, as when somebody logs out. Watches stay, and go on with `open`. */
  close(): void {
    this.#drop();
    this.#become("closed");
  }

  /** Tries now instead of later; looks whether the other side still answers where it is live. */
  wake(): void {
    if (this.#state === "closed" || this.#state === "connecting") return;
    if (this.#state === "live") this.#probe();
    else if (this.#retry !== undefined) void this.#connect();
  }

  /** Watches a run from behind `after` on; a run that is over is told whole, then `end`. */
  watchRun(run: string, after: number, watcher: RunWatcher): Stop {
    return this.#watch({ run, cursor: after, watcher, sent: false, failures: 0 });
  }

  /** Watches the runs of the tenant, or those of one flow. */
  watchRuns(filter: { flow?: string }, watcher: RunsWatcher): Stop {
    return this.#watch({ runs: filter, watcher, sent: false, failures: 0 });
  }

  #watch(watch: Watch): Stop {
    const id = ++this.#lastId;
    this.#watches.set(id, watch);
    this.#subscribeWaiting();
    return () => {
      const stopped = this.#watches.get(id);
      if (!stopped) return;
      this.#watches.delete(id);
      if (stopped.sent) this.#send({ type: "unsubscribe", id });
      this.#subscribeWaiting();
    };
  }

  #become(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  #drop(): void {
    this.#turn += 1;
    clearTimeout(this.#retry);
    clearTimeout(this.#watchdog);
    this.#retry = undefined;
    this.#socket?.close();
    this.#socket = null;
    for (const watch of this.#watches.values()) watch.sent = false;
  }

  async #connect(): Promise<void> {
    this.#drop();
    const turn = this.#turn;
    let ticket: string;
    try {
      ticket = await this.#world.ticket();
    } catch (caught) {
      if (turn === this.#turn) this.#comeBack(caught instanceof ApiProblem ? caught : null);
      return;
    }
    if (turn !== this.#turn) return;
    const socket = this.#world.open();
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", ticket }));
    socket.onmessage = (message: MessageEvent<unknown>) => {
      if (turn === this.#turn) this.#hear(message.data);
    };
    socket.onclose = () => {
      if (turn === this.#turn) this.#comeBack(null);
    };
    this.#watchdog = setTimeout(() => this.#comeBack(null), WELCOME_MS);
  }

  #comeBack(problem: ApiProblem | null): void {
    this.#drop();
    // The token is valid no more: somebody has to log in first.
    if (problem?.status === 401) {
      this.#become("closed");
      return;
    }
    this.#failures += 1;
    this.#become(this.#failures >= OFFLINE_AFTER ? "offline" : "reconnecting");
    const asked = (problem?.retryAfter ?? 0) * 1_000;
    const wait = Math.max(asked, backoffMs(this.#failures - 1));
    this.#retry = setTimeout(() => void this.#connect(), wait);
  }

  #send(message: object): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  #subscribeWaiting(): void {
    if (this.#state !== "live") return;
    let open = 0;
    for (const watch of this.#watches.values()) if (watch.sent) open += 1;
    for (const [id, watch] of this.#watches) {
      if (open >= MOST_WATCHES) return;
      if (watch.sent) continue;
      watch.sent = true;
      open += 1;
      if ("run" in watch) {
        this.#send({ type: "subscribe", id, run: watch.run, after: watch.cursor });
      } else {
        this.#send({ type: "subscribe", id, runs: watch.runs });
        watch.watcher.gap();
      }
    }
  }

  /** Looks after a quiet time whether the other side is there: a page sees no pings. */
  #guard(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#probe(), QUIET_MS);
  }

  #probe(): void {
    clearTimeout(this.#watchdog);
    this.#send({ type: "subscribe", id: PROBE, runs: {} });
    this.#send({ type: "unsubscribe", id: PROBE });
    this.#watchdog = setTimeout(() => this.#comeBack(null), PROBE_ANSWER_MS);
  }

  #hear(data: unknown): void {
    const said = parse(data);
    if (said === null) return;
    this.#guard();
    if (said.type === "welcome") {
      this.#failures = 0;
      this.#become("live");
      this.#subscribeWaiting();
      return;
    }
    const watch = said.id === undefined ? undefined : this.#watches.get(said.id);
    if (!watch || said.id === undefined) return;
    if (said.type === "error") watch.watcher.problem?.(problemOfBody(said.problem));
    else if (said.type === "end") this.#end(said.id, watch, said.reason);
    else if ("run" in watch) tellOfRun(watch, said);
    else tellOfRuns(watch, said);
  }

  #end(id: number, watch: Watch, reason: string): void {
    watch.sent = false;
    if (reason === "failed") {
      // The store did not answer. What was seen is kept, and the rest is asked for again.
      watch.failures += 1;
      setTimeout(() => this.#subscribeWaiting(), backoffMs(watch.failures));
      return;
    }
    this.#watches.delete(id);
    const known = reason === "run_ended" || reason === "not_found" || reason === "refused";
    if ("run" in watch && known) watch.watcher.end?.(reason);
    this.#subscribeWaiting();
  }
}

function parse(data: unknown): Said | null {
  if (typeof data !== "string") return null;
  try {
    return JSON.parse(data) as Said;
  } catch {
    return null;
  }
}

function tellOfRun(watch: Extract<Watch, { run: string }>, said: Said): void {
  if (said.type === "speech") watch.watcher.speech?.(said.pieces);
  if (said.type !== "events") return;
  const cursor = watch.cursor;
  const first = said.events[0];
  const isNew = first === undefined || first.seq > cursor;
  const fresh = isNew ? said.events : said.events.filter((event) => event.seq > cursor);
  const last = fresh.at(-1);
  if (last === undefined) return;
  watch.cursor = last.seq;
  watch.failures = 0;
  watch.watcher.events(fresh);
}

function tellOfRuns(watch: Extract<Watch, { runs: object }>, said: Said): void {
  if (said.type === "runs") watch.watcher.runs(said.runs);
  if (said.type === "gap") watch.watcher.gap();
}

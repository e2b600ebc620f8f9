// The socket keeps its promise: each event once, in order, whatever the connection does.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem } from "./problem.ts";
import { LiveSocket, type RunWatcher } from "./socket.ts";
import type { RunEvent } from "./words.ts";

class Wire {
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.readyState = 3;
  }
  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  subscriptions(): Record<string, unknown>[] {
    return this.sent.filter((message) => message["type"] === "subscribe");
  }
}

const event = (seq: number): RunEvent => ({ seq, at_us: seq, kind: "waiting", until_ms: 0 });

let wires: Wire[];
let ticket: () => Promise<string>;
let socket: LiveSocket;

const wire = (): Wire => {
  const last = wires.at(-1);
  if (!last) throw new Error("no connection was opened");
  return last;
};

async function welcomed(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
  wire().onopen?.();
  wire().say({ type: "welcome" });
}

function watcher(): RunWatcher & { seqs: number[]; ends: string[] } {
  const seqs: number[] = [];
  const ends: string[] = [];
  return {
    seqs,
    ends,
    events: (events) => seqs.push(...events.map((one) => one.seq)),
    end: (reason) => ends.push(reason),
  };
}

beforeEach(() => {
  vi.useFakeTimers();
  wires = [];
  ticket = () => Promise.resolve("sls_x");
  socket = new LiveSocket({
    ticket: () => ticket(),
    open: () => {
      const made = new Wire();
      wires.push(made);
      return made as unknown as WebSocket;
    },
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("the socket", () => {
  it("shows its ticket, waits for the welcome, then subscribes", async () => {
    socket.watchRun("run_1", 7, watcher());
    socket.open();
    await vi.advanceTimersByTimeAsync(0);
    wire().onopen?.();
    expect(wire().sent).toEqual([{ type: "hello", ticket: "sls_x" }]);
    wire().say({ type: "welcome" });
    expect(wire().subscriptions()).toEqual([{ type: "subscribe", id: 1, run: "run_1", after: 7 }]);
    expect(socket.state).toBe("live");
  });

  it("comes back behind the last event and tells nothing twice", async () => {
    const seen = watcher();
    socket.watchRun("run_1", 0, seen);
    socket.open();
    await welcomed();
    wire().say({ type: "events", id: 1, events: [event(1), event(2)] });
    wire().onclose?.();
    expect(socket.state).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(1_000);
    await welcomed();
    expect(wires).toHaveLength(2);
    expect(wire().subscriptions()[0]).toMatchObject({ run: "run_1", after: 2 });
    wire().say({ type: "events", id: 1, events: [event(2), event(3)] });
    expect(seen.seqs).toEqual([1, 2, 3]);
  });

  it("hears nothing more of a connection that it gave up", async () => {
    const seen = watcher();
    socket.watchRun("run_1", 0, seen);
    socket.open();
    await welcomed();
    const old = wire();
    old.onclose?.();
    old.say({ type: "events", id: 1, events: [event(1)] });
    expect(seen.seqs).toEqual([]);
  });

  it("has watchers of all runs list again after each connection", async () => {
    const gap = vi.fn();
    socket.watchRuns({}, { runs: vi.fn(), gap });
    socket.open();
    await welcomed();
    wire().onclose?.();
    await vi.advanceTimersByTimeAsync(1_000);
    await welcomed();
    expect(gap).toHaveBeenCalledTimes(2);
  });

  it("ends a watch when the run ended, and does not ask for it again", async () => {
    const seen = watcher();
    socket.watchRun("run_1", 0, seen);
    socket.open();
    await welcomed();
    wire().say({ type: "end", id: 1, reason: "run_ended" });
    wire().onclose?.();
    await vi.advanceTimersByTimeAsync(1_000);
    await welcomed();
    expect(seen.ends).toEqual(["run_ended"]);
    expect(wire().subscriptions()).toEqual([]);
  });

  it("asks again where the store did not answer", async () => {
    socket.watchRun("run_1", 4, watcher());
    socket.open();
    await welcomed();
    wire().say({ type: "end", id: 1, reason: "failed" });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(wire().subscriptions()).toHaveLength(2);
  });

  it("says after some failures that it is offline, and goes on trying", async () => {
    ticket = () => Promise.reject(new ApiProblem("gone", { code: "unreachable" }));
    socket.open();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(socket.state).toBe("offline");
    ticket = () => Promise.resolve("sls_y");
    while (wires.length === 0) await vi.advanceTimersByTimeAsync(1_000);
    await welcomed();
    expect(socket.state).toBe("live");
  });

  it("stops where the token is not valid", async () => {
    ticket = () => Promise.reject(new ApiProblem("no", { code: "unauthenticated", status: 401 }));
    socket.open();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(socket.state).toBe("closed");
    expect(wires).toHaveLength(0);
  });

  it("finds out that nobody is there any more", async () => {
    socket.open();
    await welcomed();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(wire().subscriptions()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(socket.state).toBe("reconnecting");
  });

  it("holds watches back that the server would not take, and begins them as others end", async () => {
    const stops = Array.from({ length: 61 }, (_, n) => socket.watchRun(`run_${n}`, 0, watcher()));
    socket.open();
    await welcomed();
    expect(wire().subscriptions()).toHaveLength(60);
    stops[0]?.();
    expect(wire().subscriptions()).toHaveLength(61);
  });

  it("lives through what is no message", async () => {
    socket.open();
    await welcomed();
    wire().onmessage?.({ data: "{" });
    wire().onmessage?.({ data: new ArrayBuffer(1) });
    expect(socket.state).toBe("live");
  });
});

// Records that nobody ran, as large as a test wants them and always the same: what a flow with steps,
// calls, logs and a few failures would have written. Only tests import this.
import type { Failure, RunEvent } from "../api/words.ts";

type Body<K extends RunEvent["kind"]> = Omit<Extract<RunEvent, { kind: K }>, "seq" | "at_us">;

/** What a record is to be like. */
export interface Shape {
  /** Spans, those of calls included. */
  spans: number;
  /** Spans that are open at once on each level. */
  atOnce?: number;
  /** Steps within steps. */
  depth?: number;
  /** Whether the run ends. */
  isOver?: boolean;
}

const DIGEST = "0".repeat(64);
const BEGIN_US = 1_795_000_000_000_000;

/** The events of such a record, from 1. */
export function* synthetic(shape: Shape): Generator<RunEvent> {
  const { spans, atOnce = 4, depth = 5, isOver = true } = shape;
  const random = randomFrom(7);
  let [seq, at, nextSpan, nextCall] = [0, BEGIN_US, 1, 1];
  const stamp = () => ({ seq: (seq += 1), at_us: (at += 20 + Math.floor(random() * 900)) });
  const open: { span: number; depth: number; call: number }[] = [];
  yield { ...stamp(), ...queued() };
  yield { ...stamp(), kind: "attempt_started", attempt: 1, worker: "synthetic" };
  while (nextSpan <= spans || open.length > 0) {
    const wantsMore = nextSpan <= spans && open.length < atOnce * depth;
    if (wantsMore && (open.length === 0 || random() < 0.55)) {
      const parent = open.filter((one) => !one.call && one.depth < depth);
      const under = parent[Math.floor(random() * parent.length)];
      const span = nextSpan++;
      const isCall = under !== undefined && random() < 0.4;
      const name = isCall ? "kv:orders" : `step ${(under?.depth ?? 0).toString()} of ${span % 23}`;
      yield { ...stamp(), kind: "span_started", span, parent: under?.span ?? 0, name };
      const call = isCall ? nextCall++ : 0;
      open.push({ span, depth: (under?.depth ?? 0) + 1, call });
      if (call) yield { ...stamp(), kind: "call_started", call, span, request: get(span) };
      else if (random() < 0.3) {
        const message = `order ${span} is looked at`;
        yield { ...stamp(), kind: "log", span, level: "info", message };
      }
      continue;
    }
    const inner = open.pop();
    if (!inner) continue;
    const { span, call } = inner;
    if (call) yield { ...stamp(), kind: "call_ended", call, answer: { value: span } };
    if (!call && random() < 0.01) yield { ...stamp(), ...failed(span) };
    else yield { ...stamp(), kind: "span_ended", span, status: "ok" };
  }
  const usage = { cpu_time_us: spans * 3, wall_time_us: at - BEGIN_US, memory_bytes: 48 << 20 };
  if (isOver) yield { ...stamp(), kind: "run_ended", outcome: "succeeded", output: spans, usage };
}

/** As many steps under the run, all of them open at once, with a step in each. */
export function* wide(steps: number): Generator<RunEvent> {
  let seq = 0;
  const stamp = () => ({ seq: (seq += 1), at_us: BEGIN_US + seq });
  yield { ...stamp(), ...queued() };
  yield { ...stamp(), kind: "attempt_started", attempt: 1, worker: "synthetic" };
  for (let at = 0; at < 2 * steps; at += 1) {
    const parent = at < steps ? 0 : at - steps + 1;
    yield { ...stamp(), kind: "span_started", span: at + 1, parent, name: "step" };
  }
  for (let span = 2 * steps; span > 0; span -= 1) {
    yield { ...stamp(), kind: "span_ended", span, status: "ok" };
  }
}

function queued(): Body<"run_queued"> {
  const limits = {
    cpu_time_ms: 60_000,
    wall_time_ms: 3_600_000,
    memory_bytes: 1 << 28,
    output_bytes: 1 << 22,
    spans: 1_000_000,
    events: 10_000_000,
    calls: 1_000_000,
    event_bytes: 1 << 30,
    string_bytes: 1 << 18,
    payload_bytes: 1 << 22,
    model_tokens: 1_000_000,
    model_cost_micros: 10_000_000,
  };
  return {
    kind: "run_queued",
    tenant: "local",
    flow: "synthetic",
    source_digest: DIGEST,
    image_digest: DIGEST,
    input: {},
    seed: DIGEST,
    grants: ["kv:orders"],
    uses: ["kv:orders"],
    limits,
    retry: { retries: 0, backoff_ms: 1_000, max_backoff_ms: 3_600_000, on: [] },
  };
}

function get(span: number) {
  const action = { operation: "get", key: `order/${span}` } as const;
  return { operation: "kv", space: "orders", action } as const;
}

function failed(span: number) {
  const failure: Failure = {
    version: 1,
    kind: "flow_error",
    code: "exception",
    message: `'${span}'`,
    exception: "KeyError",
    hint: null,
    retryable: false,
    span: null,
    step: [],
    frames: [],
    notes: [],
    cause: null,
    cause_kind: null,
    group: [],
    details: {},
  };
  return { kind: "span_ended", span, status: "failed", failure } as const;
}

/** Numbers from 0 to 1, always the same ones (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

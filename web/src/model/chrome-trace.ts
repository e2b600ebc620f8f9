// A run in the trace event format that Perfetto and chrome://tracing open. Spans that overlap and do
// not hold one another stand on lanes of their own, since those programs nest what is on one lane.
import type { RunRecord } from "./record.ts";
import { NONE, RUN, State } from "./spans.ts";

interface TraceEvent {
  name: string;
  ph: "X" | "i" | "M";
  pid: number;
  tid: number;
  ts?: number;
  dur?: number;
  cat?: string;
  s?: "t";
  args: Record<string, unknown>;
}

/** The document, to be written to a file. Spans that are open last until `now`. */
export function chromeTrace(run: string, record: RunRecord, now: number): string {
  const { spans, logs } = record;
  const events: TraceEvent[] = [
    { name: "process_name", ph: "M", pid: 1, tid: 0, args: { name: `${record.name(RUN)} ${run}` } },
  ];
  const lanes = lanesOf(record, now);
  for (let place = RUN; place < spans.count; place += 1) {
    const start = spans.start[place] ?? 0;
    events.push({
      name: record.name(place),
      ph: "X",
      cat: record.kindWord(place),
      pid: 1,
      tid: lanes[place] ?? 0,
      ts: start,
      dur: endOf(record, place, now) - start,
      args: argumentsOf(record, place),
    });
  }
  for (let line = 0; line < logs.count; line += 1) {
    events.push({
      name: logs.messages[line] ?? "",
      ph: "i",
      s: "t",
      cat: logs.levelOf(line),
      pid: 1,
      tid: lanes[logs.span[line] ?? RUN] ?? 0,
      ts: logs.at[line] ?? 0,
      args: logs.attributes.get(line) ?? {},
    });
  }
  return JSON.stringify({ traceEvents: events, displayTimeUnit: "ms", otherData: { run } });
}

function endOf(record: RunRecord, place: number, now: number): number {
  const end = record.spans.end[place] ?? -1;
  return end < 0 ? Math.max(now, record.spans.start[place] ?? 0) : end;
}

function argumentsOf(record: RunRecord, place: number): Record<string, unknown> {
  const { spans } = record;
  const call = record.callOf(place);
  const failure = record.failures.get(place);
  return {
    span: spans.id[place],
    state: record.stateWord(place),
    ...(spans.state[place] === State.running ? { is_open: true } : {}),
    ...(record.attributes.get(place) ?? {}),
    ...(call ? { call: call.id, request: call.request } : {}),
    ...(failure ? { failure: { code: failure.code, message: failure.message } } : {}),
  };
}

/** The lane of each span: its parent's where that is free when it begins and it ends within its
 *  parent, else the first that is free. */
function lanesOf(record: RunRecord, now: number): Int32Array {
  const { spans } = record;
  const lanes = new Int32Array(spans.count);
  /** By lane: the innermost spans that hold it, outermost first. */
  const holders: number[][] = [[RUN]];
  for (let place = RUN + 1; place < spans.count; place += 1) {
    const parent = spans.parent[place] ?? NONE;
    const preferred = lanes[parent] ?? 0;
    const lane = fits(record, holders[preferred], place, parent, now)
      ? preferred
      : firstFree(record, holders, place, now);
    lanes[place] = lane;
    (holders[lane] ??= []).push(place);
  }
  return lanes;
}

/** Whether the lane is the parent's alone at that time: what is over is taken off it. */
function fits(
  record: RunRecord,
  holders: number[] | undefined,
  place: number,
  parent: number,
  now: number,
): boolean {
  if (!holders) return false;
  drop(record, holders, place, now);
  const inner = holders.at(-1);
  return inner === parent && endOf(record, place, now) <= endOf(record, parent, now);
}

function firstFree(record: RunRecord, holders: number[][], place: number, now: number): number {
  for (const [lane, held] of holders.entries()) {
    if (lane === 0) continue;
    drop(record, held, place, now);
    if (held.length === 0) return lane;
  }
  return holders.length;
}

function drop(record: RunRecord, held: number[], place: number, now: number): void {
  const start = record.spans.start[place] ?? 0;
  while (held.length) {
    const inner = held.at(-1) ?? RUN;
    if (inner === RUN || endOf(record, inner, now) > start) return;
    held.pop();
  }
}

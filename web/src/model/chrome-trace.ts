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
 *  parent, else one that is free. */
function lanesOf(record: RunRecord, now: number): Int32Array {
  const { spans, ended } = record;
  const lanes = new Int32Array(spans.count);
  /** By lane: the spans that hold it, outermost first, each within the one before. */
  const holders: number[][] = [[RUN]];
  const free: number[] = [];
  let over = 0;
  for (let place = RUN + 1; place < spans.count; place += 1) {
    // Lanes become free in the order in which spans ended.
    for (; over < ended.length; over += 1) {
      const one = ended[over] ?? RUN;
      if (one >= place || endOf(record, one, now) > (spans.start[place] ?? 0)) break;
      const lane = lanes[one] ?? 0;
      if (lane > 0 && holders[lane]?.[0] === one) free.push(lane);
    }
    const parent = spans.parent[place] ?? NONE;
    let lane = lanes[parent] ?? 0;
    if (!fits(record, holders[lane], place, parent, now)) {
      lane = free.pop() ?? holders.length;
      holders[lane] = [];
    }
    lanes[place] = lane;
    holders[lane]?.push(place);
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
  const start = record.spans.start[place] ?? 0;
  const isOver = (one: number) => one !== RUN && endOf(record, one, now) <= start;
  while (holders.length > 1 && isOver(holders.at(-1) ?? RUN)) holders.pop();
  return holders.at(-1) === parent && endOf(record, place, now) <= endOf(record, parent, now);
}

// The records of real runs that lie in `test-data/`, as the server gave them. Only tests import this.
import type { RunEvent } from "../api/words.ts";
import { RunRecord } from "./record.ts";

const texts: Record<string, string> = import.meta.glob("../../test-data/*.jsonl", {
  query: "?raw",
  import: "default",
  eager: true,
});

/** The events of one of them. */
export function eventsOf(name: string): RunEvent[] {
  const text = texts[`../../test-data/${name}.jsonl`];
  if (text === undefined) throw new Error(`there is no record of ${name}`);
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RunEvent);
}

/** One of them, folded. */
export function recordOf(name: string): RunRecord {
  const record = new RunRecord();
  if (!record.apply(eventsOf(name))) throw new Error(`the record of ${name} has a gap`);
  return record;
}

/** The tree as lines: depth, kind, name, state. */
export function drawn(record: RunRecord): string[] {
  const { spans } = record;
  return Array.from({ length: spans.count }, (_, place) => {
    const indent = "  ".repeat(spans.depth[place] ?? 0);
    return `${indent}${record.kindWord(place)} ${record.name(place)}: ${record.stateWord(place)}`;
  });
}

// A list of runs stays right while runs change.
import { expect, it } from "vitest";
import type { RunSummary } from "../api/words.ts";
import { merge } from "./run-order.ts";

const run = (n: number, parts: Partial<RunSummary> = {}): RunSummary => ({
  run: `run_${n}`,
  flow: "x",
  state: "running",
  source_digest: "",
  image_digest: "",
  created_at_us: n,
  attempts: 1,
  events: 1,
  cpu_time_us: 0,
  root: `run_${n}`,
  ...parts,
});
const all = (): boolean => true;
const ids = (rows: readonly RunSummary[]): string[] => rows.map((row) => row.run);

it("puts new runs in their places, each once", () => {
  const merged = merge([run(5), run(3)], [run(4), run(6), run(4)], all, false);
  expect(ids(merged.rows)).toEqual(["run_6", "run_5", "run_4", "run_3"]);
  expect(merged.added).toBe(2);
});

it("takes what is newer of a run, in whatever order it is told", () => {
  const ended = run(5, { state: "ended", outcome: "succeeded", events: 9 });
  const merged = merge([run(5)], [ended, run(5, { events: 4 })], all, false);
  expect(merged.rows).toEqual([ended]);
  expect(merge([ended], [run(5, { events: 4 })], all, false).rows).toEqual([ended]);
});

it("takes a run away that does not fit any more", () => {
  const ended = run(5, { state: "ended", events: 9 });
  const merged = merge([run(5), run(3)], [ended], (one) => one.state === "running", false);
  expect(ids(merged.rows)).toEqual(["run_3"]);
});

it("leaves older runs to their page", () => {
  expect(ids(merge([run(5)], [run(2)], all, true).rows)).toEqual(["run_5"]);
  expect(ids(merge([run(5)], [run(2)], all, false).rows)).toEqual(["run_5", "run_2"]);
});

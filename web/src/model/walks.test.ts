// Ways through a tree, and what its rows say.
import { describe, expect, test } from "vitest";
import { Axis } from "./axis.ts";
import { Forest, type Node } from "./forest.ts";
import { FoundLogs } from "./log-filter.ts";
import { recordOf } from "./recorded.ts";
import { rowAt, type Scene } from "./row.ts";
import { Rows } from "./rows.ts";
import { RUN } from "./spans.ts";
import { innermostFailures, isInnermostFailure, nextNode, rowByName } from "./walks.ts";
import { whole } from "./waterfall.ts";

function sceneOf(name: string): Scene {
  const record = recordOf(name);
  const forest = new Forest("run_1", record);
  const rows = new Rows(forest);
  rows.update(record.latestAt);
  const axis = new Axis(record.spans.start[RUN] ?? 0, record.attempts.breaks, record.latestAt);
  const view = whole(axis.shown(record.latestAt));
  return { forest, rows, axis, view, pixels: 400, now: record.latestAt };
}

describe("the way from failure to failure", () => {
  const { forest } = sceneOf("retries");
  const failed = ({ tree, place }: Node) => isInnermostFailure(forest, tree, place);

  test("goes on and begins anew", () => {
    expect(innermostFailures(forest)).toBe(2);
    expect(nextNode(forest, { tree: 0, place: RUN }, failed)?.place).toBe(1);
    expect(nextNode(forest, { tree: 0, place: 1 }, failed)?.place).toBe(3);
    expect(nextNode(forest, { tree: 0, place: 3 }, failed)?.place).toBe(1);
  });

  test("goes back, and says where there is none", () => {
    expect(nextNode(forest, { tree: 0, place: 1 }, failed, true)?.place).toBe(3);
    expect(nextNode(forest, { tree: 0, place: 5 }, failed, true)?.place).toBe(3);
    expect(nextNode(forest, { tree: 0, place: RUN }, () => false)).toBeNull();
  });

  test("goes into child runs, whose failures are the call's", () => {
    const outer = new Forest("run_1", recordOf("sub-flows"));
    outer.mount({ tree: 0, place: 2 }, "run_2", recordOf("friendly-error"));
    expect(innermostFailures(outer)).toBe(1);
    const found = nextNode(outer, { tree: 0, place: RUN }, ({ tree, place }) =>
      isInnermostFailure(outer, tree, place),
    );
    expect(found).toEqual({ tree: 1, place: 1 });
  });
});

describe("the next row by its name", () => {
  test("comes after the one that is chosen, unless more letters come", () => {
    const { forest, rows } = sceneOf("retries");
    expect(rowByName(forest, rows, 0, "f")).toBe(1);
    expect(rowByName(forest, rows, 1, "f")).toBe(3);
    expect(rowByName(forest, rows, 1, "fl")).toBe(1);
    expect(rowByName(forest, rows, 0, "x")).toBeNull();
  });
});

describe("a row", () => {
  test("says what failed", () => {
    const row = rowAt(sceneOf("friendly-error"), 1);
    expect(row).toMatchObject({
      name: "load order",
      kind: "step",
      state: "failed",
      level: 2,
      position: 1,
      setSize: 1,
      note: { kind: "failure", text: "KeyError: 'custmer_id'" },
    });
  });

  test("has a call's name without its kind, and what is asked", () => {
    const row = rowAt(sceneOf("notes"), 2);
    expect(row).toMatchObject({ name: "notes", kind: "kv", note: { text: "get last" } });
    expect(row?.bar?.width).toBeGreaterThan(2);
  });

  test("says what was taken over, and which try it is of", () => {
    const copied = rowAt(sceneOf("fork"), 1)?.marks.map(({ word }) => word);
    expect(copied).toEqual(["taken over"]);
    expect(rowAt(sceneOf("tried-again"), 4)?.marks.map(({ word }) => word)).toEqual(["try 2"]);
    expect(rowAt(sceneOf("notes"), 99)).toBeNull();
  });
});

test("lines of a log are found once each, while it grows", () => {
  const { logs } = recordOf("tried-again");
  const found = new FoundLogs(logs, "info", "WORKING 2");
  expect(found.update()).toBe(2);
  expect(found.update()).toBe(2);
  expect(new FoundLogs(logs, "warning", "").update()).toBe(0);
});

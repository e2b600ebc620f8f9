// Which rows of a tree are seen, and that growing it gives the same as laying it out anew.
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../api/words.ts";
import { Forest } from "./forest.ts";
import { RunRecord } from "./record.ts";
import { eventsOf, recordOf } from "./recorded.ts";
import { Rows } from "./rows.ts";
import { NONE } from "./spans.ts";
import { synthetic, wide } from "./synthetic.ts";
import { parseFilter } from "./tree-filter.ts";

function names(forest: Forest, rows: Rows): string[] {
  return Array.from({ length: rows.count }, (_, row) => {
    const at = rows.nodeAt(row);
    if (!at) return "none";
    const indent = "  ".repeat(forest.depth(at.tree, at.place));
    return `${indent}${forest.record(at.tree).name(at.place)}`;
  });
}

function laidOut(forest: Forest): [Rows, () => string[]] {
  const rows = new Rows(forest);
  rows.update(0);
  return [rows, () => names(forest, rows)];
}

describe("collapsing", () => {
  test("hides what is under a span, and shows it again", () => {
    const [rows, shown] = laidOut(new Forest("run_1", recordOf("notes")));
    rows.collapse(0, 1, true);
    expect(shown()).toEqual(["notes", "  keep", "  list", "    kv:notes"]);
    expect(rows.rowOf(0, 2)).toBe(-1);
    rows.reveal({ tree: 0, place: 2 });
    expect(shown()).toHaveLength(7);
    expect(rows.rowOf(0, 2)).toBe(2);
  });

  test("all leaves the first level", () => {
    const [rows, shown] = laidOut(new Forest("run_1", recordOf("notes")));
    rows.collapseAll(true);
    rows.update(0);
    expect(shown()).toEqual(["notes", "  keep", "  list"]);
  });

  // Laid out for each of them, this would take a minute.
  test("takes many at once", () => {
    const forest = new Forest("run_1");
    forest.root.apply([...wide(20_000)]);
    const [rows] = laidOut(forest);
    rows.collapseAll(true);
    rows.update(0);
    expect(rows.count).toBe(1 + 20_000);
    rows.collapseEach(forest.siblings(0, 1), false);
    rows.update(0);
    expect(rows.count).toBe(1 + 2 * 20_000);
    rows.collapseEach(forest.siblings(0, 1), true);
    rows.update(0);
    expect(rows.count).toBe(1 + 20_000);
  });
});

describe("filtering", () => {
  test("keeps what is above a match", () => {
    const [rows, shown] = laidOut(new Forest("run_1", recordOf("tried-again")));
    rows.filter(parseFilter("state:failed"));
    rows.update(0);
    expect(shown()).toEqual(["falls-over", "  work"]);
    expect([rows.isMatch(0, 0), rows.isMatch(0, 3), rows.matches()]).toEqual([false, true, 1]);
    rows.filter(parseFilter(""));
    rows.update(0);
    expect(shown()).toHaveLength(8);
  });

  test("by kind and words", () => {
    const [rows, shown] = laidOut(new Forest("run_1", recordOf("notes")));
    rows.filter(parseFilter("kind:kv notes"));
    rows.update(0);
    expect(shown()).toHaveLength(7);
    expect(rows.matches()).toBe(4);
  });

  test("counts the siblings that it lets through, and all again without it", () => {
    const forest = new Forest("run_1", recordOf("tried-again"));
    const [rows] = laidOut(forest);
    expect(rows.among(0, 6)).toEqual({ position: 6, setSize: 7 });
    rows.filter(parseFilter("work"));
    rows.update(0);
    const seen = [...Array(rows.count).keys()].map((row) => rows.nodeAt(row)?.place ?? NONE);
    expect(seen).toEqual([0, 3, 6]);
    expect(seen.map((place) => rows.among(0, place))).toEqual([
      { position: 1, setSize: 1 },
      { position: 1, setSize: 2 },
      { position: 2, setSize: 2 },
    ]);
    rows.filter(null);
    rows.update(0);
    expect(rows.among(0, 6)).toEqual({ position: 6, setSize: 7 });
  });

  test("tells what it does not understand", () => {
    const filter = parseFilter('state:broken kind:x longer:soon "two words" longer:1.5s');
    expect(filter.problems).toHaveLength(3);
    expect([filter.words, filter.longer]).toEqual([["two words"], 1_500_000]);
  });
});

describe("child runs", () => {
  test("stand under their call, and grow there", () => {
    const forest = new Forest("run_1", recordOf("sub-flows"));
    const [rows, shown] = laidOut(forest);
    const child = forest.mount({ tree: 0, place: 3 }, "run_2");
    child.record.apply(eventsOf("notes").slice(0, 6));
    rows.update(0);
    expect(shown().slice(2, 7)).toEqual([
      "    flow:square",
      "    flow:square",
      "      keep",
      "        kv:notes",
      "    flow:square",
    ]);
    child.record.apply(eventsOf("notes"));
    rows.update(0);
    expect(shown()).toEqual(names(forest, laidOut(forest)[0]));
    rows.filter(parseFilter("list"));
    rows.update(0);
    expect(shown()).toEqual(["sum-of-squares", "  fan out", "    flow:square", "      list"]);
  });
});

describe("growing", () => {
  test("gives the same rows as laying out anew, whatever is collapsed", () => {
    const events = [...synthetic({ spans: 3_000 })];
    const forest = new Forest("run_1");
    const [rows, shown] = laidOut(forest);
    for (let from = 0; from < events.length; from += 17) {
      forest.root.apply(events.slice(from, from + 17));
      rows.update(0);
      if (from % 170 === 0 && rows.count > 5) {
        const at = rows.nodeAt(Math.floor(rows.count / 3));
        if (at) rows.collapse(at.tree, at.place, true);
      }
    }
    const anew = new Rows(forest);
    anew.update(0);
    for (let row = 0; row < anew.count; row += 1) {
      const at = anew.nodeAt(row);
      if (at && rows.isCollapsed(at.tree, at.place)) anew.collapse(at.tree, at.place, true);
    }
    expect(shown()).toEqual(names(forest, anew));
  });

  test("lists the events of each shape once", () => {
    const record = new RunRecord();
    const events: RunEvent[] = [...synthetic({ spans: 500 })];
    expect(record.apply(events)).toBe(true);
    expect(record.spans.count).toBe(501);
    expect(record.ended).toHaveLength(501);
  });
});

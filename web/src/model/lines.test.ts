// Source and spans, both ways.
import { describe, expect, test } from "vitest";
import approval from "../../../flows/approval.py?raw";
import calls from "../../../flows/concurrent_calls.py?raw";
import friendly from "../../../flows/friendly_error.py?raw";
import notes from "../../../flows/notes.py?raw";
import retries from "../../../flows/retries.py?raw";
import subFlows from "../../../flows/sub_flows.py?raw";
import { Lines } from "./lines.ts";
import { recordOf } from "./recorded.ts";

function told(name: string, source: string): string[] {
  const record = recordOf(name);
  const lines = new Lines(record, source);
  const texts = source.split("\n");
  return Array.from({ length: record.spans.count - 1 }, (_, at) => {
    const found = lines.of(at + 1);
    return `${record.name(at + 1)}: ${found?.is ?? ""} ${texts[(found?.line ?? 0) - 1]?.trim() ?? "?"}`;
  });
}

describe("spans find their line", () => {
  test("steps and calls of the store, also in functions that a step calls", () => {
    expect(told("notes", notes)).toEqual([
      'keep: opened with flow.step("keep") as step:',
      'kv:notes: opened last = space.get("last")',
      'kv:notes: opened if space.compare_and_set("last", last, number):',
      'kv:notes: opened space.set(f"note/{number:06}", text, ttl=keep_days * 86_400)',
      'list: opened with flow.step("list"):',
      'kv:notes: opened return space.list("note/", limit=1_000)',
    ]);
  });

  test("child runs and decorated steps", () => {
    const child =
      'flow:square: opened return sum(flow.map("square", [{"n": n} for n in range(1, upto + 1)], at_once=4))';
    expect(told("sub-flows", subFlows).slice(0, 2)).toEqual([
      'fan out: opened with flow.step("fan out", children=upto):',
      child,
    ]);
    expect(told("retries", retries)[0]).toBe("flaky: opened @flow.step(retries=3, backoff=0.05)");
  });

  test("of several sleeps the one that was asked for", () => {
    expect(told("concurrent", calls)[1]).toBe(
      "sleep: opened sleeping = [flow.sleep.start(0.1) for _ in range(count)]",
    );
  });

  test("what code of the flow did not open is told by what stands around it", () => {
    const record = recordOf("notes");
    record.spans.line[2] = 0;
    const lines = new Lines(record, notes);
    expect(lines.of(2)).toEqual({ line: record.spans.line[1], is: "above", isCopied: false });
    record.spans.line[1] = 0;
    expect(lines.of(2)).toBeNull();
  });

  test("what was taken over by a fork has the line that it had there, and what stands in it, too", () => {
    const record = recordOf("fork");
    const lines = new Lines(record, approval);
    expect(lines.of(1)).toBeNull();
    const { spans } = record;
    spans.line[1] = 7;
    expect(lines.of(1)).toEqual({ line: 7, is: "opened", isCopied: true });
    const inside = spans.append(99, 1, record.names.intern("inside"), 0);
    expect(lines.of(inside)).toEqual({ line: 7, is: "above", isCopied: true });
    record.failedOn.set(1, 9);
    expect(lines.of(1)).toEqual({ line: 9, is: "failed", isCopied: false });
  });

  test("a failure says its line itself", () => {
    expect(told("friendly-error", friendly)).toEqual([
      'load order: failed customer = order["custmer_id"]',
    ]);
  });
});

describe("lines find their spans", () => {
  test("and say what came of them", () => {
    const lines = new Lines(recordOf("sub-flows"), subFlows);
    expect(lines.spansOf(16)).toEqual([2, 3, 4, 5, 6, 7]);
    expect(lines.uses().get(16)).toMatchObject({ count: 6, open: 0, failed: 0 });
    expect(new Lines(recordOf("friendly-error"), friendly).uses().get(9)?.failed).toBe(1);
    expect(lines.spansOf(1)).toEqual([]);
  });
});

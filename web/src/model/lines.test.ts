// Source and spans, both ways.
import { describe, expect, test } from "vitest";
import approval from "../../../flows/approval.py?raw";
import calls from "../../../flows/concurrent_calls.py?raw";
import friendly from "../../../flows/friendly_error.py?raw";
import notes from "../../../flows/notes.py?raw";
import retries from "../../../flows/retries.py?raw";
import subFlows from "../../../flows/sub_flows.py?raw";
import { Lines } from "./lines.ts";
import { sitesOf } from "./python-sites.ts";
import { couldBe, SourceText } from "./source-text.ts";
import { recordOf } from "./recorded.ts";

function told(name: string, source: string): string[] {
  const record = recordOf(name);
  const lines = new Lines(record, source);
  const texts = source.split("\n");
  return Array.from({ length: record.spans.count - 1 }, (_, at) => {
    const found = lines.of(at + 1);
    return `${record.name(at + 1)}: ${found?.certainty ?? ""} ${texts[(found?.line ?? 0) - 1]?.trim() ?? "?"}`;
  });
}

describe("spans find their line", () => {
  test("steps and calls of the store, also in functions that a step calls", () => {
    expect(told("notes", notes)).toEqual([
      'keep: only with flow.step("keep") as step:',
      'kv:notes: only last = space.get("last")',
      'kv:notes: only if space.compare_and_set("last", last, number):',
      'kv:notes: only space.set(f"note/{number:06}", text, ttl=keep_days * 86_400)',
      'list: only with flow.step("list"):',
      'kv:notes: only return space.list("note/", limit=1_000)',
    ]);
  });

  test("child runs and decorated steps", () => {
    const child =
      'flow:square: only return sum(flow.map("square", [{"n": n} for n in range(1, upto + 1)], at_once=4))';
    expect(told("sub-flows", subFlows).slice(0, 2)).toEqual([
      'fan out: only with flow.step("fan out", children=upto):',
      child,
    ]);
    expect(told("retries", retries)[0]).toBe("flaky: only def flaky(attempts_needed: int) -> int:");
  });

  test("asks; of several sleeps the one in the block of the step", () => {
    expect(told("approval", approval)[1]).toMatch(/^ask: only decision = flow.ask/);
    expect(told("concurrent", calls)[1]).toBe(
      "sleep: only sleeping = [flow.sleep.start(0.1) for _ in range(count)]",
    );
  });

  test("a failure says its line itself", () => {
    expect(told("friendly-error", friendly)).toEqual([
      'load order: said customer = order["custmer_id"]',
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

describe("the text of a source", () => {
  test("strings and comments are no code", () => {
    const sites = sitesOf(
      [
        '"""with flow.step("doc"):"""',
        '# with flow.step("comment"):',
        "x = 'flow.ask(1)'",
        "",
      ].join("\n"),
    );
    expect(sites).toEqual([]);
  });

  test("names of f-strings are patterns", () => {
    const [site] = sitesOf('with flow.step(f"page {n} of {m + 1}{{x}}"):\n    pass\n');
    expect(site?.isNamed("page 3 of 9{x}")).toBe(true);
    expect(site?.isNamed("page 3")).toBe(false);
    expect(couldBe(["a", "b"], "ab")).toBe(true);
    expect(couldBe(["ab", "b"], "ab")).toBe(false);
  });

  test("blocks end where the indent does, whatever brackets and strings hold", () => {
    const text = new SourceText(
      ["with a(", "x):", "    y = '''", "z'''", "", "    if y:", "        z", "# no", "w"].join(
        "\n",
      ),
    );
    expect([text.blockEnd(1), text.blockEnd(6), text.lines]).toEqual([7, 7, 9]);
  });

  test("a source of nothing but holes takes no time", () => {
    const name = "a".repeat(20_000);
    const parts = Array.from({ length: 5_000 }, () => "a");
    expect(couldBe([...parts, "b"], name)).toBe(false);
    expect(sitesOf(`with flow.step(f"${"{a}".repeat(5_000)}`)).toHaveLength(1);
  });
});

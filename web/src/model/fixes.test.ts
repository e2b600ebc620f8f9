// What can be done about problems and failures, on sources as people write them.
import { describe, expect, test } from "vitest";
import { addImport, addUse, flowsIn } from "./fix-places.ts";
import { applied, fixesOfFailure, fixesOfProblem, type FailureLike } from "./fixes.ts";
import { likeness, nearest } from "./nearest.ts";

function used(source: string, flow: string, word = "kv:notes"): string | null {
  const edits = addUse(source, flow, word);
  return edits && applied(source, edits);
}

describe("a word in uses", () => {
  test.each([
    ["@flow\ndef f(): ...", '@flow(uses=["kv:notes"])\ndef f(): ...'],
    ["@flow()\ndef f(): ...", '@flow(uses=["kv:notes"])\ndef f(): ...'],
    ['@flow(name="x")\ndef f(): ...', '@flow(name="x", uses=["kv:notes"])\ndef f(): ...'],
    ['@flow(uses=["ask"])\ndef f(): ...', '@flow(uses=["ask", "kv:notes"])\ndef f(): ...'],
    ["@flow(uses=[])\ndef f(): ...", '@flow(uses=["kv:notes"])\ndef f(): ...'],
    [
      '@flow(\n    uses=[\n        "ask",\n    ],\n)\ndef f(): ...',
      '@flow(\n    uses=[\n        "ask",\n        "kv:notes",\n    ],\n)\ndef f(): ...',
    ],
    [
      '@flow(uses=["a"])  # uses=[]\n@other\nasync def f(): ...',
      '@flow(uses=["a", "kv:notes"])  # uses=[]\n@other\nasync def f(): ...',
    ],
    ["@sluice.flow\ndef f(): ...", '@sluice.flow(uses=["kv:notes"])\ndef f(): ...'],
  ])("%s", (before, after) => expect(used(before, "f")).toBe(after));

  test("of the flow that was meant, by its name or its function", () => {
    const source = '@flow\ndef a_b(): ...\n\n@flow(name="second")\ndef c(): ...\n';
    expect(flowsIn(source).map((one) => one.name)).toEqual(["a-b", "second"]);
    expect(used(source, "a-b")).toContain('@flow(uses=["kv:notes"])\ndef a_b');
    expect(used(source, "second")).toContain('@flow(name="second", uses=["kv:notes"])');
    expect(used(source, "third")).toBeNull();
  });

  test("is there once, and a name for a list is left alone", () => {
    expect(used("@flow(uses=['kv:notes'])\ndef f(): ...", "f")).toBeNull();
    expect(used("@flow(uses=WORDS)\ndef f(): ...", "f")).toBeNull();
  });
});

describe("an import", () => {
  test.each([
    ["x = 1\n", "import json", "import json\nx = 1\n"],
    [
      '"""Doc.\n\nMore."""\n\nimport os\n\nx\n',
      "import json",
      '"""Doc.\n\nMore."""\n\nimport os\nimport json\n\nx\n',
    ],
    ["from sluice import flow\n", "from sluice import http", "from sluice import flow, http\n"],
    ["from a import (\n    b,\n)\n", "from a import c", "from a import (\n    b,\n    c,\n)\n"],
    ["import json\n", "import json", "import json\n"],
  ])("into %j", (before, line, after) => {
    expect(applied(before, addImport(before, line))).toBe(after);
  });
});

function failure(parts: Partial<FailureLike> & { line?: string; at?: number }): FailureLike {
  const nowhere = { column: null, end_line: null, end_column: null, excerpt: null, locals: {} };
  const frames = [{ file: "flow.py", function: "f", own: true, line: parts.at ?? 1, ...nowhere }];
  return { code: "exception", message: "", frames, ...parts };
}

describe("a failure", () => {
  test("of a grant", () => {
    const [fix] = fixesOfFailure(
      "@flow\ndef f(): ...",
      failure({ code: "capability_denied", details: { capability: "rpc:mail.send" } }),
      "f",
    );
    expect(fix?.title).toBe('Add "rpc:mail.send" to the flow\'s uses');
  });

  test.each([
    ['order["custmer"]', "'custmer'", "Did you mean 'customer'?", 'order["customer"]'],
    ["x = lenght(rows)", "name 'lenght' is not defined", "Did you mean 'len'?", "x = len(rows)"],
    ["a.b.uper()", "'str' object has no attribute 'uper'", "Did you mean 'upper'?", "a.b.upper()"],
    [
      "flow.step('x', reties=2)",
      "step() got an unexpected keyword argument 'reties'",
      "Did you mean 'retries'?",
      "flow.step('x', retries=2)",
    ],
    [
      "json.loads(x)",
      "name 'json' is not defined",
      "Add `import json`",
      "import json\njson.loads(x)",
    ],
    [
      "sttistics.mean(x)",
      "name 'sttistics' is not defined",
      "Did you mean 'statistics'? Add `import statistics`",
      "import statistics\nstatistics.mean(x)",
    ],
  ])("in %s", (source, message, hint, after) => {
    const [fix] = fixesOfFailure(source, failure({ message, hint }), "f");
    expect(fix && applied(source, fix.edits)).toBe(after);
  });

  test("of its cause, where the failure itself says nothing", () => {
    const cause = failure({ message: "name 'json' is not defined", hint: "Add `import json`" });
    const whole = failure({ message: "no", cause: cause as never });
    expect(fixesOfFailure("json", whole, "f")).toHaveLength(1);
  });

  test("without a proposal has no fix", () => {
    expect(fixesOfFailure("1 / 0", failure({ message: "division by zero" }), "f")).toEqual([]);
  });
});

describe("a problem of a check", () => {
  const at = { severity: "error" as const, line: 1, column: 1 };

  test("words of capabilities", () => {
    const source = '@flow(uses=["rcp:calendar.*"])';
    const message = "'rcp:calendar.*' is not a capability: there is no kind of capability 'rcp'.";
    const hint = "Did you mean 'rpc:calendar.*'?";
    const [fix] = fixesOfProblem(source, { ...at, code: "uses_invalid", message, hint });
    expect(fix && applied(source, fix.edits)).toBe('@flow(uses=["rpc:calendar.*"])');
  });

  test("a failure that nobody raised", () => {
    const problem = { ...at, code: "failure_not_raised", message: "", column: 5 };
    const [fix] = fixesOfProblem("    flow.Failed('x')", problem);
    expect(fix && applied("    flow.Failed('x')", fix.edits)).toBe("    raise flow.Failed('x')");
  });

  test("a source without a flow", () => {
    const source = "def f():\n    pass\n";
    const [fix] = fixesOfProblem(source, { severity: "error", code: "flow_missing", message: "" });
    expect(fix && applied(source, fix.edits)).toBe(
      "from sluice import flow\n@flow\ndef f():\n    pass\n",
    );
  });
});

test("the nearest name is the SDK's", () => {
  expect(nearest("slep", ["sleep", "step", "secret"])).toBe("sleep");
  expect(nearest("LOG", ["log"])).toBe("log");
  expect(nearest("zzz", ["sleep"])).toBeNull();
  expect(likeness("abcd", "bcde")).toBeCloseTo(0.75);
});

// Calls: what models say until their answer is whole, and what they cost.
import { describe, expect, test } from "vitest";
import { Calls } from "./calls.ts";

function withModel(): Calls {
  const calls = new Calls();
  calls.begin({
    id: 3,
    span: 1,
    request: { operation: "llm", model: "default", messages: [] },
    attachment: null,
    startedAt: 10,
    startedSeq: 4,
    needsApproval: false,
    approvedAt: null,
    again: 0,
    isGivenUp: false,
    endedAt: null,
    endedSeq: 0,
    answer: null,
    failure: null,
    speech: null,
  });
  return calls;
}

describe("speech", () => {
  test("grows piece by piece and begins anew at 0", () => {
    const calls = withModel();
    calls.hear({ call: 3, at: 0, text: "Grüß" });
    calls.hear({ call: 3, at: 6, text: " Gott" });
    expect(calls.get(3)?.speech).toBe("Grüß Gott");
    calls.hear({ call: 3, at: 0, text: "Anew" });
    expect(calls.get(3)?.speech).toBe("Anew");
  });

  test("shows where a piece was missed", () => {
    const calls = withModel();
    calls.hear({ call: 3, at: 0, text: "One" });
    calls.hear({ call: 3, at: 9, text: "three" });
    expect(calls.get(3)?.speech).toBe("One…three");
  });

  test("ends with the answer, and of calls that are over or unknown nothing is heard", () => {
    const calls = withModel();
    calls.hear({ call: 3, at: 0, text: "One" });
    calls.end(3, 5, 20, { value: { content: "One" } }, null);
    expect(calls.get(3)?.speech).toBeNull();
    expect(calls.hear({ call: 3, at: 3, text: "more" })).toBeUndefined();
    expect(calls.hear({ call: 9, at: 0, text: "who" })).toBeUndefined();
  });
});

test("what models took is added up", () => {
  const calls = withModel();
  const usage = { input_tokens: 12, output_tokens: 3, cost_micros: null };
  calls.end(3, 5, 20, { value: { usage } }, null);
  expect(calls.use).toEqual({
    calls: 1,
    inputTokens: 12,
    outputTokens: 3,
    costMicros: 0,
    isPartlyUnpriced: true,
  });
});

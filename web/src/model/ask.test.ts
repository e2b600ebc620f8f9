// Questions: how they are answered, whose they are, and what waits for approval.
import { describe, expect, it } from "vitest";
import type { AskSummary } from "../api/words.ts";
import { answerShape, approvalOf, audience, countForMe, inTurn } from "./ask.ts";

function asked(parts: Partial<AskSummary>): AskSummary {
  return {
    ask: "ask_1",
    run: "run_1",
    call: 1,
    question: "Is it?",
    schema: { type: "boolean" },
    state: "open",
    created_at_us: 1,
    ...parts,
  };
}

describe("answerShape", () => {
  it("is buttons for yes and no, and for a closed list", () => {
    expect(answerShape({ type: "boolean" })).toEqual({ kind: "boolean" });
    expect(answerShape({ enum: ["red", 2, null] })).toEqual({
      kind: "choices",
      choices: [
        { label: "red", value: "red" },
        { label: "2", value: 2 },
        { label: "nothing", value: null },
      ],
    });
  });

  it("follows references, and gives up on circles and holes", () => {
    const definitions = {
      A: { $ref: "#/$defs/B" },
      B: { type: "boolean" },
      C: { $ref: "#/$defs/C" },
    };
    expect(answerShape({ $ref: "#/$defs/A", $defs: definitions })).toEqual({ kind: "boolean" });
    expect(answerShape({ $ref: "#/$defs/C", $defs: definitions })).toEqual({ kind: "form" });
    expect(answerShape({ $ref: "#/$defs/D", $defs: definitions })).toEqual({ kind: "form" });
  });

  it("is a field for text, and a form for the rest", () => {
    expect(answerShape({ type: "string" })).toEqual({ kind: "text" });
    expect(answerShape({ type: "string", format: "date" })).toEqual({ kind: "form" });
    expect(answerShape({ type: "object" })).toEqual({ kind: "form" });
    expect(answerShape(true)).toEqual({ kind: "form" });
  });
});

describe("approvalOf", () => {
  it("says service, method and arguments of a call", () => {
    const ask = asked({
      question: "May this run call `rpc:pay.send`?",
      details: {
        call: {
          operation: "rpc",
          service: "pay",
          method: "send",
          params: { amount: 3 },
          timeout_ms: 9,
        },
        attachment_bytes: 12,
      },
    });
    expect(approvalOf(ask)).toEqual({
      operation: "rpc",
      facts: [
        { name: "service", value: "pay" },
        { name: "method", value: "send" },
      ],
      arguments: { amount: 3 },
      attachmentBytes: 12,
    });
  });

  it("keeps what has no member of its own", () => {
    const ask = asked({
      question: "May this run call `llm:default`?",
      details: { call: { operation: "llm", model: "default", messages: [], budgets: [] } },
    });
    expect(approvalOf(ask)?.arguments).toEqual({ messages: [] });
  });

  it("is no approval where a flow asks something of its own", () => {
    expect(approvalOf(asked({ details: { call: { operation: "rpc" } } }))).toBeNull();
    expect(approvalOf(asked({ question: "May this run call `x`?" }))).toBeNull();
  });
});

it("puts the reader's questions first, then what is due soonest", () => {
  const asks = [
    asked({ ask: "other", assignee: "bob", due_at_us: 1 }),
    asked({ ask: "late", created_at_us: 2 }),
    asked({ ask: "early", created_at_us: 1 }),
    asked({ ask: "due", due_at_us: 9, created_at_us: 5 }),
    asked({ ask: "mine", assignee: "ada", created_at_us: 7 }),
  ];
  expect(inTurn(asks, "ada").map(({ ask }) => ask)).toEqual([
    "mine",
    "due",
    "early",
    "late",
    "other",
  ]);
  expect(countForMe(asks, "ada")).toBe(4);
  expect(asks.map((ask) => audience(ask, "ada"))).toContain("other");
});

// Descriptions are read as they are, and never taken at their word.
import { expect, it } from "vitest";
import { describedFlow, needsInput } from "./flow-description.ts";

it("reads what a flow says of itself", () => {
  const flow = describedFlow({
    summary: "Greets.",
    doc: "Greets.\n\nAnd more.",
    input: { type: "object", properties: { name: { type: "string" } } },
    uses: ["ask", 3],
    steps: ["greet"],
  });
  expect(flow).toMatchObject({ summary: "Greets.", uses: ["ask"], steps: ["greet"] });
  expect(needsInput(flow)).toBe(true);
});

it("takes anything else as a flow that says nothing", () => {
  for (const odd of [null, "x", [], { input: 3, uses: "ask", summary: {} }]) {
    const flow = describedFlow(odd);
    expect(flow).toEqual({ summary: "", doc: "", input: {}, uses: [], steps: [] });
    expect(needsInput(flow)).toBe(false);
  }
});

// What a saved flow says of itself (docs/describe.md), read from JSON that only looks as it should
// because the server made it: what is missing or of another shape is left out.
import { isObject, member, type Json } from "./json.ts";

export interface DescribedFlow {
  summary: string;
  doc: string;
  /** JSON Schema of the input. */
  input: Json;
  uses: string[];
  steps: string[];
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** Reads a description. */
export function describedFlow(description: unknown): DescribedFlow {
  const text = (name: string): string => {
    const value = member(description, name);
    return typeof value === "string" ? value : "";
  };
  const input = member(description, "input");
  return {
    summary: text("summary"),
    doc: text("doc"),
    input: isObject(input) ? input : {},
    uses: texts(member(description, "uses")),
    steps: texts(member(description, "steps")),
  };
}

/** Whether a flow can be started without anything being said. */
export function needsInput(flow: DescribedFlow): boolean {
  const properties = member(flow.input, "properties");
  return isObject(properties) && Object.keys(properties).length > 0;
}

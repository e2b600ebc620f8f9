// The form of every type that the SDK knows: `test-data/every-type.schema.json` is what the server
// says of a flow that takes them all.
import { describe, expect, test } from "vitest";
import everyType from "../../test-data/every-type.schema.json";
import { branchOf, check } from "./form-check.ts";
import { faultFrom, faultsOfDetails, placeText } from "./form-place.ts";
import { fieldOf, initialOf } from "./form.ts";
import { member, same, withMember, type Json, type JsonObject } from "./json.ts";

const schema = everyType as Json;

const good: JsonObject = {
  name: "Ada",
  count: 3,
  ratio: 2,
  urgent: true,
  day: "2026-02-28",
  at: "09:30",
  when: "2026-11-21T09:30:00+01:00",
  wait: "PT1H30M",
  colour: "blue",
  size: 3,
  lines: [{ item: "tea", price: "2.50" }],
  pair: [1, "one"],
  tags: ["a", "b"],
  prices: { tea: 2.5 },
  counts: { "12": "twelve" },
  data: "aGVsbG8=",
  price: 3,
  id: "3f2b8c1e-5a0d-4c57-9c62-0f6a4f1f9a11",
  either: null,
  anything: { any: ["thing"] },
  root: { name: "a", children: [{ name: "b" }] },
  extra: { note: "" },
  point: { x: 1 },
  tree: ["a", ["b"]],
  nothing: null,
  more: 3,
};

function faults(changes: Record<string, Json | undefined>): string[] {
  let value = good;
  for (const [name, next] of Object.entries(changes)) value = withMember(value, name, next);
  return check(schema, value).map((fault) => `${placeText(fault.place)}: ${fault.message}`);
}

describe("the kinds of fields", () => {
  const kinds = (): Record<string, string> => {
    const whole = fieldOf(schema, schema);
    if (whole.kind !== "object") throw new Error("the input is no object");
    return Object.fromEntries(
      whole.members.map((one) => [one.name, fieldOf(one.schema, schema).kind]),
    );
  };

  test("each type has its own", () => {
    expect(kinds()).toEqual({
      name: "text",
      count: "integer",
      ratio: "number",
      urgent: "boolean",
      day: "date",
      at: "time",
      when: "date-time",
      wait: "duration",
      colour: "choice",
      size: "choice",
      lines: "list",
      pair: "tuple",
      tags: "list",
      prices: "map",
      counts: "map",
      data: "bytes",
      price: "decimal",
      id: "uuid",
      either: "union",
      anything: "any",
      root: "object",
      extra: "object",
      point: "object",
      tree: "union",
      nothing: "null",
      note: "text",
      maybe: "union",
      later: "duration",
      where: "object",
    });
  });

  test("a reference keeps what stands beside it", () => {
    const where = member(member(schema, "properties"), "where") ?? null;
    const field = fieldOf(where, schema);
    expect(field.called).toBe("Point");
    expect(field.fallback).toEqual({ x: 1, y: 2 });
  });

  test("references in a circle and to nowhere are raw JSON", () => {
    const circle: Json = { $defs: { A: { $ref: "#/$defs/A" } }, $ref: "#/$defs/A" };
    expect(fieldOf(circle, circle).kind).toBe("any");
    expect(fieldOf({ $ref: "https://elsewhere.example/x" }, {}).kind).toBe("any");
    expect(fieldOf(false, {}).kind).toBe("never");
    expect(fieldOf(["no schema"], {}).kind).toBe("any");
  });

  test("a new input has what is required, and nothing of what has a default", () => {
    const initial = initialOf(schema, schema);
    expect(member(initial, "urgent")).toBe(false);
    expect(member(initial, "pair")).toEqual(["", ""]);
    expect(member(initial, "either")).toBeNull();
    expect(member(initial, "note")).toBeUndefined();
    expect(initialOf({ $ref: "#" }, { $ref: "#" })).toBeNull();
  });
});

describe("the check", () => {
  test("takes a good input", () => expect(faults({})).toEqual([]));

  const wrong: [string, Json | undefined, string][] = [
    ["name", undefined, "name: is missing: expected text"],
    ["count", "x", "count: expected an integer, got the string 'x'"],
    ["count", 1.5, "count: expected an integer, got the number 1.5"],
    ["count", 2 ** 60, "count: the integer is too large to be sent exactly from this page"],
    ["day", "2026-02-30", "day: expected a date, got the string '2026-02-30'"],
    ["at", "25:00", "at: expected a time of day, got the string '25:00'"],
    ["when", "yesterday", "when: expected a date and time, got the string 'yesterday'"],
    ["wait", "P1Y", "wait: expected a duration, got the string 'P1Y'"],
    ["colour", "green", "colour: expected one of red, blue, got the string 'green'"],
    ["size", "3", "size: expected one of s, m, 3, got the string '3'"],
    [
      "lines",
      [{ item: "x", price: "y" }],
      "lines[0].price: expected a decimal number, got the string 'y'",
    ],
    ["lines", [{ item: "x", price: 1, more: 1 }], "lines[0].more: is not a member"],
    ["pair", [1], "pair: expected 2 values, got 1"],
    ["tags", ["a", "a"], "tags[1]: is there twice"],
    ["counts", { x: "y" }, "counts.x: expected the digits of an integer as name"],
    ["data", "***", "data: expected bytes in base64, got the string '***'"],
    ["id", "7", "id: expected a UUID, got the string '7'"],
    ["either", true, "either: expected a whole number or text or nothing, got true"],
    ["maybe", { item: "tea" }, "maybe.price: is missing: expected a decimal number"],
    ["tree", ["a", 3], "tree[1]: expected text or a list, got the number 3"],
    ["root", { name: "a", children: [{}] }, "root.children[0].name: is missing: expected text"],
    ["more", "x", "more: expected an integer, got the string 'x'"],
  ];
  test.each(wrong)("%s = %j", (name, value, message) => {
    expect(faults({ [name]: value })).toContain(message);
  });

  test("does not go on for ever", () => {
    let deep: Json = "a";
    for (let depth = 0; depth < 5000; depth++) deep = [deep];
    const tree: Json = { $ref: "#/$defs/Tree" };
    expect(check(tree, deep, schema)).toEqual([]);
  });

  test("branches of a union by the value", () => {
    const branches: Json[] = [{ type: "integer" }, { type: "string" }, { type: "null" }];
    expect(branchOf(branches, "3", {})).toBe(1);
    expect(branchOf(branches, null, {})).toBe(2);
    expect(branchOf(branches, [], {})).toBe(0);
  });
});

describe("places", () => {
  test("of the API and of the SDK are the same", () => {
    const pointer = faultFrom("/input/lines/0/a~1b", "is wrong");
    const path = faultFrom("input.lines[0]['a/b']", "is wrong");
    expect(pointer.place).toEqual(["lines", "0", "a/b"]);
    expect(path.place).toEqual(pointer.place);
  });

  test("what is missing is told at its own place", () => {
    const fault = faultFrom("/input", '"name" is a required property');
    expect(fault).toEqual({ place: ["name"], message: "is missing", hint: null });
  });

  test("of the details of a failure", () => {
    const details = {
      problems: [{ path: "input.count", message: "no", hint: "do" }, { place: "/a" }],
    };
    expect(faultsOfDetails(details)).toEqual([{ place: ["count"], message: "no", hint: "do" }]);
  });
});

test("names of members are data", () => {
  const value = JSON.parse('{"__proto__": {"x": 1}}') as Json;
  const prices: Json = { type: "object", additionalProperties: { type: "number" } };
  expect(check(prices, value)).toHaveLength(1);
  const set = withMember({}, "__proto__", 1);
  expect(Object.keys(set)).toEqual(["__proto__"]);
  expect(same(set, { a: 1 })).toBe(false);
});

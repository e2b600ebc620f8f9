// Addresses are made from parts, and nothing in a part leaves its place.
import { expect, it } from "vitest";
import { href } from "./href.ts";

it("fills in values so that they stay one part of the path", () => {
  expect(href("/runs/:run", { run: "run_1" })).toBe("/runs/run_1");
  expect(href("/flows/:flow", { flow: "../x?y#z" })).toBe("/flows/..%2Fx%3Fy%23z");
});

it("leaves empty members of the query out", () => {
  const beside = { query: { diff: "run_2", q: "", n: undefined }, hash: "span=12" };
  expect(href("/runs/:run", { run: "run_1" }, beside)).toBe("/runs/run_1?diff=run_2#span=12");
  expect(href("/runs")).toBe("/runs");
});

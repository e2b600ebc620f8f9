// Choosing rows, one and many.
import { expect, it } from "vitest";
import { chosenAfter } from "./table.ts";

const keys = ["a", "b", "c", "d"];

it("turns one row on and off", () => {
  const on = chosenAfter(new Set(), keys, "b", null, false);
  expect([...on]).toEqual(["b"]);
  expect([...chosenAfter(on, keys, "b", "b", false)]).toEqual([]);
});

it("takes all rows between two clicks, in both directions", () => {
  expect([...chosenAfter(new Set(["b"]), keys, "d", "b", true)]).toEqual(["b", "c", "d"]);
  expect([...chosenAfter(new Set(["d"]), keys, "b", "d", true)].sort()).toEqual(["b", "c", "d"]);
});

it("takes the one row alone where the last is not there any more", () => {
  expect([...chosenAfter(new Set(), keys, "c", "gone", true)]).toEqual(["c"]);
});

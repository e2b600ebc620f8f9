// Amounts come back as they were written.
import { expect, it } from "vitest";
import { amountText, readAmount } from "./amount.ts";

it.each([
  ["2.50", 1e6, 2_500_000],
  ["$0.000001", 1e6, 1],
  ["1,000,000", 1, 1_000_000],
  ["", 1, null],
  ["2.5", 1, undefined],
  ["-1", 1, undefined],
  ["1e3", 1, undefined],
  ["99999999999999999", 1, undefined],
])("reads %j in units of %d", (text, unit, amount) => expect(readAmount(text, unit)).toBe(amount));

it.each([
  [2_500_000, 1e6, "2.5"],
  [1, 1e6, "0.000001"],
  [0, 1e6, "0"],
  [1_000, 1, "1000"],
  [null, 1, ""],
])("writes %j in units of %d", (amount, unit, text) => {
  expect(amountText(amount, unit)).toBe(text);
  expect(readAmount(text, unit)).toBe(amount);
});

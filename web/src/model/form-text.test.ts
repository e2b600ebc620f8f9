// What people type, and the JSON of it.
import { expect, test } from "vitest";
import * as text from "./form-text.ts";

test.each([
  ["90s", "PT90S"],
  ["1h 30m", "PT1H30M"],
  ["2 days 4 hours", "P2DT4H"],
  ["0.25s", "PT0.25S"],
  ["PT5M", "PT5M"],
  ["1.5h", null],
  ["30m 1h", null],
  ["soon", null],
  ["1h and more", null],
])("the duration %s", (typed, iso) => expect(text.isoDuration(typed)).toBe(iso));

test.each([
  ["P3DT4H30M", "3 d 4 h 30 min"],
  ["-PT1H", "minus 1 h"],
  ["PT0.25S", "0.25 s"],
  ["PT0S", "0 s"],
  ["P1Y", null],
  ["P", null],
])("the words of %s", (iso, words) => expect(text.durationWords(iso)).toBe(words));

test("numbers are numbers only where nothing is lost", () => {
  expect(text.valueOf("integer", " 12 ")).toBe(12);
  expect(text.valueOf("integer", "1.0")).toBe("1.0");
  expect(text.valueOf("integer", "9007199254740993")).toBe("9007199254740993");
  expect(text.valueOf("number", "1e3")).toBe(1000);
  expect(text.valueOf("number", "1e999")).toBe("1e999");
  expect(text.valueOf("number", "")).toBe("");
  expect(text.valueOf("text", " as it is ")).toBe(" as it is ");
});

test("bytes", () => {
  const bytes = new Uint8Array(20_000).fill(7);
  const encoded = text.base64Of(bytes);
  expect(text.base64Size(encoded)).toBe(20_000);
  expect(text.base64Size("aGVsbG8")).toBeNull();
});

test("a clock with its zone", () => {
  expect(text.clockOf("2026-11-21T09:30:00+01:00")).toEqual({
    clock: "2026-11-21T09:30:00",
    zone: "+01:00",
  });
  expect(text.clockOf("2026-11-21T09:30:00.123456")).toBeNull();
});

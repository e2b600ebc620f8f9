// Times as people read them.
import { describe, expect, it } from "vitest";
import { count, formatAgo, formatDuration, parseDuration, speakDuration } from "./time.ts";

describe("durations", () => {
  it.each([
    [0, "0.0ms"],
    [850, "0.8ms"],
    [12_345, "12ms"],
    [999_999, "999ms"],
    [1_254_000, "1.25s"],
    [59_999_999, "59.9s"],
    [125_000_000, "2m05s"],
    [12_000_000_000, "3h20m"],
    [364_000_000_000, "4d05h"],
    [-5, "0.0ms"],
    [Number.NaN, "0.0ms"],
  ])("%d µs is %s", (us, text) => {
    expect(formatDuration(us)).toBe(text);
  });

  it("are said in words", () => {
    expect(speakDuration(125_000_000)).toBe("2 minutes 5 seconds");
    expect(speakDuration(3_600_000_000)).toBe("1 hour");
    expect(speakDuration(1_000)).toBe("1 millisecond");
  });

  it.each([
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    ["250ms", 250],
    ["1.5d", 129_600_000],
    ["", null],
    ["5", null],
    ["1x", null],
    ["h", null],
  ])("%j is read as %s ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});

describe("ages", () => {
  const now = 1_700_000_000_000_000;
  it.each([
    [0, "now"],
    [-1_000_000, "now"],
    [12_000_000, "12 s ago"],
    [300_000_000, "5 min ago"],
    [-10_800_000_000, "in 3 h"],
    [518_400_000_000, "6 d ago"],
  ])("%d µs before now is %s", (before, text) => {
    expect(formatAgo(now - before, now)).toBe(text);
  });
});

it("counts with a noun", () => {
  expect(count(1, "run")).toBe("1 run");
  expect(count(1_204, "run")).toBe("1,204 runs");
  expect(count(0, "entry", "entries")).toBe("0 entries");
});

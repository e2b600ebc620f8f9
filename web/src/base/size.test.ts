// Sizes and money as people read them.
import { expect, it } from "vitest";
import { formatBytes, formatCost } from "./size.ts";

it.each([
  [0, "0 B"],
  [512, "512 B"],
  [1_536, "1.5 KiB"],
  [268_435_456, "256 MiB"],
  [1_073_741_824, "1 GiB"],
  [5e15, "4547 TiB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it.each([
  [0, "$0"],
  [50, "< $0.0001"],
  [400, "$0.0004"],
  [1_270_000, "$1.27"],
])("%d millionths of a dollar are %s", (micros, text) => {
  expect(formatCost(micros)).toBe(text);
});

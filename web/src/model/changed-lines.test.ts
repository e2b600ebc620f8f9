// What a small change looks like.
import { expect, test } from "vitest";
import { changedLines } from "./changed-lines.ts";

test.each([
  ["a\nb\nc", "a\nB\nc", ["-b", "+B"]],
  ["a\nc", "a\nb\nc", ["+b"]],
  ["x\na\nlenght\nz", "import y\nx\na\nlen\nz", ["-lenght", "+import y", "+len"]],
  ["a", "a", []],
  ["", "a", ["-", "+a"]],
])("%j to %j", (before, after, lines) => {
  const found = changedLines(before, after);
  expect(found.map((line) => (line.kind === "gone" ? "-" : "+") + line.text)).toEqual(lines);
});

// Reading Python as far as an editor needs.
import { expect, test } from "vitest";
import * as python from "./python-text.ts";

test("texts and comments are blanked, and nothing moves", () => {
  const source = `a = "x(" + 'y\\'' # (\nb = """\n)"""\nc = "open\nd`;
  const mask = python.masked(source);
  expect(mask).toHaveLength(source.length);
  expect(mask.split("\n")).toHaveLength(source.split("\n").length);
  expect(mask).not.toMatch(/[()#xy]/);
  expect(mask.endsWith("\nd")).toBe(true);
});

test.each([
  ["flow.kv('x y').ge", ["flow", "kv", "()", "ge"]],
  ["x = await flow . llm(f(1), [2]).text", ["flow", "llm", "()", "text"]],
  ["1 + ", []],
  ["(a).b", []],
])("the chain of %s", (source, steps) => {
  const found = python.chainBefore(python.masked(source), source.length);
  expect(found.map((step) => ("call" in step ? "()" : step.name))).toEqual(steps);
});

test.each([
  ["flow.ask('a, b', ", 1, null],
  ["flow.ask(x, details={'a': 1, 'b': 2}, to=", 2, "to"],
  ["f(a)[g(1), ", null, null],
  ["x = (1, ", null, null],
  ["f(1, (2, ", 1, null],
])("the call around the end of %s", (source, argument, keyword) => {
  const call = python.callAround(python.masked(source), source.length);
  expect(call?.argument ?? null).toBe(argument);
  expect(call?.keyword ?? null).toBe(keyword);
});

test("columns of Python count characters", () => {
  const source = "a\n'🦀' + b\n";
  expect(source[python.offsetAt(source, 2, 7)]).toBe("b");
  expect(python.positionAt(source, python.offsetAt(source, 2, 7))).toEqual({ line: 2, column: 8 });
  expect(python.offsetAt("a", 9, 1)).toBe(1);
});

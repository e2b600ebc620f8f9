// Colours never change the text, and know the words that matter.
import { describe, expect, it } from "vitest";
import { colourLines, type Language } from "./code-colours.ts";

const python = `from sluice import flow


@flow(uses=["ask"])
def hello(name: str = "world") -> str:
    """Greets.

    Twice."""
    # not 'this'
    return f"Hello, {name}! " + 'x\\'y' * 0x10
`;

function kindOf(text: string, language: Language, piece: string): string | undefined {
  return colourLines(text, language)
    .flat()
    .find((token) => token.text === piece)?.kind;
}

describe("colours", () => {
  it.each([
    ["python", python],
    ["python", 'x = """never ends\nat all'],
    ["json", '{"a": [1, "b\\"c", null], "d": tru'],
    ["shell", "sluice run hello.py -i 'name=Ada'\n# then\ncurl -X POST \"$URL\""],
    ["text", "a\n\nb"],
  ] as const)("%s stays the same text", (language, text) => {
    const lines = colourLines(text, language);
    expect(lines.map((line) => line.map((token) => token.text).join("")).join("\n")).toBe(text);
  });

  it.each([
    ["from", "keyword"],
    ["@flow", "name"],
    ["hello", "name"],
    ['"world"', "string"],
    ['    Twice."""', "string"],
    ["# not 'this'", "comment"],
    ["'x\\'y'", "string"],
    ["0x10", "number-value"],
  ])("python: %s is a %s", (piece, kind) => {
    expect(kindOf(python, "python", piece)).toBe(kind);
  });

  it("tells members of JSON from texts", () => {
    expect(kindOf('{"a": "b"}', "json", '"a"')).toBe("name");
    expect(kindOf('{"a": "b"}', "json", '"b"')).toBe("string");
  });

  it("is done in time with what was made to be slow", () => {
    for (const text of [
      '"'.repeat(100_000),
      "'''".repeat(30_000),
      "f".repeat(100_000),
      "\\".repeat(100_000),
    ]) {
      expect(colourLines(text, "python").flat().length).toBeGreaterThan(0);
    }
  });
});

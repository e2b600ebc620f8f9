// Text of strangers: what must be shown, and what must stay as it is.
import { describe, expect, it } from "vitest";
import { clean, cleanLine } from "./clean.ts";

describe("clean", () => {
  it.each([
    ["\u001b[31mred", "\\x1b[31mred"],
    ["\u009b31m", "\\x9b31m"],
    ["over\rwritten", "over\\rwritten"],
    ["nul\0", "nul\\x00"],
    ["rub\b\u007fout", "rub\\x08\\x7fout"],
    ["pay \u202e001\u202c", "pay \\u{202e}001\\u{202c}"],
    ["\u2066isolated\u2069", "\\u{2066}isolated\\u{2069}"],
    ["ad\u200bmin", "ad\\u{200b}min"],
    ["ad\u200dmin", "ad\\u{200d}min"],
    ["tag\u{e0041}", "tag\\u{e0041}"],
    ["\ufeffbom", "\\u{feff}bom"],
    ["half \ud83d of a pair", "half \ufffd of a pair"],
    ["\ufdd0", "\\u{fdd0}"],
  ])("shows what hides or turns: %j", (hostile, shown) => {
    expect(clean(hostile)).toBe(shown);
  });

  it.each([
    "plain",
    "naïve — “quoted”",
    "数据 処理",
    "עברית",
    "e\u0301",
    "🦀",
    "👩‍👩‍👧",
    "⚠\ufe0f hot",
    "❤️‍🔥",
  ])("leaves every language as it is: %s", (honest) => {
    expect(clean(honest)).toBe(honest);
  });

  it("keeps lines and tabs, whatever ends the lines", () => {
    expect(clean("a\r\n\tb\n")).toBe("a\n\tb\n");
  });

  it("lets marks not pile up over other lines", () => {
    expect(clean(`a${"\u0301".repeat(6)}b`)).toBe("a\u0301\u0301\u0301\u0301\\u{301}\\u{301}b");
  });

  it("never makes markup of anything, for it does not touch it", () => {
    expect(clean("<script>alert(1)</script>")).toBe("<script>alert(1)</script>");
  });
});

describe("cleanLine", () => {
  it("is one line", () => {
    expect(cleanLine("a\nb\tc")).toBe("a\\nb\\tc");
  });

  it("cuts between characters and says so", () => {
    expect(cleanLine("🦀🦀🦀🦀", 3)).toBe("🦀🦀…");
    expect(cleanLine("abc", 3)).toBe("abc");
    expect(cleanLine("x".repeat(1_000_000), 10)).toBe("xxxxxxxxx…");
  });
});

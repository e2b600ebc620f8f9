// Which of several names a few letters mean.
import { expect, it } from "vitest";
import { fuzzyScore } from "./fuzzy.ts";

function best(typed: string, names: string[]): string | undefined {
  const fits = names.map((name) => ({ name, score: fuzzyScore(typed, name) }));
  const found = fits.filter((fit) => fit.score !== null);
  return found.sort((a, b) => (b.score ?? 0) - (a.score ?? 0))[0]?.name;
}

it("prefers beginnings, then words, then letters in order", () => {
  expect(best("run", ["Go to runs", "Prune", "Run a flow"])).toBe("Run a flow");
  expect(best("gts", ["Get things", "Go to services", "Light"])).toBe("Go to services");
  expect(best("xyz", ["Go to runs"])).toBeUndefined();
});

it("fits everything where nothing is typed", () => {
  expect(fuzzyScore("  ", "anything")).toBe(0);
});

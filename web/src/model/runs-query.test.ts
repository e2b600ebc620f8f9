// What a query of runs selects, here and at the server.
import { describe, expect, it } from "vitest";
import type { RunSummary } from "../api/words.ts";
import {
  earliestUs,
  hasTerm,
  looksHere,
  matchesRun,
  parseQuery,
  serverQuery,
  termOf,
  toggleTerm,
} from "./runs-query.ts";

const NOW = 1_800_000_000_000_000;
const HOUR = 3_600_000_000;

function run(parts: Partial<RunSummary> = {}): RunSummary {
  return {
    run: "run_00000000000000000000000001",
    flow: "daily-report",
    state: "ended",
    outcome: "failed",
    code: "limit_memory",
    source_digest: "",
    image_digest: "",
    created_at_us: NOW - HOUR / 2,
    started_at_us: NOW - HOUR / 2,
    ended_at_us: NOW - HOUR / 2 + 6_000_000,
    attempts: 1,
    events: 4,
    cpu_time_us: 1_500_000,
    root: "run_00000000000000000000000001",
    ...parts,
  };
}

const fits = (query: string, parts: Partial<RunSummary> = {}): boolean =>
  matchesRun(parseQuery(query), run(parts), NOW);

describe("a query", () => {
  it.each([
    ["", true],
    ["state:failed", true],
    ["state:ended", true],
    ["state:succeeded", false],
    ["state:succeeded,failed", true],
    ["-state:failed", false],
    ["flow:daily-report", true],
    ["flow:daily", false],
    ["flow:daily*", true],
    ["flow:*.port", false],
    ["flow:*port", true],
    ["flow:d*y*t", true],
    ["flow:daily-rep*report", false],
    ["flow:*", true],
    ["code:limit_*", true],
    ["since:1h", true],
    ["since:10m", false],
    ["until:10m", true],
    ["took:>5s", true],
    ["took:<5s", false],
    ["took:5s", true],
    ["cpu:>2s", false],
    ["REPORT", true],
    ["-report", false],
    ["run_0000", true],
    ["is:child", false],
    ["state:failed since:1h report", true],
    ["state:failed since:1m report", false],
  ])("%j: %s", (query, is) => {
    expect(fits(query)).toBe(is);
  });

  it("knows where runs come from", () => {
    expect(fits("is:child", { parent: "run_x" })).toBe(true);
    expect(fits("is:fork", { forked_from: { run: "run_x", seq: 3 } })).toBe(true);
    expect(fits("is:retried", { attempts: 2 })).toBe(true);
    expect(fits("root:run_x", { root: "run_x" })).toBe(true);
  });

  it("takes no run away by a word that makes no sense, and says what does", () => {
    for (const query of ["state:fialed", "sinse:1h", "since:soon", "took:>x", "flow:"]) {
      expect(fits(query), query).toBe(true);
      expect(parseQuery(query)[0]?.problem, query).toMatch(/takes|no field/);
    }
  });

  it("reads quotes, and values that look like patterns as they are", () => {
    expect(fits('flow:"my flow"', { flow: "my flow" })).toBe(true);
    expect(fits("flow:a(b", { flow: "a(b" })).toBe(true);
    expect(fits('"daily rep"', { flow: "the daily report" })).toBe(true);
  });

  it("is done in time with what was made to be slow", () => {
    expect(fits(`flow:${"*a".repeat(12)}b`, { flow: "a".repeat(60) })).toBe(false);
  });
});

describe("the server's part", () => {
  it.each([
    ["state:failed flow:x", { outcome: "failed", flow: "x" }, false],
    ["state:running", { state: "running" }, false],
    ["state:failed,succeeded", {}, true],
    ["-flow:x", {}, true],
    ["flow:x*", {}, true],
    ["state:failed since:1h", { outcome: "failed" }, true],
    ["state:fialed", {}, false],
  ])("%j", (query, wanted, here) => {
    const terms = parseQuery(query);
    expect(serverQuery(terms)).toEqual(wanted);
    expect(looksHere(terms)).toBe(here);
  });

  it("ends the list where no older run can fit", () => {
    expect(earliestUs(parseQuery("since:1h"), NOW)).toBe(NOW - HOUR);
    expect(earliestUs(parseQuery("since:1h since:30m"), NOW)).toBe(NOW - HOUR / 2);
    expect(earliestUs(parseQuery("state:failed"), NOW)).toBeNull();
  });
});

describe("chips", () => {
  it("come, go, and take the place of others of their field", () => {
    expect(toggleTerm("flow:x", "state:failed")).toBe("flow:x state:failed");
    expect(toggleTerm("flow:x state:failed", "state:failed")).toBe("flow:x");
    expect(toggleTerm("state:running flow:x", "state:failed")).toBe("flow:x state:failed");
    expect(hasTerm("a state:failed", "state:failed")).toBe(true);
  });

  it("quote names that have spaces", () => {
    expect(termOf("flow", "my flow")).toBe('flow:"my flow"');
    expect(termOf("flow", "x")).toBe("flow:x");
  });
});

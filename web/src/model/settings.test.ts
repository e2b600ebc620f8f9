// What lists and settings make of what the server says: days, ceilings, roles, audit, strips.
import { describe, expect, it } from "vitest";
import type { AuditEntry, Limits, Quota, RunSummary } from "../api/words.ts";
import { actorName, choicesOf, isWanted, saversByDigest } from "./audit-filter.ts";
import { roleOf, rolesToGive, whyNot } from "./roles.ts";
import { standing, stripsOf, withChanged } from "./run-strip.ts";
import { dayOf, dayText, everyDay, heights, limitRows, quotaRows } from "./usage.ts";

const day = (number: number, runs: number) => ({
  day: number,
  runs,
  succeeded: runs,
  failed: 0,
  cpu_time_us: runs * 1_000_000,
  events: 0,
});

describe("days", () => {
  it("have no gap and end today", () => {
    const days = everyDay([day(20_778, 4), day(20_776, 2), day(1, 9)], 20_778, 4);
    expect(days.map(({ day, runs }) => [day, runs])).toEqual([
      [20_775, 0],
      [20_776, 2],
      [20_777, 0],
      [20_778, 4],
    ]);
    expect(heights(days, "runs")).toEqual([0, 0.5, 0, 1]);
    expect(heights([day(1, 1), day(2, 1_000)], "runs")[0]).toBe(0.02);
  });

  it("are days of UTC", () => {
    expect(dayOf(Date.UTC(2026, 10, 21, 23, 59))).toBe(20_778);
    expect(dayText(20_778)).toBe("2026-11-21");
  });
});

describe("ceilings", () => {
  const quota = {
    cpu_ms_per_day: 10_000,
    stored_bytes: 1_024,
    running: 5,
    queued: 1e9,
    calls_per_second: 1_000,
    tokens: 7,
  } as Quota;

  it("say how much is taken, in units", () => {
    const rows = quotaRows(quota, 512, day(1, 1));
    expect(rows[0]).toMatchObject({ value: "10.0s", taken: 0.1, takenText: "1.00s today" });
    expect(rows[1]).toMatchObject({ value: "1 KiB", taken: 0.5 });
    expect(rows.slice(2).map(({ value }) => value)).toEqual(["5", "no ceiling", "1,000", "7"]);
    const endless = quotaRows({ ...quota, stored_bytes: 1e15 }, 512, undefined);
    expect(endless[1]).toMatchObject({ value: "no ceiling", taken: undefined });
  });

  it("are none where nobody meets them", () => {
    expect(limitRows({ cpu_time_ms: 1e15, memory_bytes: 1_048_576 } as Limits)).toEqual([
      { name: "CPU time", value: "no ceiling" },
      { name: "Memory", value: "1 MiB" },
    ]);
  });
});

describe("roles", () => {
  it("are named where the scopes are exactly theirs", () => {
    expect(roleOf(["answer", "run", "read"])).toBe("operator");
    expect(roleOf(["run", "read"])).toBeNull();
  });

  it("are given on only where one has all of them", () => {
    expect(rolesToGive(["read", "run", "answer", "tenant"])).toEqual(["viewer", "operator"]);
    expect(whyNot("write")).toContain("author");
  });
});

describe("audit", () => {
  const entry = (parts: Partial<AuditEntry>): AuditEntry => ({
    id: "aud_1",
    at_us: 1,
    actor: "ci (tok_01abc)",
    action: "save flows",
    subject: "hello",
    detail: { digest: "d1" },
    ...parts,
  });

  it("is filtered by who, what and words", () => {
    const all = { actor: "", action: "", text: "" };
    expect(isWanted(entry({}), { ...all, actor: "ci", action: "save flows" })).toBe(true);
    expect(isWanted(entry({}), { ...all, actor: "c" })).toBe(false);
    expect(isWanted(entry({}), { ...all, text: "HELLO d1" })).toBe(true);
    expect(isWanted(entry({}), { ...all, text: "hello d2" })).toBe(false);
    expect(choicesOf([entry({}), entry({ actor: "ada" })]).actors).toEqual(["ada", "ci"]);
  });

  it("knows who saved a source first", () => {
    const entries = [
      entry({ actor: "late" }),
      entry({}),
      entry({ action: "x", detail: { digest: "d2" } }),
    ];
    expect([...saversByDigest(entries)]).toEqual([["d1", "ci"]]);
    expect(actorName("a (b)")).toBe("a (b)");
  });
});

it("strips have the last runs of each flow, the oldest first", () => {
  const run = (name: string, flow: string, at: number, outcome: string | null = null): RunSummary =>
    ({ run: name, flow, state: "running", outcome, created_at_us: at }) as RunSummary;
  const runs = [run("4", "a", 4), run("3", "b", 3), run("2", "a", 2, "failed"), run("1", "a", 1)];
  expect(stripsOf(runs, 2).get("a")?.map(standing)).toEqual(["failed", "running"]);
  const changed = withChanged(runs, [run("5", "b", 5), run("1", "a", 1, "succeeded")]);
  expect(changed.map(({ run }) => run)).toEqual(["5", "4", "3", "2", "1"]);
  expect(changed.at(-1)?.outcome).toBe("succeeded");
});

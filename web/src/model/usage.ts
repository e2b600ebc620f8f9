// What a tenant took and may take: days without a gap for bars, and the numbers of its quota with
// their units in words.
import { formatBytes, formatNumber } from "../base/size.ts";
import { formatDuration } from "../base/time.ts";
import type { Limits, Quota, UsageOfTenant } from "../api/words.ts";

export type Day = UsageOfTenant["days"][number];

const DAY_MS = 86_400_000;

/** The UTC day of a moment in milliseconds, counted from the Unix epoch. */
export function dayOf(ms: number): number {
  return Math.floor(ms / DAY_MS);
}

/** `2026-11-21`. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** So many days up to `today`, the oldest first; those of which nothing is known took nothing. */
export function everyDay(days: readonly Day[], today: number, most: number): Day[] {
  const known = new Map(days.map((day) => [day.day, day]));
  return Array.from({ length: most }, (_, index) => {
    const day = today - most + 1 + index;
    return known.get(day) ?? { day, runs: 0, succeeded: 0, failed: 0, cpu_time_us: 0, events: 0 };
  });
}

/** What can be drawn of days. */
export const MEASURES = ["runs", "failed", "cpu_time_us", "events"] as const;
export type Measure = (typeof MEASURES)[number];

export const MEASURE_TITLES: Record<Measure, string> = {
  runs: "Runs",
  failed: "Failed",
  cpu_time_us: "CPU time",
  events: "Events",
};

/** A value of a day for people. */
export function measured(measure: Measure, value: number): string {
  return measure === "cpu_time_us" ? formatDuration(value) : formatNumber(value);
}

/** The heights of bars from 0 to 1; of what is not nothing at least a sliver is seen. */
export function heights(days: readonly Day[], measure: Measure): number[] {
  const most = Math.max(1, ...days.map((day) => day[measure]));
  return days.map((day) => (day[measure] === 0 ? 0 : Math.max(0.02, day[measure] / most)));
}

/** From here on a ceiling is none that anybody meets: the tenant `local` has such. */
const ENDLESS = 1e15;
const ENDLESS_COUNT = 1e9;

/** A row of a table of ceilings. */
export interface Ceiling {
  name: string;
  means: string;
  value: string;
  /** How much of it is taken, from 0 to 1, where that is known. */
  taken?: number | undefined;
  takenText?: string;
}

function amount(value: number, say: (value: number) => string): string {
  const endless = say === formatNumber ? ENDLESS_COUNT : ENDLESS;
  return value >= endless ? "no ceiling" : say(value);
}

const milliseconds = (value: number): string => formatDuration(value * 1_000);

function share(taken: number, ceiling: number): number | undefined {
  if (ceiling >= ENDLESS) return undefined;
  return ceiling <= 0 ? 1 : Math.min(1, taken / ceiling);
}

/** The ceilings of a tenant, with what is taken of them today. */
export function quotaRows(quota: Quota, storedBytes: number, today: Day | undefined): Ceiling[] {
  const cpuMs = (today?.cpu_time_us ?? 0) / 1_000;
  const cpuMost = quota.cpu_ms_per_day;
  const bytesMost = quota.stored_bytes;
  return [
    {
      name: "CPU time a day",
      means: "of all runs in one UTC day; over it, new runs are refused",
      value: amount(cpuMost, milliseconds),
      taken: share(cpuMs, cpuMost),
      takenText: `${milliseconds(cpuMs)} today`,
    },
    {
      name: "Stored",
      means: "events, keys and values, sources; over it, new runs are refused",
      value: amount(bytesMost, formatBytes),
      taken: share(storedBytes, bytesMost),
      takenText: `${formatBytes(storedBytes)} so far`,
    },
    {
      name: "Running",
      means: "runs that workers have at one time; more wait",
      value: amount(quota.running, formatNumber),
    },
    {
      name: "Queued",
      means: "runs that wait for a worker; more are refused",
      value: amount(quota.queued, formatNumber),
    },
    {
      name: "Calls a second",
      means: "of all live runs of one process; more wait",
      value: amount(quota.calls_per_second, formatNumber),
    },
    {
      name: "Tokens",
      means: "that are valid at one time; more are refused",
      value: amount(quota.tokens, formatNumber),
    },
  ];
}

const LIMITS: readonly [string, string, (value: number) => string][] = [
  ["cpu_time_ms", "CPU time", milliseconds],
  ["wall_time_ms", "Wall time", milliseconds],
  ["memory_bytes", "Memory", formatBytes],
  ["output_bytes", "Printed text", formatBytes],
  ["spans", "Spans", formatNumber],
  ["events", "Events", formatNumber],
  ["event_bytes", "Events, in bytes", formatBytes],
  ["calls", "Calls", formatNumber],
  ["string_bytes", "One text", formatBytes],
  ["payload_bytes", "One attachment", formatBytes],
  ["model_tokens", "Tokens of models", formatNumber],
  ["model_cost_micros", "Money for models, in millionths of a dollar", formatNumber],
];

/** What one run may ask for at most. */
export function limitRows(limits: Limits | undefined): { name: string; value: string }[] {
  const values = new Map<string, unknown>(Object.entries(limits ?? {}));
  return LIMITS.flatMap(([member, name, say]) => {
    const value = values.get(member);
    return typeof value === "number" ? [{ name, value: amount(value, say) }] : [];
  });
}

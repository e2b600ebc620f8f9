// The quota of a tenant as people write it: times and sizes with their units. What is not written
// keeps the value that it had, or gets the server's default.
import type { Quota } from "../api/words.ts";

type Member = Exclude<keyof Quota, "limits">;

export interface QuotaField {
  member: Member;
  label: string;
  hint: string;
  kind: "count" | "bytes" | "milliseconds";
}

export const QUOTA_FIELDS: readonly QuotaField[] = [
  { member: "running", label: "Running at one time", hint: "runs; default 1000", kind: "count" },
  { member: "queued", label: "In the queue", hint: "runs; default 100000", kind: "count" },
  {
    member: "cpu_ms_per_day",
    label: "CPU time a day",
    hint: "as in 24h or 90m; default 24h",
    kind: "milliseconds",
  },
  {
    member: "stored_bytes",
    label: "Stored",
    hint: "as in 512MiB or 10GiB; default 10GiB",
    kind: "bytes",
  },
  { member: "calls_per_second", label: "Calls a second", hint: "default 1000", kind: "count" },
  { member: "tokens", label: "Tokens", hint: "valid at one time; default 1000", kind: "count" },
];

const SIZES = ["", "KiB", "MiB", "GiB", "TiB", "PiB"];
const TIMES: readonly [string, number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];

function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && value % 1_024 === 0 && unit < SIZES.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${value}${SIZES[unit] ?? ""}`;
}

function timeText(ms: number): string {
  const [unit, size] = TIMES.find(([, one]) => ms >= one && ms % one === 0) ?? ["ms", 1];
  return ms === 86_400_000 ? "24h" : `${ms / size}${unit}`;
}

function readBytes(text: string): number | null {
  const match = /^(\d+)\s*(|B|KiB|MiB|GiB|TiB|PiB)$/i.exec(text);
  if (match === null) return null;
  const unit = SIZES.findIndex((one) => one.toLowerCase() === (match[2] ?? "").toLowerCase());
  return Number(match[1]) * 1_024 ** Math.max(0, unit);
}

function readTime(text: string): number | null {
  const match = /^(\d+)\s*(ms|[smhd])$/i.exec(text);
  const size = TIMES.find(([unit]) => unit === match?.[2]?.toLowerCase())?.[1];
  return match === null || size === undefined ? null : Number(match[1]) * size;
}

const READ: Record<QuotaField["kind"], (text: string) => number | null> = {
  count: (text) => (/^\d+$/.test(text) ? Number(text) : null),
  bytes: readBytes,
  milliseconds: readTime,
};

const WRONG: Record<QuotaField["kind"], string> = {
  count: "Write a whole number.",
  bytes: "Write a size as in 512MiB or 10GiB.",
  milliseconds: "Write a time as in 24h or 90m.",
};

/** What the fields show of a quota; empty where there is none yet. */
export function quotaTexts(quota: Quota | undefined): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const { member, kind } of QUOTA_FIELDS) {
    const value = quota?.[member];
    if (value === undefined) texts[member] = "";
    else if (kind === "bytes") texts[member] = bytesText(value);
    else texts[member] = kind === "milliseconds" ? timeText(value) : String(value);
  }
  return texts;
}

/** The quota that the fields say, and what is wrong with them. */
export function quotaFrom(
  texts: Readonly<Record<string, string>>,
  before: Quota | undefined,
): { quota: Quota; faults: { place: string; problem: string }[] } {
  const quota: Partial<Quota> = before === undefined ? {} : { limits: before.limits };
  const faults: { place: string; problem: string }[] = [];
  for (const { member, kind } of QUOTA_FIELDS) {
    const text = (texts[member] ?? "").trim().replaceAll(/[,_]/g, "");
    if (text === "") continue;
    const value = READ[kind](text);
    if (value === null || !Number.isSafeInteger(value)) {
      faults.push({ place: `/quota/${member}`, problem: WRONG[kind] });
    } else quota[member] = value;
  }
  // Members that are absent have their defaults: the description only knows answers, which have all.
  return { quota: quota as Quota, faults };
}

// Between what a person types into a line and the JSON of its type. What cannot be read stays the
// text that was typed, so the check tells what is wrong with it and nothing is lost.
import type { TextKind } from "./form.ts";
import type { Json } from "./json.ts";

/** What is typed into an empty field, as an example. */
export const EXAMPLES: Readonly<Record<TextKind, string>> = {
  text: "",
  integer: "3",
  number: "2.5",
  decimal: "12.50",
  date: "2026-11-21",
  time: "09:30:00",
  "date-time": "2026-11-21T09:30:00+01:00",
  duration: "1h 30m",
  uuid: "3f2b8c1e-5a0d-4c57-9c62-0f6a4f1f9a11",
};

/** The value of a typed text. */
export function valueOf(kind: TextKind, text: string): Json {
  if (kind === "text") return text;
  const plain = text.trim();
  if (kind === "integer" || kind === "number") {
    const isNumber =
      kind === "integer"
        ? /^[+-]?\d+$/.test(plain)
        : /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(plain);
    const number = Number(plain);
    const isKept = Number.isFinite(number) && (kind === "number" || Number.isSafeInteger(number));
    return isNumber && isKept ? number : plain;
  }
  if (kind === "duration") return isoDuration(plain) ?? plain;
  return plain;
}

/** The text of a value, as a field shows it. */
export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

const ISO =
  /^([+-])?P(?!$)(?:(\d+)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/;

/** Seconds of a duration as the SDK reads it; null where it is none. Years and months are none. */
export function durationSeconds(text: string): number | null {
  const match = ISO.exec(text);
  if (match === null) return null;
  const [, sign, weeks, days, hours, minutes, seconds] = match;
  const sum =
    Number(weeks ?? 0) * 604_800 +
    Number(days ?? 0) * 86_400 +
    Number(hours ?? 0) * 3600 +
    Number(minutes ?? 0) * 60 +
    Number((seconds ?? "0").replace(",", "."));
  return sign === "-" ? -sum : sum;
}

const UNITS: Readonly<Record<string, "W" | "D" | "H" | "M" | "S">> = {
  w: "W",
  week: "W",
  weeks: "W",
  d: "D",
  day: "D",
  days: "D",
  h: "H",
  hour: "H",
  hours: "H",
  m: "M",
  min: "M",
  minute: "M",
  minutes: "M",
  s: "S",
  sec: "S",
  second: "S",
  seconds: "S",
};

/** A duration in ISO 8601 for `90s`, `1h 30m`, `2 days`; null where it cannot be read. */
export function isoDuration(text: string): string | null {
  if (text.length > 100) return null;
  if (durationSeconds(text) !== null) return text;
  const parts = [...text.toLowerCase().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)/g)];
  if (!parts.length || text.replace(/(\d+(?:\.\d+)?)\s*[a-z]+/gi, "").trim() !== "") return null;
  const sums = { W: "", D: "", H: "", M: "", S: "" };
  let last = -1;
  for (const [, amount = "", word = ""] of parts) {
    const unit = UNITS[word];
    const place = unit === undefined ? -1 : "WDHMS".indexOf(unit);
    // A fraction has a place in days and seconds alone, and units come once, the largest first.
    const fits = unit !== undefined && place > last && (!amount.includes(".") || /[DS]/.test(unit));
    if (!fits) return null;
    last = place;
    sums[unit] = amount + unit;
  }
  const time = sums.H + sums.M + sums.S;
  return `P${sums.W}${sums.D}${time && `T${time}`}`;
}

/** A duration in words: `1 h 30 min`. */
export function durationWords(text: string): string | null {
  const total = durationSeconds(text);
  if (total === null) return null;
  let rest = Math.abs(total);
  const words: string[] = [];
  for (const [size, unit] of [
    [86_400, "d"],
    [3600, "h"],
    [60, "min"],
  ] as const) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count) words.push(`${count} ${unit}`);
  }
  if (rest || !words.length) words.push(`${Number(rest.toFixed(6))} s`);
  return (total < 0 ? "minus " : "") + words.join(" ");
}

/** The clock and the zone of a date and time; null where a picker cannot show it. */
export function clockOf(text: string): { clock: string; zone: string } | null {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?$/.exec(text);
  return match ? { clock: `${match[1] ?? ""}T${match[2] ?? ""}`, zone: match[3] ?? "" } : null;
}

/** The zone of this browser at a moment, as `+01:00`. */
export function zoneHere(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Bytes in base64. Takes large ones in pieces, for a call has only so many arguments. */
export function base64Of(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}

/** How many bytes a text in base64 stands for; null where it is none. */
export function base64Size(text: string): number | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  return (text.length / 4) * 3 - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
}

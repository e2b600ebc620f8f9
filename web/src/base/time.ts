// Durations and moments for people. All go in as microseconds, as the API has them; what comes out
// has three significant digits at most, and the same form as on the terminal.

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** How long something took, as on the terminal: `0.8ms`, `12ms`, `1.25s`, `2m05s`, `3h20m`, `4d06h`. */
export function formatDuration(us: number): string {
  const whole = Number.isFinite(us) && us > 0 ? Math.floor(us) : 0;
  if (whole < 10_000) return `${Math.floor(whole / 1_000)}.${Math.floor((whole % 1_000) / 100)}ms`;
  if (whole < SECOND) return `${Math.floor(whole / 1_000)}ms`;
  const seconds = Math.floor(whole / SECOND);
  const parts = whole % SECOND;
  if (seconds < 10) return `${seconds}.${pad(Math.floor(parts / 10_000))}s`;
  if (seconds < 60) return `${seconds}.${Math.floor(parts / 100_000)}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m${pad(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 2_880) return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d${pad(hours % 24)}h`;
}

/** The same in words, for screen readers and titles: `2 minutes 5 seconds`. */
export function speakDuration(us: number): string {
  if (us < SECOND) return count(Math.round(us / 1_000), "millisecond");
  const parts: [number, string][] = [
    [Math.floor(us / DAY), "day"],
    [Math.floor(us / HOUR) % 24, "hour"],
    [Math.floor(us / MINUTE) % 60, "minute"],
    [Math.floor(us / SECOND) % 60, "second"],
  ];
  const said = parts.filter(([value]) => value > 0).map(([value, unit]) => count(value, unit));
  return said.slice(0, 2).join(" ");
}

/** A number with its noun: `1 run`, `1,204 runs`. */
export function count(value: number, noun: string, plural = `${noun}s`): string {
  return `${value.toLocaleString("en")} ${value === 1 ? noun : plural}`;
}

/** How long ago, or in how long: `now`, `12 s ago`, `5 min ago`, `in 3 h`, `6 d ago`. */
export function formatAgo(atUs: number, nowUs: number): string {
  const distance = nowUs - atUs;
  const size = Math.abs(distance);
  // The clocks of a server and a browser differ a little.
  if (size < 2 * SECOND) return "now";
  const text = shortly(size);
  return distance > 0 ? `${text} ago` : `in ${text}`;
}

function shortly(us: number): string {
  if (us < MINUTE) return `${Math.floor(us / SECOND)} s`;
  if (us < HOUR) return `${Math.floor(us / MINUTE)} min`;
  if (us < 2 * DAY) return `${Math.floor(us / HOUR)} h`;
  return `${Math.floor(us / DAY).toLocaleString("en")} d`;
}

/** A moment in the reader's time zone, to the second: `2026-11-21 20:04:09`. */
export function formatMoment(atUs: number): string {
  const date = new Date(atUs / 1_000);
  if (Number.isNaN(date.getTime())) return "";
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join("-");
  return `${day} ${formatClock(atUs)}`;
}

/** The time of day alone: `20:04:09`, with `parts` also the thousandths. */
export function formatClock(atUs: number, parts = false): string {
  const date = new Date(atUs / 1_000);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(pad).join(":");
  return parts ? `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}` : clock;
}

/** The present, in microseconds. */
export function nowUs(): number {
  return Date.now() * 1_000;
}

/** A duration as people write it, in milliseconds: `90s`, `1h30m`, `2d`; null where it is none. */
export function parseDuration(text: string): number | null {
  const units: Record<string, number> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };
  const compact = text.replaceAll(/\s+/g, "").toLowerCase();
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/.test(compact)) return null;
  let sum = 0;
  for (const [, value, unit] of compact.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    sum += Number(value) * (units[unit ?? ""] ?? 0);
  }
  return Number.isSafeInteger(Math.round(sum)) ? Math.round(sum) : null;
}

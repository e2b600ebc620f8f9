// Sizes, counts and amounts of money for people.

const UNITS = ["KiB", "MiB", "GiB", "TiB"];

/** `512 B`, `1.5 KiB`, `256 MiB`: as the terminal has them. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  let value = bytes;
  let unit = "";
  for (unit of UNITS) {
    value /= 1_024;
    if (value < 999.5) break;
  }
  const text = value < 9.95 ? value.toFixed(1).replace(/\.0$/, "") : String(Math.round(value));
  return `${text} ${unit}`;
}

/** `1,204`. */
export function formatNumber(value: number): string {
  return value.toLocaleString("en");
}

/** Millionths of a dollar: `$0`, `$0.0004`, `$1.27`. */
export function formatCost(micros: number): string {
  const dollars = micros / 1e6;
  if (micros === 0) return "$0";
  if (dollars < 0.0001) return "< $0.0001";
  return `$${dollars < 0.1 ? dollars.toFixed(4) : dollars.toFixed(2)}`;
}

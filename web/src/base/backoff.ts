// How long to wait before the next try: twice as long each time, up to a ceiling, and never
// exactly, so that many pages do not come back in the same moment.

/** Milliseconds before try `failures + 1`; `chance` is a number from 0 up to 1. */
export function backoffMs(
  failures: number,
  { first = 500, most = 15_000 } = {},
  chance: number = Math.random(),
): number {
  const full = Math.min(most, first * 2 ** Math.min(failures, 20));
  return Math.round(full / 2 + (full / 2) * chance);
}

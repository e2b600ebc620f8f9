// What is asked for often is done in its pace, and never forgotten.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { paced } from "./pace.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("once in a time, and once after the last", () => {
  const act = vi.fn();
  const pace = paced(act, 1_000);
  for (let ask = 0; ask < 50; ask += 1) {
    pace.ask();
    vi.advanceTimersByTime(50);
  }
  expect(act).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(10_000);
  expect(act).toHaveBeenCalledTimes(3);
  pace.ask();
  vi.advanceTimersByTime(0);
  expect(act).toHaveBeenCalledTimes(4);
  pace.ask();
  pace.cancel();
  vi.advanceTimersByTime(10_000);
  expect(act).toHaveBeenCalledTimes(4);
});

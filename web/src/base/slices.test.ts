// Work in slices is done in order and whole, beside frames, and at once where there is little of it.
import { expect, it } from "vitest";
import { inSlices } from "./slices.ts";

/** Work of 3 ms each, in a world where frames come when the test says so. */
function world(isSeen = true) {
  const done: number[] = [];
  const frames: (() => void)[] = [];
  let now = 1_000;
  const clock = {
    now: () => now,
    afterFrame: (act: () => void) => void frames.push(act),
    isSeen: () => isSeen,
  };
  const add = inSlices((item: number) => {
    now += 3;
    done.push(item);
  }, clock);
  return { add, done, frame: () => frames.shift()?.(), pass: (ms: number) => (now += ms) };
}

it("does what comes slowly at once", () => {
  const { add, done, pass } = world();
  for (let item = 1; item <= 5; item += 1) {
    add(item);
    expect(done.at(-1)).toBe(item);
    pass(20);
  }
});

it("leaves room for a frame where much comes, and keeps the order", () => {
  const { add, done, frame } = world();
  for (let item = 1; item <= 8; item += 1) add(item);
  expect(done).toEqual([1, 2, 3]);
  frame();
  expect(done).toEqual([1, 2, 3, 4, 5, 6]);
  add(9);
  expect(done.length).toBe(6);
  frame();
  frame();
  expect(done).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it("waits for no frames that nobody sees", () => {
  const { add, done } = world(false);
  for (let item = 1; item <= 8; item += 1) add(item);
  expect(done.length).toBe(8);
});

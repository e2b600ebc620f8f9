// Doing something again and again, but not too often: at most once in a time, and always once more
// after it was last asked for.

/** Calls `act` after each `ask`, those that come within `everyMs` of the last call together. Making it
 *  counts as a call. */
export function paced(act: () => void, everyMs: number): { ask(): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let earliest = Date.now() + everyMs;
  return {
    ask() {
      timer ??= setTimeout(
        () => {
          timer = undefined;
          earliest = Date.now() + everyMs;
          act();
        },
        Math.max(0, earliest - Date.now()),
      );
    },
    cancel() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

// One paint a frame, however often it is asked for. In a page that nobody sees, frames come slowly or
// not at all: what was asked for is painted when somebody looks again.

/** Calls `paint` in the next frame after it was asked for. */
export function presentFrame(paint: () => void): { ask(): void; cancel(): void } {
  let frame = 0;
  return {
    ask() {
      if (frame === 0) {
        frame = requestAnimationFrame(() => {
          frame = 0;
          paint();
        });
      }
    },
    cancel() {
      cancelAnimationFrame(frame);
      frame = 0;
    },
  };
}

// Work that comes faster than it can be done beside drawing: it is done in turn, so much of it in a
// frame that the frame is still drawn, and the rest after the next ones. What comes slowly is done at once.

/** What there is of time; tests have their own. */
export interface Clock {
  now(): number;
  /** Calls back when the next frame was drawn. */
  afterFrame(act: () => void): void;
  /** Whether anybody sees frames. */
  isSeen(): boolean;
}

/** Milliseconds of work in a frame, and how long a frame is. */
const WORK_MS = 7;
const FRAME_MS = 16;
/** Frames that do not come, as of a page that was just hidden, are not waited for longer. */
const LATEST_MS = 100;

const page: Clock = {
  now: () => performance.now(),
  afterFrame(act) {
    const late = setTimeout(act, LATEST_MS);
    requestAnimationFrame(() => {
      clearTimeout(late);
      setTimeout(act);
    });
  },
  isSeen: () => typeof document !== "undefined" && !document.hidden,
};

/** Answers with what takes the next thing to work on. */
export function inSlices<T>(work: (item: T) => void, clock: Clock = page): (item: T) => void {
  const waiting: T[] = [];
  let isPaused = false;
  /** When this frame began to be worked in, and how long that was done. */
  let [began, spent] = [-Infinity, 0];

  function go(): void {
    const from = clock.now();
    if (from - began >= FRAME_MS) [began, spent] = [from, 0];
    const most = clock.isSeen() ? WORK_MS - spent : Infinity;
    while (waiting.length > 0 && clock.now() - from < most) work(waiting.shift() as T);
    spent += clock.now() - from;
    if (waiting.length === 0) return;
    isPaused = true;
    clock.afterFrame(() => {
      isPaused = false;
      began = -Infinity;
      go();
    });
  }

  return (item) => {
    waiting.push(item);
    if (!isPaused) go();
  };
}

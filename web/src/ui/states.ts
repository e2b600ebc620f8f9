// How states of runs, attempts and spans are drawn: each by a word, a colour and a shape, so that
// none depends on colour alone.

export type Tone = "ok" | "bad" | "warn" | "run" | "wait" | "cancelled" | "timed-out" | "plain";

/** The shape inside of the dot. */
export type Mark = "check" | "cross" | "play" | "pause" | "dash" | "clock" | "ring" | "question";

/** How one state looks. */
export interface Look {
  word: string;
  tone: Tone;
  mark: Mark;
  /** Whether it changes by itself soon; drawn with a gentle pulse. */
  moves: boolean;
}

const looks: Record<string, Look> = {
  succeeded: { word: "succeeded", tone: "ok", mark: "check", moves: false },
  ok: { word: "ok", tone: "ok", mark: "check", moves: false },
  failed: { word: "failed", tone: "bad", mark: "cross", moves: false },
  running: { word: "running", tone: "run", mark: "play", moves: true },
  queued: { word: "queued", tone: "plain", mark: "ring", moves: true },
  waiting: { word: "waiting", tone: "wait", mark: "pause", moves: false },
  cancelled: { word: "cancelled", tone: "cancelled", mark: "dash", moves: false },
  timed_out: { word: "timed out", tone: "timed-out", mark: "clock", moves: false },
  open: { word: "open", tone: "wait", mark: "question", moves: false },
  answered: { word: "answered", tone: "ok", mark: "check", moves: false },
  closed: { word: "closed", tone: "cancelled", mark: "dash", moves: false },
  refused: { word: "refused", tone: "bad", mark: "dash", moves: false },
};

/** The look of a state; one that we do not know is drawn plainly, by its own word. */
export function lookOf(state: string): Look {
  return looks[state] ?? { word: state.slice(0, 24), tone: "plain", mark: "ring", moves: false };
}

/** The word for where a run stands: its outcome where it is over, else its state. */
export function stateOfRun(run: { state: string; outcome?: string | null }): string {
  return run.state === "ended" ? (run.outcome ?? "ended") : run.state;
}

// Keys of the page. What is pressed is bound in one place, so the help (`?`) lists all that works
// where the reader is. Single letters do nothing while somebody types, and the browser's own
// shortcuts are left to it.
import { untrack } from "svelte";

/** What a chord does. `keys` as in `Mod+K`, `?`, `Shift+E`, `g r` (one after the other). */
export interface Chord {
  keys: string;
  /** What it does, in a few words for the help. */
  does: string;
  /** The heading under which the help lists it. */
  group: string;
  run: (event: KeyboardEvent) => void;
  /** Whether it works while somebody types, too. Chords with `Mod` do unless this is false. */
  typing?: boolean;
}

const IS_MAC = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);
/** Between the two keys of a sequence, at most. */
const SEQUENCE_MS = 1_200;

/** Whoever binds in an effect does not depend on what others bind. */
let bound = $state.raw<readonly (readonly Chord[])[]>([]);

/** All chords that work now, those bound last first. */
export function chords(): readonly Chord[] {
  return bound.flat();
}

/** Binds chords until the answered function is called; later ones go before earlier ones. */
export function bindChords(list: readonly Chord[]): () => void {
  bound = [list, ...untrack(() => bound)];
  return () => {
    bound = bound.filter((one) => one !== list);
  };
}

/** The name of what was pressed: `Mod+Shift+P`, `?`, `Escape`. */
export function pressed(event: KeyboardEvent): string {
  const key = event.key === " " ? "Space" : event.key;
  const named = key.length === 1 ? key.toLowerCase() : key;
  const isLetter = /^[a-z]$/.test(named);
  const mod = IS_MAC ? event.metaKey : event.ctrlKey;
  const parts = [
    mod ? "Mod+" : "",
    event.altKey ? "Alt+" : "",
    event.shiftKey && (isLetter || key.length > 1) ? "Shift+" : "",
  ];
  return parts.join("") + (isLetter ? named.toUpperCase() : named);
}

function spelled(keys: string): string {
  return keys
    .split(" ")
    .map((one) =>
      one.replace(/(^|\+)([a-z])$/, (_, before: string, key: string) => before + key.toUpperCase()),
    )
    .join(" ");
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.closest(
      "input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [role=textbox]",
    ) !== null
  );
}

/** What was pressed last, and when: it may be the first key of a sequence. */
let before = "";
let at = 0;

function sequenceWith(now: string, event: KeyboardEvent): string {
  return before !== "" && event.timeStamp - at < SEQUENCE_MS ? `${before} ${now}` : "";
}

/** Whether a key is one of a chord that works now, for a widget that takes letters otherwise. */
export function isOfChord(event: KeyboardEvent): boolean {
  const now = pressed(event);
  const sequence = sequenceWith(now, event);
  return chords().some(({ keys }) => {
    const wanted = spelled(keys);
    return wanted === now || wanted.startsWith(`${now} `) || wanted === sequence;
  });
}

/** Listens to the whole page. A dialog that is open has the keys to itself, but for `Mod` chords. */
export function listenToKeys(): () => void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    const now = pressed(event);
    const sequence = sequenceWith(now, event);
    before = now;
    at = event.timeStamp;
    const typing = isTyping(event.target);
    const inDialog = document.querySelector("dialog[open]") !== null;
    const fitting = (pressedKeys: string): Chord | undefined =>
      chords().find(({ keys, typing: whileTyping }) => {
        const wanted = spelled(keys);
        const withMod = wanted.startsWith("Mod+");
        if (typing && !(whileTyping ?? withMod)) return false;
        if (inDialog && !withMod) return false;
        return wanted === pressedKeys;
      });
    // The second key of a sequence may be a chord of its own: it is not meant then.
    const chord = (sequence && fitting(sequence)) || fitting(now);
    if (!chord) return;
    event.preventDefault();
    before = "";
    chord.run(event);
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}

/** The keys as people read them on this machine: `Ctrl`, `K`. */
export function keyCaps(keys: string): string[][] {
  const names: Record<string, string> = IS_MAC
    ? {
        Mod: "⌘",
        Shift: "⇧",
        Alt: "⌥",
        Enter: "↵",
        ArrowUp: "↑",
        ArrowDown: "↓",
        ArrowLeft: "←",
        ArrowRight: "→",
        Escape: "Esc",
      }
    : { Mod: "Ctrl", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc" };
  return keys
    .split(" ")
    .map((one) =>
      one.split("+").map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part)),
    );
}

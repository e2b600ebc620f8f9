// What part of a run's time is seen, and where in it something stands in pixels. A view is a value:
// zooming and panning give another. Times are shown times of the run's axis, in microseconds.
import type { Axis } from "./axis.ts";

/** The part of the time that is seen. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** A bar in pixels, cut at the edges of the view. */
export interface Bar {
  readonly left: number;
  readonly width: number;
}

/** A mark on the time scale. */
export interface Tick {
  readonly x: number;
  /** The shown time. */
  readonly at: number;
}

/** The narrowest part that can be seen: 10 microseconds. */
const NARROWEST_US = 10;
/** The narrowest bar, in pixels: anything less cannot be seen or hit. */
const NARROWEST_BAR = 2;

/** All of a run of that length. */
export function whole(length: number): View {
  return { from: 0, to: Math.max(length, NARROWEST_US) };
}

/** Zooms by a factor around a place that stays where it is; a factor under 1 shows less. */
export function zoom(view: View, around: number, factor: number, length: number): View {
  const width = view.to - view.from;
  const wide = clamp(width * factor, NARROWEST_US, Math.max(length, NARROWEST_US));
  const share = width > 0 ? (around - view.from) / width : 0.5;
  return within({ from: around - share * wide, to: around + (1 - share) * wide }, length);
}

/** Moves by a time. */
export function pan(view: View, by: number, length: number): View {
  return within({ from: view.from + by, to: view.to + by }, length);
}

/** The same view, moved to where there is something and cut to that. */
export function within(view: View, length: number): View {
  const all = whole(length);
  const width = clamp(view.to - view.from, NARROWEST_US, all.to);
  const from = clamp(view.from, 0, all.to - width);
  return { from, to: from + width };
}

/** Where a shown time stands, in pixels; beyond the view it is negative or more than `pixels`. */
export function x(view: View, shown: number, pixels: number): number {
  return ((shown - view.from) / (view.to - view.from)) * pixels;
}

/** Which shown time stands at a pixel. */
export function timeAt(view: View, pixel: number, pixels: number): number {
  return view.from + (pixel / pixels) * (view.to - view.from);
}

/** The bar of something that lasted from one time to another; null where nothing of it is in the view. */
export function bar(
  view: View,
  axis: Axis,
  start: number,
  end: number,
  pixels: number,
): Bar | null {
  const left = x(view, axis.shown(start), pixels);
  const right = x(view, axis.shown(end), pixels);
  if (right < 0 || left > pixels) return null;
  const from = clamp(left, 0, pixels - NARROWEST_BAR);
  return { left: from, width: Math.max(NARROWEST_BAR, Math.min(right, pixels) - from) };
}

/** Marks at round times, about `every` pixels apart. */
export function ticks(view: View, pixels: number, every = 110): Tick[] {
  const step = roundStep(((view.to - view.from) * every) / Math.max(pixels, 1));
  const found: Tick[] = [];
  const last = Math.min(Math.floor(view.to / step), Math.ceil(view.from / step) + 1_000);
  for (let n = Math.ceil(view.from / step); n <= last; n += 1) {
    found.push({ at: n * step, x: x(view, n * step, pixels) });
  }
  return found;
}

const MINUTE = 60_000_000;
const LONG_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((n) => n * MINUTE);

/** The next step that people count in: 1, 2 or 5 with noughts, and beyond half a minute those of a clock. */
export function roundStep(least: number): number {
  if (least > 30_000_000) {
    const day = 1440 * MINUTE;
    return LONG_STEPS.find((step) => step >= least) ?? Math.ceil(least / day) * day;
  }
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= least) ?? least;
  return step === 20_000_000 || step === 50_000_000 ? 30_000_000 : step;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), Math.max(least, most));
}

// Where in a value something is wrong, in the two ways that others write it: JSON pointers of the
// API (`/input/lines/0/item`), and paths of the SDK (`input.lines[0].item`). Both become the same
// list of steps.
import { isObject, member, type Json } from "./json.ts";

/** Steps from the root of a value: names of members and places in lists. */
export type Place = readonly (string | number)[];

/** Something that is wrong with a value. */
export interface Fault {
  place: Place;
  message: string;
  hint: string | null;
}

/** One text for a place, to compare and to find by. */
export function keyOf(place: Place): string {
  return JSON.stringify(place.map(String));
}

/** The place as a person reads it: `lines[0].item`. */
export function placeText(place: Place): string {
  let text = "";
  for (const step of place) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\p{L}_][\p{L}\p{N}_]*$/u.test(step)) text += text ? `.${step}` : step;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

function pointerSteps(text: string): string[] {
  const parts = text.split("/").slice(1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

const STEP = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;

function pathSteps(text: string): string[] {
  const steps: string[] = [];
  STEP.lastIndex = text.search(/[.[]|$/);
  for (;;) {
    const match = STEP.exec(text);
    if (match === null) return steps;
    const [, name, index, single, double] = match;
    steps.push(name ?? index ?? (single ?? double ?? "").replace(/\\(.)/g, "$1"));
  }
}

const MISSING = /^"((?:[^"\\]|\\.)*)" is a required property$/;

/** A fault that the server or the SDK told, at its place below the root (`input`, `answer`). */
export function faultFrom(place: string, message: string, hint: string | null = null): Fault {
  const steps = place.startsWith("/") ? pointerSteps(place).slice(1) : pathSteps(place);
  const missing = MISSING.exec(message)?.[1];
  if (missing === undefined) return { place: steps, message, hint };
  return { place: [...steps, missing], message: "is missing", hint };
}

/** The faults in `details.problems` of a failure, as the host and the SDK write them. */
export function faultsOfDetails(details: unknown): Fault[] {
  const problems = isObject(details) ? member(details, "problems") : undefined;
  if (!Array.isArray(problems)) return [];
  return problems.flatMap((one: Json) => {
    const pointer = member(one, "place");
    const path = member(one, "path");
    const message = member(one, "message") ?? member(one, "problem");
    const hint = member(one, "hint");
    if (typeof message !== "string") return [];
    // The host's pointers begin below the root, the paths of the SDK with its name.
    const place = typeof pointer === "string" ? `/root${pointer}` : path;
    return typeof place === "string"
      ? [faultFrom(place, message, typeof hint === "string" ? hint : null)]
      : [];
  });
}

// Whether a value fits a schema, in the words of the SDK. It is for the reader's comfort: the
// server checks again, and where the two differ the server is right. Patterns of strangers are
// left to the server, since an evil one could hold up the page.
import { durationSeconds, base64Size } from "./form-text.ts";
import type { Fault, Place } from "./form-place.ts";
import { choiceLabel, fieldOf, type Field, type NameRule, type TextKind } from "./form.ts";
import { isObject, member, same, told, type Json } from "./json.ts";

const MOST_FAULTS = 50;
const DEEPEST = 64;
/** Values that are looked at in all; beyond, the rest is the server's. */
const MOST_VALUES = 20_000;

interface Walk {
  root: Json;
  faults: Fault[];
  looked: number;
}

/** What is wrong with a value; empty where it fits. `root` is the document that has `$defs`. */
export function check(schema: Json, value: Json, root: Json = schema): Fault[] {
  const walk: Walk = { root, faults: [], looked: 0 };
  visit(schema, value, [], walk);
  return walk.faults;
}

function tell(walk: Walk, place: Place, message: string, hint: string | null = null): void {
  if (walk.faults.length < MOST_FAULTS) walk.faults.push({ place, message, hint });
}

function expected(walk: Walk, place: Place, what: string, value: Json, hint?: string): void {
  tell(
    walk,
    place,
    value === "" ? `expected ${what}` : `expected ${what}, got ${told(value)}`,
    hint,
  );
}

function visit(schema: Json, value: Json, place: Place, walk: Walk): void {
  walk.looked += 1;
  if (walk.looked > MOST_VALUES || place.length > DEEPEST || walk.faults.length >= MOST_FAULTS) {
    return;
  }
  const field = fieldOf(schema, walk.root);
  switch (field.kind) {
    case "any":
      break;
    case "never":
      tell(walk, place, "cannot have a value here");
      break;
    case "choice":
      if (!field.choices.some((choice) => same(choice, value))) {
        const some = field.choices.slice(0, 8).map((choice) => choiceLabel(choice));
        expected(walk, place, `one of ${some.join(", ")}`, value);
      }
      break;
    case "list":
    case "tuple":
      visitList(field, value, place, walk);
      break;
    case "object":
    case "map":
      visitObject(field, value, place, walk);
      break;
    case "union":
      visitUnion(field.branches, value, place, walk);
      break;
    case "integer":
    case "number":
      visitNumber(field, value, place, walk);
      break;
    default: {
      const plain = PLAIN[field.kind];
      if (!plain.fits(value)) expected(walk, place, plain.what, value, plain.hint);
      else if (field.kind === "text" && typeof value === "string") {
        visitSize(field, value, place, walk);
      }
    }
  }
}

const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;
const TIME = /^([01]\d|2[0-3])(:[0-5]\d(:[0-5]\d([.,]\d{1,6})?)?)?(Z|[+-]\d\d(:?\d\d){0,2})?$/;
const UUID = /^[{]?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}[}]?$/i;

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (match === null || match[1] === "0000") return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function isDateTime(text: string): boolean {
  const day = text.slice(0, 10);
  if (!isDate(day)) return false;
  return text.length === 10 || TIME.test(text.slice(11));
}

type PlainKind = "text" | "boolean" | "null" | "bytes" | Exclude<TextKind, "integer" | "number">;

interface Plain {
  what: string;
  fits: (value: Json) => boolean;
  hint?: string;
}

function written(what: string, example: string, fits: (text: string) => boolean): Plain {
  return {
    what,
    fits: (value) => typeof value === "string" && fits(value),
    hint: `Write it as '${example}'`,
  };
}

/** The types that are looked at without looking further. */
const PLAIN: Readonly<Record<PlainKind, Plain>> = {
  text: { what: "a string", fits: (value) => typeof value === "string" },
  boolean: { what: "true or false", fits: (value) => typeof value === "boolean" },
  null: { what: "null", fits: (value) => value === null },
  decimal: {
    what: "a decimal number",
    fits: (value) =>
      typeof value === "number" || (typeof value === "string" && DECIMAL.test(value)),
    hint: "Write it as '12.50'",
  },
  date: written("a date", "2026-11-21", isDate),
  time: written("a time of day", "09:30:00", (text) => TIME.test(text)),
  "date-time": written("a date and time", "2026-11-21T09:30:00+01:00", isDateTime),
  duration: written("a duration", "PT1H30M", (text) => durationSeconds(text) !== null),
  uuid: written("a UUID", "3f2b8c1e-5a0d-4c57-9c62-0f6a4f1f9a11", (text) => UUID.test(text)),
  bytes: written("bytes in base64", "aGVsbG8=", (text) => base64Size(text) !== null),
};

function visitNumber(field: Field, value: Json, place: Place, walk: Walk): void {
  const what = field.kind === "integer" ? "an integer" : "a number";
  if (typeof value !== "number" || (field.kind === "integer" && !Number.isInteger(value))) {
    const digits = typeof value === "string" && /^[+-]?\d{16,}$/.test(value);
    const large = "It is too large to be sent exactly from this page: use the command line";
    expected(walk, place, what, value, digits ? large : undefined);
    return;
  }
  if (field.kind === "integer" && !Number.isSafeInteger(value)) {
    tell(walk, place, "the integer is too large to be sent exactly from this page");
    return;
  }
  const least = member(field.schema, "minimum");
  const most = member(field.schema, "maximum");
  if (typeof least === "number" && value < least) tell(walk, place, `is less than ${least}`);
  if (typeof most === "number" && value > most) tell(walk, place, `is more than ${most}`);
}

function visitSize(field: Field, value: string, place: Place, walk: Walk): void {
  const least = member(field.schema, "minLength");
  const most = member(field.schema, "maxLength");
  const size = Array.from(value).length;
  if (typeof least === "number" && size < least) {
    tell(walk, place, `has ${size} characters, and ${least} at least are needed`);
  }
  if (typeof most === "number" && size > most) {
    tell(walk, place, `has ${size} characters, and ${most} at most are taken`);
  }
}

type ListField = Extract<Field, { kind: "list" | "tuple" }>;

function visitList(field: ListField, value: Json, place: Place, walk: Walk): void {
  if (!Array.isArray(value)) {
    expected(walk, place, "a list", value);
    return;
  }
  if (field.kind === "tuple") {
    if (value.length !== field.items.length) {
      tell(walk, place, `expected ${field.items.length} values, got ${value.length}`);
    }
    for (const [index, item] of field.items.entries()) {
      const one = value[index];
      if (one !== undefined) visit(item, one, [...place, index], walk);
    }
    return;
  }
  if (value.length < field.least) tell(walk, place, `expected at least ${field.least} values`);
  if (value.length > field.most) tell(walk, place, `expected at most ${field.most} values`);
  for (const [index, one] of value.entries()) visit(field.item, one, [...place, index], walk);
  if (field.isUnique) {
    const seen = new Set<string>();
    for (const [index, one] of value.entries()) {
      const text = JSON.stringify(one);
      if (seen.has(text)) tell(walk, [...place, index], "is there twice");
      seen.add(text);
    }
  }
}

type ObjectField = Extract<Field, { kind: "object" | "map" }>;

function visitObject(field: ObjectField, value: Json, place: Place, walk: Walk): void {
  if (!isObject(value)) {
    expected(walk, place, "an object", value);
    return;
  }
  const members = field.kind === "object" ? field.members : [];
  const rest = field.kind === "object" ? field.rest : field.item;
  for (const one of members) {
    const found = member(value, one.name);
    if (found !== undefined) visit(one.schema, found, [...place, one.name], walk);
    else if (one.isRequired) {
      tell(
        walk,
        [...place, one.name],
        `is missing: expected ${fieldOf(one.schema, walk.root).called}`,
      );
    }
  }
  const known = new Set(members.map((one) => one.name));
  for (const [name, found] of Object.entries(value)) {
    if (known.has(name)) continue;
    if (rest === false) tell(walk, [...place, name], "is not a member");
    else {
      const problem = field.kind === "map" ? nameProblem(name, field.names, walk.root) : null;
      if (problem !== null) tell(walk, [...place, name], problem);
      visit(rest, found, [...place, name], walk);
    }
  }
}

/** What is wrong with the name of an entry of a mapping. */
export function nameProblem(name: string, rule: NameRule, root: Json): string | null {
  switch (rule.kind) {
    case "any":
      return null;
    case "integer":
      return /^[+-]?\d+$/.test(name) ? null : "expected the digits of an integer as name";
    case "choice":
      return rule.choices.includes(name) ? null : `expected one of ${rule.choices.join(", ")}`;
    case "schema":
      return check(rule.schema, name, root)[0]?.message ?? null;
  }
}

function visitUnion(branches: readonly Json[], value: Json, place: Place, walk: Walk): void {
  let best: Fault[] | null = null;
  for (const branch of branches.slice(0, 32)) {
    const inner: Walk = { root: walk.root, faults: [], looked: walk.looked };
    visit(branch, value, place, inner);
    walk.looked = inner.looked;
    if (inner.faults.length === 0) return;
    // What went wrong deepest is of the branch that the value was most likely meant for.
    const isDeeper = (inner.faults[0]?.place.length ?? 0) > (best?.[0]?.place.length ?? -1);
    if (best === null || isDeeper) best = inner.faults;
  }
  const isDeep = (best?.[0]?.place.length ?? 0) > place.length;
  if (best && (isDeep || branches.length === 1)) {
    for (const fault of best) tell(walk, fault.place, fault.message, fault.hint);
    return;
  }
  const called = branches.slice(0, 6).map((branch) => fieldOf(branch, walk.root).called);
  expected(walk, place, [...new Set(called)].join(" or "), value);
}

/** Which branch of a union a value is of: the first that it fits, else the first of its type. */
export function branchOf(branches: readonly Json[], value: Json, root: Json): number {
  const fits = branches.findIndex((branch) => check(branch, value, root).length === 0);
  if (fits >= 0) return fits;
  const near = branches.findIndex((branch) => isNear(fieldOf(branch, root), value));
  return Math.max(near, 0);
}

function isNear(field: Field, value: Json): boolean {
  switch (field.kind) {
    case "list":
    case "tuple":
      return Array.isArray(value);
    case "object":
    case "map":
      return isObject(value);
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "integer":
    case "number":
      return typeof value === "number";
    default:
      return typeof value === "string";
  }
}

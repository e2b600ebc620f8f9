// JSON as data: the type of every value that comes from or goes to the server, and the few ways to
// change one without touching the old. A member may have any name, also `__proto__`: objects are
// made from entries, never by assignment.

/** Any value that JSON has. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

/** Whether a value is an object of JSON: neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member of an object; undefined where there is none of its own. */
export function member(value: unknown, name: string): Json | undefined {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The object with a member set, or taken away where `next` is undefined. Order is kept. */
export function withMember(object: JsonObject, name: string, next: Json | undefined): JsonObject {
  const entries = Object.entries(object);
  const at = entries.findIndex(([known]) => known === name);
  if (next === undefined) {
    if (at >= 0) entries.splice(at, 1);
  } else if (at >= 0) entries[at] = [name, next];
  else entries.push([name, next]);
  return Object.fromEntries(entries);
}

/** The list with another value at a place. */
export function withItem(list: readonly Json[], index: number, next: Json): Json[] {
  return list.map((item, at) => (at === index ? next : item));
}

/** Whether two values are the same, whatever the order of members. */
export function same(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, at) => same(item, right[at]));
  }
  if (!isObject(left) || !isObject(right)) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && same(left[name], right[name]))
  );
}

/** What a text holds, or why it holds nothing. */
export function parseJson(text: string): { value: Json } | { problem: string } {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (caught) {
    return { problem: caught instanceof Error ? caught.message : "is no JSON" };
  }
}

/** A value in the words of the SDK: `the string 'x'`, `a list`. */
export function told(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "string") {
    return `the string '${value.length > 60 ? `${value.slice(0, 57)}...` : value}'`;
  }
  if (Array.isArray(value)) return value.length ? "a list" : "an empty list";
  return Object.keys(value).length ? "an object" : "an empty object";
}

// A JSON Schema as the fields of a form. Whoever draws asks for one level at a time, so a schema
// that refers to itself is no trouble; what is not understood is a field of raw JSON, never an
// error. Schemas of questions come from flows, and are as little trusted as their texts.
import { isObject, member, type Json, type JsonObject } from "./json.ts";

/** What all fields have. */
interface Base {
  /** The schema that it was made of, with references followed. */
  schema: JsonObject;
  /** What the author says of it; text of a flow. */
  description: string;
  /** What stands for the value where there is none. */
  fallback: Json | undefined;
  /** What a person calls the type: `a whole number`. */
  called: string;
}

/** A type that is written in one line. */
export type TextKind =
  "text" | "integer" | "number" | "decimal" | "date" | "time" | "date-time" | "duration" | "uuid";

/** A member of an object. */
export interface Member {
  name: string;
  schema: Json;
  isRequired: boolean;
}

export type Field = Base &
  (
    | { kind: TextKind }
    | { kind: "boolean" | "null" | "bytes" | "any" | "never" }
    | { kind: "choice"; choices: Json[] }
    | { kind: "list"; item: Json; isUnique: boolean; least: number; most: number }
    | { kind: "tuple"; items: Json[] }
    | { kind: "object"; members: Member[]; rest: Json }
    | { kind: "map"; item: Json; names: NameRule }
    | { kind: "union"; branches: Json[] }
  );

export type FieldKind = Field["kind"];

/** What the names of a mapping may be. */
export type NameRule =
  | { kind: "any" }
  | { kind: "integer" }
  | { kind: "choice"; choices: string[] }
  | { kind: "schema"; schema: Json };

const DEEPEST_REFERENCE = 32;

const FORMATS: Readonly<Record<string, TextKind>> = {
  date: "date",
  time: "time",
  "date-time": "date-time",
  duration: "duration",
  uuid: "uuid",
  decimal: "decimal",
};

export const CALLED: Readonly<Record<Exclude<FieldKind, "choice" | "union">, string>> = {
  text: "text",
  integer: "a whole number",
  number: "a number",
  decimal: "a decimal number",
  date: "a date",
  time: "a time of day",
  "date-time": "a date and time",
  duration: "a duration",
  uuid: "a UUID",
  boolean: "yes or no",
  null: "nothing",
  bytes: "a file",
  any: "any JSON",
  never: "nothing that fits",
  list: "a list",
  tuple: "a list of fixed length",
  object: "an object",
  map: "names with values",
};

/** The schema that a reference leads to, with what stands beside the reference laid over it. */
function followed(schema: Json, root: Json): { schema: Json; name: string | null } {
  let found = schema;
  let name: string | null = null;
  for (let depth = 0; depth < DEEPEST_REFERENCE; depth++) {
    const reference = member(found, "$ref");
    if (!isObject(found) || typeof reference !== "string") return { schema: found, name };
    const target = targetOf(reference, root);
    if (target === undefined) return { schema: {}, name };
    name = reference.startsWith("#/$defs/") ? reference.slice(8) : name;
    const beside = Object.entries(found).filter(([key]) => key !== "$ref");
    if (beside.length && isObject(target)) {
      found = Object.fromEntries([...Object.entries(target), ...beside]);
    } else found = target;
  }
  return { schema: {}, name };
}

function targetOf(reference: string, root: Json): Json | undefined {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let found: Json | undefined = root;
  for (const part of reference.slice(2).split("/")) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    found = Array.isArray(found) ? found[Number(name)] : member(found, name);
    if (found === undefined) return undefined;
  }
  return found;
}

/** The field of a schema; `root` is the whole document, for references. */
export function fieldOf(schema: Json, root: Json): Field {
  const { schema: found, name } = followed(schema, root);
  const whole = isObject(found) ? found : {};
  const description = member(whole, "description");
  const base = {
    schema: whole,
    description: typeof description === "string" ? description : "",
    fallback: member(whole, "default"),
  };
  const shape = found === false ? { kind: "never" as const } : shapeOf(whole);
  return { ...base, ...shape, called: name ?? calledOf(shape, root) };
}

type Shape = Field extends infer F ? (F extends unknown ? Omit<F, keyof Base> : never) : never;

function calledOf(shape: Shape, root: Json): string {
  if (shape.kind === "choice") return "a choice";
  if (shape.kind !== "union") return CALLED[shape.kind];
  const called = shape.branches.map((branch) => fieldOf(branch, root).called);
  return [...new Set(called)].slice(0, 6).join(" or ");
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

function sizeOf(value: Json | undefined, otherwise: number): number {
  return typeof value === "number" && value >= 0 ? value : otherwise;
}

function shapeOf(schema: JsonObject): Shape {
  const constant = member(schema, "const");
  if (constant !== undefined) return { kind: "choice", choices: [constant] };
  const choices = listOf(member(schema, "enum"));
  if (choices.length) return { kind: "choice", choices };
  const branches = listOf(member(schema, "anyOf") ?? member(schema, "oneOf"));
  if (branches.length) return { kind: "union", branches };
  const format = member(schema, "format");
  const known = typeof format === "string" ? FORMATS[format] : undefined;
  if (known === "decimal") return { kind: known };
  const type = member(schema, "type");
  if (Array.isArray(type)) {
    const each = type.map((one) => Object.fromEntries([...Object.entries(schema), ["type", one]]));
    return each.length === 1 ? shapeOf(each[0] ?? {}) : { kind: "union", branches: each };
  }
  switch (type) {
    case "string":
      if (member(schema, "contentEncoding") === "base64") return { kind: "bytes" };
      return { kind: known ?? "text" };
    case "integer":
    case "number":
    case "boolean":
    case "null":
      return { kind: type };
    case "array":
      return arrayOf(schema);
    case "object":
      return objectOf(schema);
    default:
      return { kind: "any" };
  }
}

function arrayOf(schema: JsonObject): Shape {
  const items = listOf(member(schema, "prefixItems"));
  const most = sizeOf(member(schema, "maxItems"), Number.POSITIVE_INFINITY);
  if (items.length || most === 0) return { kind: "tuple", items };
  return {
    kind: "list",
    item: member(schema, "items") ?? {},
    isUnique: member(schema, "uniqueItems") === true,
    least: sizeOf(member(schema, "minItems"), 0),
    most,
  };
}

function objectOf(schema: JsonObject): Shape {
  const rest = member(schema, "additionalProperties") ?? {};
  const properties = member(schema, "properties");
  if (!isObject(properties)) {
    return { kind: "map", item: rest, names: namesOf(member(schema, "propertyNames")) };
  }
  const required = new Set(listOf(member(schema, "required")));
  const members = Object.entries(properties)
    .filter(([, one]) => member(one, "readOnly") !== true)
    .map(([name, one]) => ({ name, schema: one, isRequired: required.has(name) }));
  return { kind: "object", members, rest: rest === true ? {} : rest };
}

function namesOf(rule: Json | undefined): NameRule {
  if (rule === undefined || rule === true) return { kind: "any" };
  if (member(rule, "pattern") === "^[+-]?[0-9]+$") return { kind: "integer" };
  const choices = listOf(member(rule, "enum")).filter((one) => typeof one === "string");
  return choices.length ? { kind: "choice", choices } : { kind: "schema", schema: rule };
}

/** The value that a new field begins with: its default, or the least that has its type. */
export function initialOf(schema: Json, root: Json, depth = 0): Json {
  const field = fieldOf(schema, root);
  if (field.fallback !== undefined) return field.fallback;
  if (depth > 8) return null;
  switch (field.kind) {
    case "boolean":
      return false;
    case "choice":
      return field.choices[0] ?? null;
    case "list":
      return [];
    case "tuple":
      return field.items.map((item) => initialOf(item, root, depth + 1));
    case "map":
      return {};
    case "object":
      return Object.fromEntries(
        field.members
          .filter((one) => one.isRequired)
          .map((one) => [one.name, initialOf(one.schema, root, depth + 1)]),
      );
    case "union": {
      const hasNull = field.branches.some((branch) => fieldOf(branch, root).kind === "null");
      return hasNull ? null : initialOf(field.branches[0] ?? {}, root, depth + 1);
    }
    case "null":
    case "any":
    case "never":
      return null;
    default:
      return "";
  }
}

/** How a choice is shown: strings as they are, the rest as JSON. */
export function choiceLabel(choice: Json): string {
  return typeof choice === "string" && choice !== "" ? choice : JSON.stringify(choice);
}

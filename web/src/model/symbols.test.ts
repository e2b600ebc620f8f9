// Completions, hover and signature help, from the SDK's own symbols and the client of a demo service.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parameterAt, parametersOf, SourceNames, together, type Symbols } from "./symbols.ts";
import { stubSymbols } from "./stub.ts";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const sdk = JSON.parse(read("./sdk.json")) as Symbols;
const calendar = stubSymbols("calendar", read("../../test-data/calendar-client.pyi.txt"));
const symbols = together([sdk, calendar]);

const HEAD = "from sluice import flow, http as h\nfrom hero_rpc import calendar\n";

/** The names offered at `|`. */
function names(code: string): string[] {
  const source = HEAD + code;
  const at = source.indexOf("|");
  const offered = new SourceNames(source.replace("|", ""), symbols).offered(at);
  return offered?.names.map((one) => one.name) ?? [];
}

function hover(code: string): string | undefined {
  const source = HEAD + code;
  const at = source.indexOf("|");
  return new SourceNames(source.replace("|", ""), symbols).at(at)?.symbol.signature;
}

test.each([
  ["flow.|", ["step", "ask", "sleep", "kv", "log", "http", "llm"]],
  ["flow.log.|", ["info", "warning"]],
  ["flow.kv('x').|", ["get", "set", "compare_and_set"]],
  ["flow.sleep.|", ["start"]],
  ["flow.http.get('https://x').|", ["json", "status_code"]],
  ["h.|", ["get", "post"]],
  ["answer = h.get('u')\nanswer.|", ["raise_for_status"]],
  ["reply = await flow.llm('x')\nreply.|", ["text", "usage"]],
  ["with flow.step('x') as s:\n    s.|", ["progress", "set"]],
  ["calendar.|", ["event_list", "event_new", "EventNotFound"]],
  ["event = calendar.event_get(id='1')\nevent.|", ["title", "attendees"]],
  ["calendar.event_new.|", ["start"]],
  ["flow.ask('x', |", ["answer=", "timeout="]],
  ["from sluice import |", ["flow", "agent", "http"]],
  ["from hero_rpc import |", ["calendar"]],
])("at the bar in %s", (code, some) => expect(names(code)).toEqual(expect.arrayContaining(some)));

test.each(["'flow.|'", "# flow.|", "unknown.|", "x = 1\nx.|"])("nothing at %s", (code) => {
  expect(names(code)).toEqual([]);
});

test.each([
  ["@flow(uses=['|'])", ""],
  ["@flow(name='x', uses=['kv:a', \"rpc:ca|l\"])\ndef f(): ...", "rpc:ca"],
  ["@flow(\n    uses=[\n        # why\n        'rpc:|\n    ],\n)", "rpc:"],
  ["with flow.step('x', uses=('kv:|',)):\n    pass", "kv:"],
  ["f(uses={'''ht|'''})", "ht"],
])("words of capabilities at %s", (code, typed) => {
  const source = HEAD + code;
  const at = source.indexOf("|");
  const words = [{ name: "rpc:calendar.*", symbol: { kind: "value" as const } }];
  const offered = new SourceNames(source.replace("|", ""), symbols, words).offered(at);
  expect(offered?.names).toBe(words);
  expect(source.slice(offered?.start, at)).toBe(typed);
});

test.each([
  "@flow(name='|', uses=['a'])",
  "@flow(uses='|')",
  "@flow(uses=[f('|')])",
  "@flow(uses=[['|']])",
  "uses = ['|']",
  "@flow(tags=['|'])",
  "@flow(uses=['a'], tags=['|'])",
  "@flow(uses=['a']) # '|",
])("no words of capabilities at %s", (code) => {
  const source = HEAD + code;
  const words = [{ name: "ask", symbol: { kind: "value" as const } }];
  const names = new SourceNames(source.replace("|", ""), symbols, words);
  expect(names.offered(source.indexOf("|"))).toBeNull();
});

test("hover", () => {
  expect(hover("calendar.event_l|ist()")).toBe(
    "(*, day: str | None = None, limit: int = 50) -> list[Event]",
  );
  expect(hover("flow.sl|eep(1)")).toBe("(seconds: float | timedelta) -> None");
  expect(hover("nothing|")).toBeUndefined();
});

test("the call around, and which parameter", () => {
  const source = `${HEAD}flow.ask("a, b", bool, to=`;
  const called = new SourceNames(source, symbols).called(source.length);
  const parameters = parametersOf(called?.symbol.signature ?? "");
  expect(parameters.map((one) => one.name)).toContain("question");
  expect(called && parameters[parameterAt(parameters, called.call)]?.name).toBe("to");
});

test("a flow of its own is called by what it was decorated with", () => {
  const source = `${HEAD}@flow(`;
  const called = new SourceNames(source, symbols).called(source.length);
  expect(called?.symbol.signature).toContain("uses");
});

test("names that are not there", () => {
  const source = `${HEAD}flow.slep(1)\ncalendar.event_lst()\nh.get(1)\nx.y\n# flow.nope\n`;
  const unknown = new SourceNames(source, symbols).unknown();
  expect(unknown.map((one) => one.name)).toEqual(["slep", "event_lst"]);
  expect(unknown[0]?.owner).toBe("flow");
});

test("a service's docs and objects", () => {
  const module = calendar.modules["hero_rpc.calendar"];
  expect(module?.["event_new"]?.doc).toMatch(/^Adds an event\.\n\nWith an/);
  expect(module?.["event_new"]?.doc).toContain("\nArgs:\n    title: What it is.");
  expect(module?.["Attendee"]?.signature).toBe(
    "(*, name: str, mail: str | None = None, required: bool = True)",
  );
});

test("methods in namespaces", () => {
  const stub = `@_Operation
def _event_list(*, day: str) -> _Request[list[_Any]]:
    """Lists."""
    ...


class event:
    """The methods whose names begin with \`event.\`."""

    list = _event_list
`;
  const book = together([sdk, stubSymbols("cal", stub)]);
  const source = "from hero_rpc import cal\ncal.event.";
  const offered = new SourceNames(source, book).offered(source.length);
  expect(offered?.names.map((one) => one.name)).toEqual(["list"]);
  expect(offered?.names[0]?.symbol.signature).toBe("(*, day: str) -> list[Any]");
});

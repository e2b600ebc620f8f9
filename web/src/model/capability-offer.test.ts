// What is offered within `uses`, of the client of a demo service and some grants.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { offeredWords } from "./capability-offer.ts";
import { readCapability } from "./capability.ts";
import { stubSymbols } from "./stub.ts";
import { together } from "./symbols.ts";

const stub = readFileSync(new URL("../../test-data/calendar-client.pyi.txt", import.meta.url));
const spaced = `@_Operation
def _play__start(*, id: str) -> _Request[_Any]:
    """Starts it."""
    ...


class play:
    """The methods whose names begin with \`play.\`."""

    start = _play__start
`;
const symbols = together([stubSymbols("calendar", stub.toString()), stubSymbols("media", spaced)]);
const grants = ["kv:notes", "rpc:calendar.*", "http:api.example.com?approve"];
const offered = offeredWords(symbols, grants);
const names = offered.map(({ name }) => name);

test("methods of services, grants, and how words begin", () => {
  expect(names).toEqual(
    expect.arrayContaining(["rpc:calendar.event_list", "rpc:media.play.start"]),
  );
  expect(names).toEqual(expect.arrayContaining([...grants, "rpc:", "kv:", "ask"]));
  expect(names).not.toContain("rpc:calendar.EventNotFound");
  expect(names).not.toContain("rpc:calendar.Attendee");
  expect(new Set(names).size).toBe(names.length);
});

test("each is a word, or begins one, and is explained", () => {
  for (const { name, symbol } of offered) {
    const isWhole = !name.endsWith(":");
    expect(readCapability(isWhole ? name : `${name}x.y`).problem, name).toBeNull();
    expect(symbol.doc, name).not.toBe("");
  }
  const list = offered.find(({ name }) => name === "rpc:calendar.event_list");
  expect(list?.symbol.doc).toMatch(
    /^Call event_list of the service calendar\.\n\nEvents, by day\./,
  );
});

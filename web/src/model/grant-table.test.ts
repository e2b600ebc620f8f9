// The table of grants: what covers what, and which words stand in it.
import { expect, test } from "vitest";
import { coversTarget, grantTable } from "./grant-table.ts";

test.each([
  ["rpc:calendar.*", "rpc:calendar.event_list", true],
  ["rpc:*", "rpc:calendar.event_list", true],
  ["rpc:calendar.event_list", "rpc:calendar.*", false],
  ["kv:notes", "rpc:notes", false],
  ["http:api.example.com", "http:api.example.com/v1/x", true],
  ["http:*.example.com", "http:api.example.com", true],
  ["http:*.example.com", "http:example.org", false],
  ["ask", "ask", true],
])("%s covers %s: %s", (grant, word, covers) => expect(coversTarget(grant, word)).toBe(covers));

test("words of the run that nobody asked for stand in it too", () => {
  const run = {
    used: new Map([["rpc:calendar.event_list", 2]]),
    refused: new Map([["kv:notes", 1]]),
  };
  const rows = grantTable(["rpc:calendar.*", "llm:default"], ["llm:default"], ["rpc:*"], run);
  expect(rows).toEqual([
    { word: "rpc:calendar.*", isAsked: true, byTenant: true, byToken: true, used: 2, refused: 0 },
    { word: "llm:default", isAsked: true, byTenant: false, byToken: false, used: 0, refused: 0 },
    { word: "kv:notes", isAsked: false, byTenant: true, byToken: false, used: 0, refused: 1 },
  ]);
});

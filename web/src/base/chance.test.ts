// Names of chance.
import { expect, test } from "vitest";
import { randomHex, randomUuid } from "./chance.ts";

test("names have the form that is asked, and are others each time", () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const uuids = Array.from({ length: 200 }, randomUuid);
  for (const one of uuids) expect(one).toMatch(uuid);
  expect(new Set([...uuids, randomHex(), randomHex()]).size).toBe(202);
  expect(randomHex()).toMatch(/^[0-9a-f]{32}$/);
});

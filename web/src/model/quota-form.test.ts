// A quota goes through the fields and comes back as it was.
import { expect, it } from "vitest";
import type { Quota } from "../api/words.ts";
import { quotaFrom, quotaTexts } from "./quota-form.ts";

const quota = {
  running: 5,
  queued: 100_000,
  cpu_ms_per_day: 86_400_000,
  stored_bytes: 10 * 1_024 ** 3,
  calls_per_second: 1_000,
  tokens: 7,
  limits: { memory_bytes: 1_048_576 },
} as Quota;

it("shows units, and reads them again", () => {
  const texts = quotaTexts(quota);
  expect(texts).toMatchObject({ cpu_ms_per_day: "24h", stored_bytes: "10GiB", running: "5" });
  expect(quotaFrom(texts, quota)).toEqual({ quota, faults: [] });
});

it("leaves to the server what is not written", () => {
  expect(quotaFrom(quotaTexts(undefined), undefined)).toEqual({ quota: {}, faults: [] });
});

it("keeps odd amounts exactly", () => {
  const odd = { ...quota, stored_bytes: 1_500, cpu_ms_per_day: 1_234 };
  expect(quotaTexts(odd)).toMatchObject({ stored_bytes: "1500", cpu_ms_per_day: "1234ms" });
  expect(quotaFrom(quotaTexts(odd), odd).quota).toEqual(odd);
});

it("says which field is no amount", () => {
  const texts = { ...quotaTexts(quota), stored_bytes: "much", running: "1.5", tokens: "1,000" };
  const { faults, quota: read } = quotaFrom(texts, quota);
  expect(faults.map(({ place }) => place)).toEqual(["/quota/running", "/quota/stored_bytes"]);
  expect(read.tokens).toBe(1_000);
});

// Of several loads only the newest counts, also where one of them is the next part of a list.
import { expect, it } from "vitest";
import { parts, type Part, type Resource } from "./resource.svelte.ts";

interface Asked {
  words: number;
  after: string | null;
  signal: AbortSignal;
  answer(part: Part<string>): Promise<void>;
  fail(): Promise<void>;
}

/** A list in parts whose answers come when the test says so. `words` is what it is filtered by. */
async function listed() {
  const asked: Asked[] = [];
  let words = $state(0);
  let list: Resource<Part<string>> | undefined;
  const soon = (): Promise<void> => new Promise((done) => setTimeout(done));
  const end = $effect.root(() => {
    list = parts((after, signal) => {
      const asks = { words, after, signal };
      return new Promise((resolve, reject) => {
        const answer = (part: Part<string>): Promise<void> => (resolve(part), soon());
        asked.push({ ...asks, answer, fail: () => (reject(new Error("no")), soon()) });
      });
    });
  });
  const filter = (): Promise<void> => ((words += 1), soon());
  await soon();
  if (!list) throw new Error("not made");
  return { list, asked, filter, end };
}

it("joins the parts of a list", async () => {
  const { list, asked, end } = await listed();
  await asked[0]?.answer({ items: ["a"], next: "1" });
  void list.more();
  expect(asked[1]?.after).toBe("1");
  expect([list.loading, list.isMore]).toEqual([true, true]);
  await asked[1]?.answer({ items: ["b"], next: null });
  expect(list.value).toEqual({ items: ["a", "b"], next: null });
  expect(list.loading).toBe(false);
  end();
});

it("never adds the next part of one list to another", async () => {
  const { list, asked, filter, end } = await listed();
  await asked[0]?.answer({ items: ["a"], next: "1" });
  void list.more();
  await filter();
  expect(asked[1]?.signal.aborted).toBe(true);
  expect(asked[2]?.words).toBe(1);
  await asked[2]?.answer({ items: ["x"], next: "2" });
  await asked[1]?.answer({ items: ["b"], next: null });
  expect(list.value).toEqual({ items: ["x"], next: "2" });
  expect(list.isMore).toBe(false);
  end();
});

it("takes no more while it is loaded anew, and loading anew ends what is more", async () => {
  const { list, asked, end } = await listed();
  void list.more();
  expect(asked.length).toBe(1);
  await asked[0]?.answer({ items: ["a"], next: "1" });
  void list.more();
  void list.reload();
  await asked[1]?.answer({ items: ["b"], next: null });
  expect(list.value?.items).toEqual(["a"]);
  await asked[2]?.answer({ items: ["c"], next: null });
  expect(list.value?.items).toEqual(["c"]);
  end();
});

it("keeps what is there where more of it does not come", async () => {
  const { list, asked, end } = await listed();
  await asked[0]?.answer({ items: ["a"], next: "1" });
  void list.more();
  await asked[1]?.fail();
  expect(list.value?.items).toEqual(["a"]);
  expect([list.problem?.message, list.isMore, list.loading]).toEqual(["no", true, false]);
  end();
});

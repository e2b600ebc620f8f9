// The page of a run: what is chosen, in the tree, in the log and in the address, and what the page
// asks the server for.
import { expect, test, type Locator, type Page } from "@playwright/test";
import { comeIn, saveFlow, startRun, waitFor } from "./server.ts";
import { ownTenant } from "./support/own-tenant.ts";
import { rowOf, spansOf, treeOf } from "./support/tree.ts";

const SOURCE = `
from sluice import flow

@flow(name="house", uses=["flow:garden"])
def house(rooms: int = 3, wall: str = "white") -> str:
    for room in range(rooms):
        with flow.step(f"room {room}"):
            for part in ("floor", "wall"):
                with flow.step(part):
                    print(f"{part} of room {room}")
    if wall == "grey":
        raise ValueError("grey does not dry")
    if wall == "pink":
        raise ValueError("pink is sold out")
    return flow.invoke("garden")

@flow(name="garden")
def garden() -> str:
    with flow.step("lawn"):
        pass
    return "green"

@flow(name="door")
def door() -> bool:
    return flow.ask("Open the door?", bool)
`;

declare global {
  interface Window {
    /** How often frames were asked for, and the address was written. */
    asked: { frames: number; addresses: number };
  }
}

function chosen(page: Page): Locator {
  return treeOf(page).locator("[aria-selected=true]");
}

test.describe("the page of a run", () => {
  let token: string;

  test.beforeEach(async ({ page, request }) => {
    token = await ownTenant(request, "house");
    await saveFlow(request, SOURCE, token);
    await comeIn(page, token);
  });

  async function run(request: Parameters<typeof startRun>[0], input: object): Promise<string> {
    const id = await startRun(request, "house", input, undefined, token);
    await waitFor(request, id, ({ state }) => state === "ended", token);
    return id;
  }

  test("lines of the log are chosen one after the other, each with its span", async ({
    page,
    request,
  }) => {
    const id = await run(request, {});
    await page.goto(`/runs/${id}`);
    await page.getByRole("button", { name: /^Logs/ }).click();
    const log = page.getByRole("listbox", { name: "Log lines" });
    const line = (text: string) => log.getByRole("option", { name: text });
    await line("wall of room 0").click();
    await expect(page).toHaveURL(/#log=\d+$/);
    await expect(line("wall of room 0")).toHaveAttribute("aria-selected", "true");
    await line("floor of room 2").click();
    await expect(line("floor of room 2")).toHaveAttribute("aria-selected", "true");
    await expect(chosen(page)).toHaveAccessibleName(/^floor,/);
    await expect(page).toHaveURL(/#log=\d+$/);
    // Past the border between two steps, and on from there.
    await line("floor of room 0").click();
    for (const next of ["wall of room 0", "floor of room 1", "wall of room 1"]) {
      await page.keyboard.press("ArrowDown");
      await expect(line(next)).toHaveAttribute("aria-selected", "true");
    }
    const logged = await request.get(`/v1/runs/${id}/logs`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { items } = (await logged.json()) as { items: { seq: number; message: string }[] };
    const seq = items.find(({ message }) => message === "wall of room 1")?.seq ?? 0;
    const address = `/runs/${id}#log=${seq}`;
    await expect(page).toHaveURL(address);

    // Who came for a line goes on to spans, and back.
    await page.goto("/runs");
    await page.goto(address);
    await expect(line("wall of room 1")).toHaveAttribute("aria-selected", "true");
    await rowOf(page, /^room 2,/).click();
    await expect(page).toHaveURL(/#span=\d+$/);
    await expect(log.locator("[aria-selected=true]")).toHaveCount(0);
    await page.evaluate((to) => (location.href = to), address);
    await expect(line("wall of room 1")).toHaveAttribute("aria-selected", "true");
  });

  test("a link is followed whenever it comes, and given up where it leads nowhere", async ({
    page,
    request,
  }) => {
    const id = await run(request, {});
    const spans = await spansOf(request, id, token);
    const numberOf = (name: string) => spans.find((span) => span.name === name)?.span ?? 0;
    const call = numberOf("flow:garden");
    await page.addInitScript(() => {
      window.asked = { frames: 0, addresses: 0 };
      const ask = window.requestAnimationFrame.bind(window);
      window.requestAnimationFrame = (paint) => {
        window.asked.frames += 1;
        return ask(paint);
      };
    });
    const expectStill = () =>
      expect
        .poll(() =>
          page.evaluate(async () => {
            const before = window.asked.frames;
            await new Promise((done) => setTimeout(done, 500));
            return window.asked.frames - before;
          }),
        )
        .toBe(0);
    await page.goto(`/runs/${id}#span=${call}/77`);
    await expect(rowOf(page, /^lawn,/)).toBeVisible();
    await expectStill();
    await page.goto("/runs");
    await page.goto(`/runs/${id}#span=${numberOf("room 1")}/1`);
    await expect(rowOf(page, /^room 1,/)).toBeVisible();
    await expectStill();
    await expect(chosen(page)).toHaveCount(0);
    const go = (hash: string) => page.evaluate((to) => (location.hash = to), hash);
    await go(`span=${numberOf("room 2")}`);
    await expect(chosen(page)).toHaveAccessibleName(/^room 2,/);
    await go(`span=${call}/1`);
    await expect(chosen(page)).toHaveAccessibleName(/^lawn,/);
    await expect(page).toHaveURL(new RegExp(`#span=${call}/1$`));
  });

  test("what is hidden is not shown as chosen", async ({ page, request }) => {
    const id = await run(request, { rooms: 60 });
    await page.goto(`/runs/${id}`);
    const tree = treeOf(page);
    await rowOf(page, /^wall,/)
      .nth(1)
      .click();
    await expect(chosen(page)).toHaveAccessibleName(/^wall,/);
    await rowOf(page, /^room 1,/)
      .locator(".toggle")
      .click();
    await expect(chosen(page)).toHaveAccessibleName(/^room 1,/);
    await tree.focus();
    await page.keyboard.press("ArrowDown");
    await expect(chosen(page)).toHaveAccessibleName(/^room 2,/);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("[");
    await expect(chosen(page)).toHaveAccessibleName(/^room 2,/);
    await expect(tree.getByRole("treeitem", { name: /^wall,/ })).toHaveCount(0);

    // All beside it are opened at once.
    await tree.focus();
    await page.keyboard.press("*");
    await expect(tree.getByRole("treeitem", { name: /^wall,/ }).first()).toBeVisible();

    // A row that is out of sight is not told as the current one.
    await expect(tree).toHaveAttribute("aria-activedescendant", /-\d+$/);
    await tree.evaluate((element) => (element.scrollTop = element.scrollHeight));
    await expect(tree).not.toHaveAttribute("aria-activedescendant");
    await expect(rowOf(page, /^garden,/)).toHaveAttribute("aria-expanded", "false");
    await page.keyboard.press("ArrowDown");
    await expect(chosen(page)).toHaveAccessibleName(/^floor,/);
    await expect(tree).toHaveAttribute("aria-activedescendant", /-\d+$/);

    // Under a filter, the nearest row above what is chosen is where keys go on from.
    await page.getByRole("searchbox", { name: "Find spans" }).fill("wall");
    await expect(rowOf(page, /^floor,/)).toHaveCount(0);
    await expect(chosen(page)).toHaveCount(0);
    await expect(rowOf(page, /^wall,/).first()).toHaveAttribute("aria-setsize", "1");
    await tree.focus();
    await page.keyboard.press("ArrowDown");
    await expect(chosen(page)).toHaveAccessibleName(/^wall,/);
    await page.keyboard.press("ArrowUp");
    await expect(chosen(page)).toHaveAccessibleName(/^room 2,/);
  });

  test("a key that is held does not write the address each time", async ({ page, request }) => {
    const id = await run(request, { rooms: 20 });
    const faults: Error[] = [];
    page.on("pageerror", (fault) => faults.push(fault));
    await page.addInitScript(() => {
      window.asked = { frames: 0, addresses: 0 };
      const write = history.replaceState.bind(history);
      history.replaceState = (...args) => {
        window.asked.addresses += 1;
        // As Firefox and Safari do.
        if (window.asked.addresses > 20) throw new DOMException("too often", "SecurityError");
        write(...args);
      };
    });
    await page.goto(`/runs/${id}`);
    await treeOf(page).focus();
    for (let row = 0; row < 50; row += 1) await page.keyboard.press("ArrowDown");
    await expect(page).toHaveURL(/#span=50$/);
    await page.keyboard.press("ArrowUp");
    // Who leaves at once comes back to what was chosen.
    await page.keyboard.press("g");
    await page.keyboard.press("r");
    await expect(page).toHaveURL(/\/runs$/);
    await page.goBack();
    await expect(page).toHaveURL(/#span=49$/);
    expect(faults).toEqual([]);
    expect(await page.evaluate(() => window.asked.addresses)).toBeLessThan(20);
  });

  test("the version is looked for once, and the link leads to it", async ({ page, request }) => {
    const id = await run(request, {});
    await saveFlow(request, SOURCE.replace("grey does", "grey will"), token);
    const asked: string[] = [];
    page.on("request", (one) => asked.push(new URL(one.url()).pathname));
    await page.goto(`/runs/${id}`);
    const version = page.getByRole("link", { name: "version 1" });
    await expect(version).toHaveAttribute("href", "/flows/house?version=1");
    await expect(rowOf(page, /^garden,/)).toBeVisible();
    await page.waitForTimeout(1_500);
    const count = (path: string) => asked.filter((one) => one === path).length;
    expect(count(`/v1/runs/${id}`)).toBe(1);
    expect(count("/v1/flows/house")).toBe(1);
    expect(count("/v1/flows/house/versions")).toBe(1);
  });

  test("an open question is linked, and a late answer leads nobody away", async ({
    page,
    request,
  }) => {
    const asking = await startRun(request, "door", {}, undefined, token);
    await waitFor(request, asking, ({ state }) => state === "waiting", token);
    await page.goto(`/runs/${asking}`);
    const link = page.getByRole("link", { name: "asks: Open the door?" });
    await expect(link).toHaveAttribute("href", /^\/asks#ask_\w+$/);

    await page.goto(`/runs/${await run(request, {})}`);
    let answer = () => {};
    const isAsked = new Promise<void>((asked) => {
      void page.route("**/v1/runs", async (route) => {
        if (route.request().method() !== "POST") return route.continue();
        asked();
        await new Promise<void>((go) => (answer = go));
        return route.continue();
      });
    });
    await page.getByRole("button", { name: "Run again" }).click();
    await isAsked;
    await page.getByRole("link", { name: "Flows" }).first().click();
    await expect(page).toHaveURL(/\/flows$/);
    const answered = page.waitForResponse((one) => one.request().method() === "POST");
    answer();
    await (await answered).finished();
    await page.waitForTimeout(300);
    await expect(page).toHaveURL(/\/flows$/);
  });

  test("a comparison says why runs failed, and is closed and opened", async ({ page, request }) => {
    const [grey, pink] = [
      await run(request, { wall: "grey" }),
      await run(request, { wall: "pink" }),
    ];
    await page.goto(`/runs/${grey}?diff=${pink}`);
    const tree = treeOf(page);
    await expect(rowOf(page, /^house, differs: .*why it failed/)).toBeVisible();
    await page.getByRole("checkbox", { name: /Only what differs/ }).uncheck();
    await rowOf(page, /^wall,/)
      .nth(1)
      .click();
    await tree.focus();
    await page.keyboard.press("ArrowLeft");
    await expect(chosen(page)).toHaveAccessibleName(/^room 1,/);
    await page.keyboard.press("ArrowLeft");
    await expect(chosen(page)).toHaveAttribute("aria-expanded", "false");
    await expect(rowOf(page, /^wall,/)).toHaveCount(2);
    await page.keyboard.press("ArrowRight");
    await expect(rowOf(page, /^wall,/)).toHaveCount(3);
    await expect(rowOf(page, /^room 1,/)).toHaveAttribute("aria-setsize", "3");
  });
});

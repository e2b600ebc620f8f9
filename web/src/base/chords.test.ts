// What is pressed has one name, however a keyboard says it.
import { expect, it } from "vitest";
import { keyCaps, pressed } from "./chords.svelte.ts";

const key = (init: Partial<KeyboardEvent>): KeyboardEvent =>
  ({ ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...init }) as KeyboardEvent;

it.each([
  [{ key: "k", ctrlKey: true }, "Mod+K"],
  [{ key: "K", ctrlKey: true, shiftKey: true }, "Mod+Shift+K"],
  [{ key: "?", shiftKey: true }, "?"],
  [{ key: "E", shiftKey: true }, "Shift+E"],
  [{ key: "e" }, "E"],
  [{ key: "/" }, "/"],
  [{ key: "Escape" }, "Escape"],
  [{ key: "Enter", ctrlKey: true }, "Mod+Enter"],
  [{ key: " " }, "Space"],
])("%j is %s", (event, name) => {
  expect(pressed(key(event))).toBe(name);
});

it("shows keys as they stand on the keyboard", () => {
  expect(keyCaps("Mod+K")).toEqual([["Ctrl", "K"]]);
  expect(keyCaps("g r")).toEqual([["G"], ["R"]]);
});

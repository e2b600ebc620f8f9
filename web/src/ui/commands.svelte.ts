// What the palette offers. Pages add commands while they are shown; the shell adds its own.
import { untrack } from "svelte";
import type { IconName } from "./icons.ts";

/** Something that can be done or gone to, by its name. */
export interface Command {
  name: string;
  /** The heading under which it stands. */
  group: string;
  icon?: IconName;
  /** The chord that does the same. */
  keys?: string;
  /** More words that find it. */
  words?: string;
  href?: string;
  run?: () => void;
}

/** Finds more while somebody types, as runs by the beginning of their id. */
export type CommandSource = (typed: string, signal: AbortSignal) => Promise<readonly Command[]>;

let lists = $state.raw<readonly (readonly Command[])[]>([]);
let sources = $state.raw<readonly CommandSource[]>([]);

/** All commands that are offered now, those of the page before those of the shell. */
export function commands(): readonly Command[] {
  return lists.flat();
}

/** What finds more. */
export function commandSources(): readonly CommandSource[] {
  return sources;
}

/** Offers commands until the answered function is called. */
export function offerCommands(list: readonly Command[]): () => void {
  lists = [list, ...untrack(() => lists)];
  return () => {
    lists = lists.filter((one) => one !== list);
  };
}

/** Asks a source, too, until the answered function is called. */
export function offerSource(source: CommandSource): () => void {
  sources = [...untrack(() => sources), source];
  return () => {
    sources = sources.filter((one) => one !== source);
  };
}

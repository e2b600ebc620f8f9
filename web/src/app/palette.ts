// What the palette offers on every page: the places, the theme, and flows and runs by their names.
import { api, ok } from "../api/client.ts";
import { session } from "../api/session.svelte.ts";
import { cleanLine } from "../base/clean.ts";
import { href } from "../base/href.ts";
import type { Command, CommandSource } from "../ui/commands.svelte.ts";
import { stateOfRun } from "../ui/states.ts";
import { theme } from "../ui/theme.svelte.ts";
import { settings, work } from "./nav.ts";

/** The commands that are always there. */
export function shellCommands(showHelp: () => void, logOut: () => void): Command[] {
  const allowed = [...work, ...settings].filter((one) => !one.scope || session.can(one.scope));
  const places = allowed.map(({ title, icon, keys, href: to }): Command => {
    return { name: `Go to ${title.toLowerCase()}`, group: "Places", icon, keys, href: to };
  });
  return [
    ...places,
    { name: "Write a new flow", group: "Flows", icon: "plus", href: href("/editor") },
    { name: "Theme: light", group: "Look", icon: "light", run: () => theme.choose("light") },
    { name: "Theme: dark", group: "Look", icon: "dark", run: () => theme.choose("dark") },
    {
      name: "Theme: as the system",
      group: "Look",
      icon: "system",
      run: () => theme.choose("system"),
    },
    { name: "Help: keys and words", group: "Help", icon: "help", keys: "?", run: showHelp },
    { name: "Log out", group: "Account", icon: "logOut", run: logOut },
  ];
}

/** Saved flows by a part of their name. */
export const findFlows: CommandSource = async (typed, signal) => {
  const query = { text: typed, limit: 8 };
  const page = await ok(api.GET("/v1/flows", { params: { query }, signal }));
  return page.items.flatMap(({ flow }): Command[] => [
    {
      name: cleanLine(flow, 60),
      group: "Flow",
      icon: "flow",
      href: href("/flows/:flow", { flow }),
    },
    {
      name: `Runs of ${cleanLine(flow, 60)}`,
      group: "Runs",
      icon: "runs",
      href: href("/runs", {}, { query: { q: `flow:${flow}` } }),
    },
  ]);
};

/** A run by its whole id. */
export const findRun: CommandSource = async (typed, signal) => {
  if (!/^run_[0-9a-z]{26}$/.test(typed)) return [];
  const params = { path: { run: typed } };
  const run = await ok(api.GET("/v1/runs/{run}", { params, signal }));
  const name = `${cleanLine(run.flow, 40)} ${run.run} (${stateOfRun(run)})`;
  return [{ name, group: "Run", icon: "runs", href: href("/runs/:run", { run: run.run }) }];
};

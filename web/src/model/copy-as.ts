// Any action of the web, as whoever prefers another way would do it: a command, a request with
// curl, a call of an MCP tool. What comes from flows and people is quoted, so pasting it into a
// shell does what is shown and nothing else. Tokens are never in it: the shell has them.

/** An action in the three ways. A way is null where it has no such action. */
export interface CopyForms {
  cli: string | null;
  http: string | null;
  mcp: string | null;
}

/** What to do, as data. */
export interface Action {
  /** Words of the command behind `sluice`, each as it is meant, unquoted. */
  cli?: readonly string[];
  /** What goes to the command's standard input. */
  stdin?: string;
  http?: { method: string; path: string; body?: unknown };
  mcp?: { tool: string; arguments: Record<string, unknown> };
}

/** A word as bash and zsh read it back, whatever is in it. */
export function shellQuote(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  // Control characters would act on the terminal that they are pasted into.
  if (/[\u0000-\u001F\u007F-\u009F]/.test(word.replaceAll("\n", ""))) {
    const escaped = word.replace(/[\\'\u0000-\u001F\u007F-\u009F]/g, (c) =>
      c === "\\" || c === "'" ? `\\${c}` : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    return `$'${escaped}'`;
  }
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The three forms of an action, for the server at `origin`. */
export function copyForms(action: Action, origin: string): CopyForms {
  return { cli: cliOf(action), http: httpOf(action, origin), mcp: mcpOf(action) };
}

function cliOf(action: Action): string | null {
  if (!action.cli) return null;
  const command = ["sluice", ...action.cli].map(shellQuote).join(" ");
  return action.stdin === undefined
    ? command
    : `printf %s ${shellQuote(action.stdin)} | ${command}`;
}

function httpOf({ http }: Action, origin: string): string | null {
  if (!http) return null;
  const method = http.method === "GET" ? "" : `-X ${http.method} `;
  const lines = [
    `curl -sS ${method}${shellQuote(origin + http.path)}`,
    `-H "Authorization: Bearer $SLUICE_TOKEN"`,
  ];
  if (http.body !== undefined) {
    const body = shellQuote(JSON.stringify(http.body));
    lines.push("-H 'Content-Type: application/json'", `-d ${body}`);
  }
  return lines.join(" \\\n  ");
}

function mcpOf({ mcp }: Action): string | null {
  if (!mcp) return null;
  return JSON.stringify({ name: mcp.tool, arguments: mcp.arguments }, null, 2);
}

// Any action of the web, as whoever prefers another way would do it: a command, a request with
// curl, a call of an MCP tool. What comes from flows and people is quoted, so pasting it into a
// shell does what is shown and nothing else. Tokens are never in it: the shell has them.

/** An action in the three ways. */
export interface CopyForms {
  cli: string;
  http: string;
  mcp: string;
}

/** What to do, as data. Its request is enough: a command and a tool can send any request. */
export interface Action {
  http: { method: string; path: string; body?: unknown };
  /** Words of a command of its own behind `sluice`, each as it is meant, unquoted. */
  cli?: readonly string[];
  /** A tool of its own. */
  mcp?: { tool: string; arguments: Record<string, unknown> };
}

/** The path of a request, from its parts as they are meant. */
export function pathOf(...parts: readonly string[]): string {
  return ["/v1", ...parts.map(encodeURIComponent)].join("/");
}

/** A word as bash and zsh read it back, whatever is in it. */
export function shellQuote(word: string): string {
  // At the beginning of a word zsh takes `=` for the place of a command.
  if (/^(?!=)[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  // Control characters would act on the terminal that they are pasted into.
  if (/[\u0000-\u001F\u007F-\u009F]/.test(word.replaceAll("\n", ""))) {
    const escaped = word.replace(/[\\'\u0000-\u001F\u007F-\u009F]/g, (c) =>
      c === "\\" || c === "'" ? `\\${c}` : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    return `$'${escaped}'`;
  }
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The three forms of what is done, for the server at `origin`: a command and a request a line each. */
export function copyForms(actions: readonly Action[], origin: string): CopyForms {
  const calls = actions.map(mcpOf);
  return {
    cli: actions.map(cliOf).join("\n"),
    http: actions.map((action) => httpOf(action, origin)).join("\n"),
    mcp: JSON.stringify(calls.length === 1 ? calls[0] : calls, null, 2),
  };
}

function cliOf({ cli, http }: Action): string {
  const body = http.body === undefined ? [] : ["--body", JSON.stringify(http.body)];
  const words = cli ?? ["api", http.method, http.path, ...body];
  return ["sluice", ...words].map(shellQuote).join(" ");
}

function httpOf({ http }: Action, origin: string): string {
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

function mcpOf({ mcp, http }: Action): object {
  const { tool, arguments: given } = mcp ?? { tool: "call_api", arguments: { ...http } };
  return { name: tool, arguments: given };
}

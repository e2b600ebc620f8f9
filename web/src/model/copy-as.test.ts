// What is copied does in a shell what it says, whatever stands in it.
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { Schema } from "../api/words.ts";
import { copyForms, pathOf, shellQuote } from "./copy-as.ts";
import { startAgain, startSource } from "./run-actions.ts";

describe("quoting", () => {
  it.each([
    "plain",
    "two words",
    "it's",
    '$(touch pwned) `id` "x" \\ !',
    "",
    "-n",
    "line\nline",
    "tab\there\u001b[2J",
    "naïve 数据 'q' \\",
  ])("bash reads %j back as it is", (word) => {
    const output = execFileSync("bash", ["--norc", "-c", `printf '%s|' ${shellQuote(word)}`], {
      env: { LC_ALL: "C.UTF-8" },
    });
    expect(output.toString()).toBe(`${word}|`);
  });

  it("leaves plain words plain", () => {
    expect(shellQuote("name=Ada")).toBe("name=Ada");
  });

  it("quotes what zsh would take for the place of a command", () => {
    expect(shellQuote("=ls")).toBe("'=ls'");
  });
});

describe("forms", () => {
  const forms = copyForms(
    [
      {
        cli: ["runs", "cancel", "run_1", "--reason", "it's late"],
        http: { method: "POST", path: "/v1/runs/run_1/cancel", body: { reason: "it's late" } },
        mcp: { tool: "cancel_run", arguments: { run: "run_1", reason: "it's late" } },
      },
    ],
    "http://127.0.0.1:7878",
  );

  it("is a command", () => {
    expect(forms.cli).toBe(`sluice runs cancel run_1 --reason 'it'\\''s late'`);
  });

  it("is a request, with the token of the shell", () => {
    expect(forms.http).toBe(
      [
        "curl -sS -X POST http://127.0.0.1:7878/v1/runs/run_1/cancel",
        `-H "Authorization: Bearer $SLUICE_TOKEN"`,
        "-H 'Content-Type: application/json'",
        `-d '{"reason":"it'\\''s late"}'`,
      ].join(" \\\n  "),
    );
  });

  it("is a call of a tool", () => {
    expect(JSON.parse(forms.mcp)).toEqual({
      name: "cancel_run",
      arguments: { run: "run_1", reason: "it's late" },
    });
  });

  it("sends the request where there is no command or tool of its own", () => {
    const http = { method: "PUT", path: pathOf("kv", "a/b", "it's"), body: { value: 1 } };
    const { cli, mcp } = copyForms([{ http }], "");
    expect(cli).toBe(
      `sluice api PUT "/v1/kv/a%2Fb/it's" --body '{"value":1}'`.replace(
        `"/v1/kv/a%2Fb/it's"`,
        `'/v1/kv/a%2Fb/it'\\''s'`,
      ),
    );
    expect(JSON.parse(mcp)).toEqual({ name: "call_api", arguments: http });
    const look = copyForms([{ http: { method: "GET", path: "/v1/me" } }], "");
    expect(look.cli).toBe("sluice api GET /v1/me");
    expect(JSON.parse(look.mcp)).toEqual({
      name: "call_api",
      arguments: { method: "GET", path: "/v1/me" },
    });
  });

  it("has a line and a call each for several", () => {
    const http = { method: "GET", path: "/v1/me" };
    const several = copyForms([{ http }, { http }], "");
    expect(several.cli).toBe("sluice api GET /v1/me\nsluice api GET /v1/me");
    expect(JSON.parse(several.mcp)).toHaveLength(2);
  });

  it("leaves nothing out where a run is started again", () => {
    const limits = { spans: 7 } as Schema<"Limits">;
    const retry = { retries: 2 } as Schema<"RetryPolicy">;
    const how = { flow: "f", input: {}, grants: [], limits, retry };
    const { mcp } = copyForms([startAgain("source", how)], "");
    expect(JSON.parse(mcp)).toMatchObject({ arguments: { body: { source: "source", ...how } } });
  });

  it("has the tool for a source where it can say all of it", () => {
    const plain = copyForms([startSource({ source: "s", flow: "f", input: {} })], "");
    expect(JSON.parse(plain.mcp)).toMatchObject({ name: "run_flow", arguments: { source: "s" } });
    const bounded = startSource({ source: "s", flow: "f", input: {}, limits: { spans: 7 } });
    expect(JSON.parse(copyForms([bounded], "").mcp)).toMatchObject({ name: "call_api" });
  });
});

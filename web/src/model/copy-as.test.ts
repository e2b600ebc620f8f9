// What is copied does in a shell what it says, whatever stands in it.
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { copyForms, shellQuote } from "./copy-as.ts";

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
});

describe("forms", () => {
  const forms = copyForms(
    {
      cli: ["runs", "cancel", "run_1", "--reason", "it's late"],
      http: { method: "POST", path: "/v1/runs/run_1/cancel", body: { reason: "it's late" } },
      mcp: { tool: "cancel_run", arguments: { run: "run_1", reason: "it's late" } },
    },
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
    expect(JSON.parse(forms.mcp ?? "")).toEqual({
      name: "cancel_run",
      arguments: { run: "run_1", reason: "it's late" },
    });
  });

  it("is null where there is no such way", () => {
    expect(copyForms({}, "")).toEqual({ cli: null, http: null, mcp: null });
  });
});

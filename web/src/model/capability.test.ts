// Words are read and explained as docs/grants.md has them.
import { describe, expect, it } from "vitest";
import { byKind, readCapability, splitWords } from "./capability.ts";
import { explainWord } from "./capability-words.ts";

describe("readCapability", () => {
  it("takes a word apart", () => {
    expect(readCapability("rpc:mail.send(to=*@ours.example|root,0=a%2Cb)?approve")).toEqual({
      capability: {
        kind: "rpc",
        target: "mail.send",
        bounds: [
          { name: "to", alternatives: ["*@ours.example", "root"] },
          { name: "0", alternatives: ["a,b"] },
        ],
        needsApproval: true,
      },
      problem: null,
    });
  });

  it.each([
    "rpc:*",
    "http:*.example.com/v1/*(method=GET|HEAD)",
    "http:[::1]:8443",
    "llm:default",
    "kv:notes(operation=get|list)",
    "ask(assignee=ada)",
    "artifact:report",
  ])("takes %s", (word) => expect(readCapability(word).problem).toBeNull());

  it.each([
    ["", "begins with none"],
    ["sleep", "begins with none"],
    ["rpc", "names no target"],
    ["rpc:a*b", "only stand at the end"],
    ["rpc:a b", "other than letters"],
    ["http:Example.com", "small letters"],
    ["ask:ada", "takes no target"],
    ["ask?approve", "as it is"],
    ["rpc:a?maybe", "stands approve"],
    ["rpc:a()", "no bound between"],
    ["rpc:a(b=c", "closed by"],
    ["rpc:a(b)", "name=value"],
    ["rpc:a(b=)", "empty value"],
    ["rpc:a(b=%2)", "two hexadecimal"],
    ["llm:a(b=c)", "nothing that can be bound"],
    ["kv:a(b=c)", "operation or key"],
    [`kv:${"a".repeat(600)}`, "512 bytes"],
  ])("refuses %j and says why", (word, why) => {
    expect(readCapability(word).problem).toContain(why);
  });
});

describe("explainWord", () => {
  it.each([
    ["rpc:calendar.event_list", "Call event_list of the service calendar."],
    ["rpc:calendar.*", "Call any method of the service calendar."],
    ["rpc:calendar.event_*", "Call methods of the service calendar that begin with event_."],
    ["rpc:*", "Call any method of any service."],
    [
      "rpc:mail.send(to=*@ours.example)",
      "Call send of the service mail, only where to is “*@ours.example” (* is any text).",
    ],
    [
      "rpc:pay.*?approve",
      "Call any method of the service pay, each time after a person has allowed it.",
    ],
    ["http:*", "Send requests to any host."],
    ["http:*.example.com/v1/*", "Send requests to hosts below example.com, below /v1/."],
    ["http:a.example:8443", "Send requests to the host a.example at port 8443."],
    ["secret:GITHUB_TOKEN", "Use the secret GITHUB_TOKEN without seeing it."],
    ["ask(assignee=ada)", "Ask people, only where assignee is “ada”."],
  ])("says what %s lets a flow do", (word, said) => expect(explainWord(word)).toBe(said));
});

it("splits a field into words, and leaves bounds whole", () => {
  expect(splitWords(" rpc:a.b(x=1,y=2)\nask, kv:notes ,")).toEqual([
    "rpc:a.b(x=1,y=2)",
    "ask",
    "kv:notes",
  ]);
  expect(splitWords("  ")).toEqual([]);
});

it("puts words under their kinds, in one order", () => {
  expect(byKind(["kv:b", "what", "rpc:x.y", "kv:a"])).toEqual([
    { kind: "rpc", words: ["rpc:x.y"] },
    { kind: "kv", words: ["kv:a", "kv:b"] },
    { kind: null, words: ["what"] },
  ]);
});

// Capabilities in plain language: what a word lets a flow do, in one sentence.
import { readCapability, type Bound, type Capability } from "./capability.ts";

function named(one: (name: string) => string, begins: (name: string) => string, all: string) {
  return (target: string): string => {
    if (target === "*") return all;
    return target.endsWith("*") ? begins(target.slice(0, -1)) : one(target);
  };
}

function rpc(target: string): string {
  if (target === "*") return "call any method of any service";
  const dot = target.indexOf(".");
  if (dot < 0) {
    return target.endsWith("*")
      ? `call any method of services whose names begin with ${target.slice(0, -1)}`
      : `call ${target}`;
  }
  const service = target.slice(0, dot);
  const method = target.slice(dot + 1);
  if (method === "*") return `call any method of the service ${service}`;
  return method.endsWith("*")
    ? `call methods of the service ${service} that begin with ${method.slice(0, -1)}`
    : `call ${method} of the service ${service}`;
}

function http(target: string): string {
  const slash = target.indexOf("/");
  const authority = slash < 0 ? target : target.slice(0, slash);
  const path = slash < 0 ? "" : target.slice(slash);
  const port = /:(\d+)$/.exec(authority);
  const host = port ? authority.slice(0, port.index) : authority;
  let where = `the host ${host}`;
  if (host === "*") where = "any host";
  else if (host.startsWith("*.")) where = `hosts below ${host.slice(2)}`;
  if (port) where += ` at port ${port[1] ?? ""}`;
  if (path.endsWith("*")) where += `, below ${path.slice(0, -1)}`;
  else if (path !== "") where += `, at ${path}`;
  return `send requests to ${where}`;
}

const SAID: Record<Capability["kind"], (target: string) => string> = {
  rpc,
  http,
  llm: named(
    (name) => `ask the model ${name}`,
    (name) => `ask models whose names begin with ${name}`,
    "ask any model of the tenant",
  ),
  flow: named(
    (name) => `start the flow ${name}`,
    (name) => `start flows whose names begin with ${name}`,
    "start any flow of the tenant",
  ),
  ask: () => "ask people",
  kv: named(
    (name) => `use the space ${name} of keys and values`,
    (name) => `use spaces of keys and values whose names begin with ${name}`,
    "use any space of keys and values",
  ),
  secret: named(
    (name) => `use the secret ${name} without seeing it`,
    (name) => `use secrets whose names begin with ${name} without seeing them`,
    "use any secret of the tenant without seeing it",
  ),
  artifact: named(
    (name) => `keep a file under the name ${name}`,
    (name) => `keep files whose names begin with ${name}`,
    "keep files under any name",
  ),
};

function bound({ name, alternatives }: Bound): string {
  const values = alternatives.map((value) => `“${value}”`).join(" or ");
  return `${name} is ${values}`;
}

/** What a word lets a flow do, to follow "may": `call any method of the service calendar`. */
export function explainCapability(capability: Capability): string {
  let said = SAID[capability.kind](capability.target);
  if (capability.bounds.length > 0) {
    said += `, only where ${capability.bounds.map(bound).join(" and ")}`;
    const hasStar = capability.bounds.some(({ alternatives }) =>
      alternatives.some((value) => value.includes("*")),
    );
    if (hasStar) said += " (* is any text)";
  }
  if (capability.needsApproval) said += ", each time after a person has allowed it";
  return said;
}

/** The same as a sentence of its own, for a word as it is written. */
export function explainWord(word: string): string {
  const { capability, problem } = readCapability(word);
  if (capability === null) return problem;
  const said = explainCapability(capability);
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.`;
}

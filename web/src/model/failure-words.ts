// What the kinds of failures are called for people, and which details of one are worth a look of their
// own: those that the card says in words already are left out.
import type { Failure } from "../api/words.ts";

const KINDS: Readonly<Record<Failure["kind"], string>> = {
  flow_error: "The flow failed",
  source_error: "The source cannot be loaded",
  input_error: "The input does not fit",
  call_error: "A call could not be done",
  capability_denied: "A call was not granted",
  limit_exceeded: "A limit was reached",
  cancelled: "Cancelled",
  guest_fault: "The sandbox ended",
  replay_error: "The replay differs from the record",
  request_error: "The request was not carried out",
  platform_error: "Sluice itself failed",
};

/** A heading for a failure. */
export function failureHeading(failure: Pick<Failure, "kind">): string {
  return Object.hasOwn(KINDS, failure.kind) ? KINDS[failure.kind] : "It failed";
}

const SAID = new Set(["problems"]);

/** Details that are shown as JSON; null where there are none. */
export function otherDetails(
  failure: Partial<Pick<Failure, "details">>,
): Record<string, unknown> | null {
  const entries = Object.entries(failure.details ?? {}).filter(([name]) => !SAID.has(name));
  return entries.length ? Object.fromEntries(entries) : null;
}

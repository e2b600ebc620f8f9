// What an address lays on the editor's desk: a saved flow or an older version of it, the source of a
// run, an example, or a draft. Nothing is kept here: a draft is overwritten only by who wrote it.
import { api, ok, withEtag } from "../../api/client.ts";
import { FIRST_FLOW } from "../../model/first-flow.ts";
import { applied, isFix } from "../../model/fixes.ts";
import { member, type Json } from "../../model/json.ts";
import { keptDraft } from "./kept.ts";

/** A saved version that the source began as. */
export interface Opened {
  flow: string;
  version: number;
  source: string;
  etag: string | null;
}

/** What lies on the desk when it was opened. */
export interface Laid {
  source: string;
  opened: Opened | null;
  /** The newest version, where the source began as an older one. */
  newest: Opened | null;
  /** What the reader is told that they see; null where it is what they expect. */
  shows: { kind: "draft" } | { kind: "older"; version: number } | null;
  /** Under which name what is written is kept; null where that would take a draft's place. */
  draftOf: string | null;
  flow: string;
  input: Json | null;
  /** What was done to the source on the way here. */
  done: string | null;
}

const NOTHING: Laid = {
  source: "",
  opened: null,
  newest: null,
  shows: null,
  draftOf: null,
  flow: "",
  input: null,
  done: null,
};

/** Looks up what an address names. Throws an `ApiProblem`. */
export async function lookUp(
  flow: string | undefined,
  query: URLSearchParams,
  carried: unknown,
): Promise<Laid> {
  const run = query.get("run");
  if (flow !== undefined) return ofFlow(flow, query.get("version"));
  if (run !== null) return ofRun(run, carried);
  if (query.has("example")) return { ...NOTHING, source: FIRST_FLOW };
  return { ...NOTHING, source: keptDraft("")?.source ?? FIRST_FLOW, draftOf: "" };
}

/** The newest version of a flow. */
export async function newestOf(flow: string): Promise<Opened> {
  const params = { path: { flow } };
  const { data, etag } = await withEtag(api.GET("/v1/flows/{flow}", { params }));
  return { flow, version: data.version, source: data.source, etag };
}

/** The source of a version of a flow. */
export async function sourceOf(flow: string, version: number): Promise<string> {
  const params = { path: { flow, version } };
  return (await ok(api.GET("/v1/flows/{flow}/versions/{version}", { params }))).source;
}

async function ofFlow(flow: string, asked: string | null): Promise<Laid> {
  const newest = await newestOf(flow);
  const draft = keptDraft(flow);
  const plain = { ...NOTHING, flow, opened: newest, draftOf: flow };
  if (asked !== null && Number(asked) !== newest.version) {
    const version = Number(asked);
    const source = await sourceOf(flow, version);
    return { ...plain, source, shows: { kind: "older", version }, draftOf: draft ? null : flow };
  }
  if (draft === null || draft.source === newest.source) return { ...plain, source: newest.source };
  const drafted: Laid = { ...plain, source: draft.source, shows: { kind: "draft" } };
  if (draft.version === newest.version) return drafted;
  const { version, etag } = draft;
  const opened = { flow, version, etag, source: await sourceOf(flow, version) };
  return { ...drafted, opened, newest };
}

async function ofRun(run: string, carried: unknown): Promise<Laid> {
  const params = { path: { run } };
  const [{ source }, { flow, input }] = await Promise.all([
    ok(api.GET("/v1/runs/{run}/source", { params })),
    ok(api.GET("/v1/runs/{run}", { params })),
  ]);
  const fix = member(carried, "fix");
  return {
    ...NOTHING,
    ...(isFix(fix) ? { source: applied(source, fix.edits), done: fix.title } : { source }),
    flow,
    input: input as Json,
  };
}

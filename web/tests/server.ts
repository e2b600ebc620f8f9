// What tests of pages ask of the server beside the page: a real one, whose address and token of an
// administrator whoever starts the tests gives as `SLUICE_WEB` and `SLUICE_TOKEN`.
import { expect, type APIRequestContext, type Page } from "@playwright/test";

const token = process.env["SLUICE_TOKEN"] ?? "";

export type Answered = Record<string, unknown>;

/** A run as `GET /v1/runs/{run}` answers it, as far as tests look. */
export interface Detail {
  run: string;
  state: string;
  outcome?: string | null;
  end?: { output?: unknown } | null;
}

function headers(secret: string): Record<string, string> {
  return { authorization: `Bearer ${secret}` };
}

/** Comes in with a token: the administrator's unless another is given. */
export async function comeIn(page: Page, secret: string = token): Promise<void> {
  expect(secret, "SLUICE_TOKEN is the token of an administrator").not.toBe("");
  await page.addInitScript((value) => {
    localStorage.setItem("sluice.token", value);
  }, secret);
}

/** Posts, and answers with what came; anything but success fails the test. */
export async function post(
  request: APIRequestContext,
  path: string,
  data: unknown,
  secret: string = token,
): Promise<Answered> {
  const answer = await request.post(path, { data, headers: headers(secret) });
  expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
  return (await answer.json()) as Answered;
}

/** Puts, likewise. */
export async function put(
  request: APIRequestContext,
  path: string,
  data: unknown,
  secret: string = token,
): Promise<void> {
  const answer = await request.put(path, { data, headers: headers(secret) });
  expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
}

/** Saves all flows of a source. */
export async function saveFlow(
  request: APIRequestContext,
  source: string,
  secret: string = token,
): Promise<void> {
  await post(request, "/v1/flows", { source }, secret);
}

/** Starts a saved flow, and answers with the id of its run. */
export async function startRun(
  request: APIRequestContext,
  flow: string,
  input: unknown,
  grants?: readonly string[],
  secret: string = token,
): Promise<string> {
  const data = { input, ...(grants ? { grants } : {}) };
  const run = await post(request, `/v1/flows/${encodeURIComponent(flow)}/runs`, data, secret);
  return String(run["run"]);
}

/** The run as soon as it is as wanted. */
export async function waitFor(
  request: APIRequestContext,
  run: string,
  wanted: (detail: Detail) => boolean,
  secret: string = token,
): Promise<Detail> {
  let detail: Detail = { run, state: "unknown" };
  await expect
    .poll(async () => {
      const answer = await request.get(`/v1/runs/${run}`, { headers: headers(secret) });
      detail = (await answer.json()) as Detail;
      return wanted(detail);
    })
    .toBe(true);
  return detail;
}

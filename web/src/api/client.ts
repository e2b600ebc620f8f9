// The one way to ask the server over HTTP. `api` has a method for each path of the API's
// description; `ok` gives what was answered or throws an `ApiProblem`. A token that is valid no
// more is forgotten at once, which brings the reader to the login.
import createClient, { type Middleware } from "openapi-fetch";
import { problemOf, unreachable } from "./problem.ts";
import type { paths } from "./schema";
import { currentToken, keepToken } from "./token.ts";

const withToken: Middleware = {
  onRequest({ request }) {
    const token = currentToken();
    if (token !== null && !request.headers.has("authorization")) {
      request.headers.set("authorization", `Bearer ${token}`);
    }
    return request;
  },
  onResponse({ request, response }) {
    const shown = request.headers.get("authorization");
    const isOurs = shown !== null && shown === `Bearer ${currentToken() ?? ""}`;
    if (response.status === 401 && isOurs) keepToken(null);
  },
};

/** Every path of the API: `api.GET("/v1/runs/{run}", { params: { path: { run } } })`. */
export const api = createClient<paths>({ baseUrl: "/" });
api.use(withToken);

interface Answer {
  data?: unknown;
  error?: unknown;
  response: Response;
}

/** What was answered. Throws an `ApiProblem` where the request was not carried out. */
export async function ok<A extends Answer>(
  request: Promise<A>,
): Promise<Extract<A, { error?: never }>["data"]> {
  const answer = await withEtag(request);
  return answer.data;
}

/** The same with the answer's `ETag`, for a change that is made only where nobody else made one. */
export async function withEtag<A extends Answer>(
  request: Promise<A>,
): Promise<{ data: Extract<A, { error?: never }>["data"]; etag: string | null }> {
  let answer: A;
  try {
    answer = await request;
  } catch (caught) {
    if (caught instanceof DOMException && caught.name === "AbortError") throw caught;
    throw unreachable();
  }
  if (!answer.response.ok) throw problemOf(answer.error, answer.response);
  return { data: answer.data, etag: answer.response.headers.get("etag") };
}

// What a request that was not carried out becomes: one error with the code, the sentence, the hint
// and the places at fault, whether the server answered or could not be reached.
import type { Failure, ProblemBody } from "./words.ts";

/** A part of a request that is at fault. */
export interface FieldProblem {
  place: string;
  problem: string;
}

/** The code of a request that no server answered. It is ours: the server has no such code. */
export const UNREACHABLE = "unreachable";

/** A request that was not carried out. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** A heading of docs/errors.md, or `unreachable`. */
  readonly code: string;
  /** Of the answer; 0 where there was none. */
  readonly status: number;
  readonly hint: string | null;
  readonly fields: readonly FieldProblem[];
  readonly failure: Failure | null;
  /** Seconds after which it may go better, where the server said so. */
  readonly retryAfter: number | null;

  constructor(
    message: string,
    parts: Partial<Omit<ApiProblem, "name" | "message">> & { code: string },
  ) {
    super(message);
    this.code = parts.code;
    this.status = parts.status ?? 0;
    this.hint = parts.hint ?? null;
    this.fields = parts.fields ?? [];
    this.failure = parts.failure ?? null;
    this.retryAfter = parts.retryAfter ?? null;
  }
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body;
}

/** The problem that a body of RFC 9457 tells. */
export function problemOfBody(body: ProblemBody, retryAfter: number | null = null): ApiProblem {
  return new ApiProblem(body.detail, {
    code: body.code,
    status: body.status,
    hint: body.hint ?? null,
    fields: body.fields ?? [],
    failure: body.failure,
    retryAfter,
  });
}

/** The problem that an answer tells, also where a proxy answered in place of the server. */
export function problemOf(body: unknown, response: Response): ApiProblem {
  const header = response.headers.get("retry-after");
  const seconds = header === null ? Number.NaN : Number(header);
  const retryAfter = Number.isFinite(seconds) ? seconds : null;
  if (isProblem(body)) return problemOfBody(body, retryAfter);
  const status = response.status;
  const code = status >= 502 && status <= 504 ? "unavailable" : "platform_error";
  return new ApiProblem(`The server answered with status ${status}.`, { code, status, retryAfter });
}

/** The problem of a request that no server answered. */
export function unreachable(): ApiProblem {
  return new ApiProblem("The server cannot be reached.", {
    code: UNREACHABLE,
    hint: "See whether `sluice serve` still runs and this machine is on its network.",
  });
}

/** Whether it says only that no server was there: the same request may go well later. */
export function isOfNobody(problem: ApiProblem): boolean {
  return problem.status === 0 ? problem.code === UNREACHABLE : problem.code === "unavailable";
}

/** Any caught thing as a problem, so that what is shown always has a code and a sentence. */
export function asProblem(caught: unknown): ApiProblem {
  if (caught instanceof ApiProblem) return caught;
  const message = caught instanceof Error ? caught.message : String(caught);
  return new ApiProblem(message, { code: "platform_error" });
}

// Who is logged in: the token's tenant, name and scopes, as reactive values. What a token may not
// do is not offered; `can` tells. Where no server answers, it is asked again until one does.
import { backoffMs } from "../base/backoff.ts";
import { api, ok } from "./client.ts";
import { live } from "./live.ts";
import { asProblem, isOfNobody, type ApiProblem } from "./problem.ts";
import { currentToken, keepToken, onToken } from "./token.ts";
import type { Me, Scope } from "./words.ts";

let me = $state.raw<Me | null>(null);
let problem = $state.raw<ApiProblem | null>(null);
let hasToken = $state(currentToken() !== null);
let failures = 0;
let retry: ReturnType<typeof setTimeout> | undefined;

async function look(): Promise<void> {
  clearTimeout(retry);
  const token = currentToken();
  hasToken = token !== null;
  if (token === null) {
    me = null;
    problem = null;
    live.close();
    return;
  }
  try {
    const found = await ok(api.GET("/v1/me"));
    if (token !== currentToken()) return;
    me = found;
    problem = null;
    failures = 0;
    live.open();
  } catch (caught) {
    if (token !== currentToken()) return;
    problem = asProblem(caught);
    if (isOfNobody(problem)) retry = setTimeout(() => void look(), backoffMs(failures++));
  }
}

export const session = {
  /** Who the token is; null while that is not known. */
  get me(): Me | null {
    return me;
  },
  /** Why it is not known. */
  get problem(): ApiProblem | null {
    return problem;
  },
  /** Whether there is a token at all. */
  get hasToken(): boolean {
    return hasToken;
  },
  /** Whether the token allows it. */
  can(scope: Scope): boolean {
    return me?.scopes.includes(scope) ?? false;
  },
  /** Asks who the token is, now and whenever it changes. Called once. */
  begin(): void {
    onToken(() => void look());
    void look();
  },
  /** Asks again, as after a failure. */
  again: look,
  /** Buys a token with a login code, and keeps it. Throws an `ApiProblem`. */
  async logInWithCode(code: string): Promise<void> {
    const bought = await ok(api.POST("/v1/login", { body: { code, name: "web" } }));
    keepToken(bought.secret);
  },
  /** Keeps a token that somebody has, if it is valid. Throws an `ApiProblem`. */
  async logInWithToken(token: string): Promise<void> {
    await ok(api.GET("/v1/me", { headers: { authorization: `Bearer ${token}` } }));
    keepToken(token);
  },
  /** Forgets the token in this browser. It stays valid until it is taken back. */
  logOut(): void {
    keepToken(null);
  },
};

// Who is logged in: the token's tenant, name and scopes, as reactive values. What a token may not
// do is not offered; `can` tells. Where no server answers, it is asked again until one does.
import { backoffMs } from "../base/backoff.ts";
import { api, ok } from "./client.ts";
import { forgetKept, keepFor } from "./kept.svelte.ts";
import { live } from "./live.ts";
import { asProblem, isOfNobody, type ApiProblem } from "./problem.ts";
import { currentToken, keepToken, onToken } from "./token.ts";
import type { Me, Scope } from "./words.ts";

let me = $state.raw<Me | null>(null);
let problem = $state.raw<ApiProblem | null>(null);
let hasToken = $state(currentToken() !== null);
let failures = 0;
let retry: ReturnType<typeof setTimeout> | undefined;
/** The token that `me` is about. */
let lookedAt: string | null = null;

function become(next: Me | null): void {
  me = next;
  keepFor(next?.tenant ?? null);
}

async function look(): Promise<void> {
  clearTimeout(retry);
  const token = currentToken();
  hasToken = token !== null;
  // Nothing of one token is shown to another: neither who it is, nor what its socket tells.
  if (token !== lookedAt) {
    lookedAt = token;
    become(null);
    problem = null;
    failures = 0;
    live.close();
  }
  if (token === null) return;
  try {
    const found = await ok(api.GET("/v1/me"));
    if (token !== currentToken()) return;
    become(found);
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
  /** Forgets the token in this browser, which stays valid until it is taken back, and all that is
   *  kept for its tenant. */
  logOut(): void {
    forgetKept();
    keepToken(null);
  },
};

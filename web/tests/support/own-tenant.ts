// A tenant that a test has to itself, so that tests do not see each other's runs, and pages whose
// reader is its owner.
import type { APIRequestContext } from "@playwright/test";
import { post } from "../server.ts";

let made = 0;

/** Makes a tenant whose name begins so, and answers with the token of its owner. */
export async function ownTenant(
  request: APIRequestContext,
  begin: string,
  grants?: readonly string[],
): Promise<string> {
  made += 1;
  const name = `${begin}-${Date.now().toString(36)}-${made}`;
  await post(request, "/v1/tenants", { tenant: name, ...(grants ? { grants } : {}) });
  const token = await post(request, `/v1/tenants/${name}/tokens`, { name: "owner", role: "owner" });
  return String(token["secret"]);
}

// Addresses of pages, made from their parts. Every path of the web is named in `Path`, so a link to
// a page that does not exist, or with a value missing, does not compile.

/** The pages; a part that begins with a colon stands for a value. */
export type Path =
  | "/"
  | "/flows"
  | "/flows/:flow"
  | "/editor"
  | "/runs"
  | "/runs/:run"
  | "/asks"
  | "/services"
  | "/grants"
  | "/tokens"
  | "/secrets"
  | "/models"
  | "/keys"
  | "/usage"
  | "/audit"
  | "/tenants"
  | "/login";

/** The names of the values in a path. */
export type Names<P extends string> = P extends `${string}:${infer Name}/${infer Rest}`
  ? Name | Names<Rest>
  : P extends `${string}:${infer Name}`
    ? Name
    : never;

/** What may stand behind the path. Members that are undefined or empty are left out. */
export interface Beside {
  query?: Record<string, string | number | undefined>;
  hash?: string;
}

type Arguments<P extends Path> = [Names<P>] extends [never]
  ? [params?: Record<string, never>, beside?: Beside]
  : [params: Record<Names<P>, string>, beside?: Beside];

/** The address of a page: `href("/runs/:run", { run }, { hash: "span=12" })`. */
export function href<P extends Path>(path: P, ...rest: Arguments<P>): string {
  const [params, beside] = rest;
  const values: Record<string, string> = params ?? {};
  const filled = path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(values[name] ?? ""),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(beside?.query ?? {})) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const search = query.toString();
  return filled + (search && `?${search}`) + (beside?.hash ? `#${beside.hash}` : "");
}

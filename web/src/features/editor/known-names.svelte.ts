// What the editor knows of names: the SDK's symbols, made when the web was built, the clients of the
// tenant's services, asked for once a page, and the words of capabilities that these come to.
import { api, ok } from "../../api/client.ts";
import { session } from "../../api/session.svelte.ts";
import { offeredWords } from "../../model/capability-offer.ts";
import { SourceNames, together, type Offered, type Symbols } from "../../model/symbols.ts";
import { stubSymbols } from "../../model/stub.ts";

/** Services whose clients are asked for: a tenant with more is rare, and each is a request. */
const MOST_SERVICES = 30;

export class KnownNames {
  symbols = $state.raw<Symbols>({ modules: {}, classes: {} });
  readonly #words = $derived.by((): Offered[] => {
    const { me } = session;
    return offeredWords(this.symbols, me?.grants ?? me?.tenant_grants ?? []);
  });
  #last: SourceNames | null = null;

  /** Loads what there is; what cannot be loaded is not offered, and nothing else. */
  async load(): Promise<void> {
    const sdk = (await import("../../model/sdk.json")).default as unknown as Symbols;
    this.symbols = sdk;
    try {
      const { items } = await ok(api.GET("/v1/services"));
      const clients = await Promise.all(
        items.slice(0, MOST_SERVICES).map(({ service }) => clientOf(service)),
      );
      this.symbols = together([sdk, ...clients.filter((one) => one !== null)]);
    } catch {
      // Without the clients of services the SDK's names are offered all the same.
    }
  }

  /** The names of a source. */
  of(source: string): SourceNames {
    const last = this.#last;
    if (last?.source === source && last.symbols === this.symbols) return last;
    return (this.#last = new SourceNames(source, this.symbols, this.#words));
  }
}

async function clientOf(service: string): Promise<Symbols | null> {
  try {
    const params = { path: { service } };
    const { stub } = await ok(api.GET("/v1/services/{service}", { params }));
    return stubSymbols(service, stub);
  } catch {
    return null;
  }
}

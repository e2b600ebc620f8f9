// The fragment of a run's address and what is chosen there, each following the other: `span=12`, with
// the numbers of the calls above it where it is of a child run, or `log=45`, the event of a log line. What
// comes with `call=7` is led to the span of that call.
import { untrack } from "svelte";
import { address, setHash } from "../../base/address.svelte.ts";
import type { Node } from "../../model/forest.ts";
import type { RunView } from "../../ui/run-view.svelte.ts";

export class RunAddress {
  /** A line of the log, and the span that was chosen with it: with another one, the line is no more. */
  #line = $state.raw<{ seq: number; chosen: Node | null } | null>(null);

  readonly #named = $derived(address.hash);

  constructor(readonly view: RunView) {}

  /** The number of the event of the chosen line of the log. */
  readonly line = $derived.by(() =>
    this.#line && this.#line.chosen === this.view.chosen ? this.#line.seq : null,
  );

  readonly #hash = $derived.by(() => {
    if (this.line !== null) return `log=${this.line}`;
    return this.view.chosen ? `span=${this.view.pathOf(this.view.chosen)}` : "";
  });

  /** Chooses a line of the log, with its span. */
  chooseLine(seq: number, span: Node): void {
    this.view.choose(span);
    this.#line = { seq, chosen: span };
  }

  /** Chooses what the address names, unless it is chosen already. To be called in an effect. */
  follow(): void {
    const hash = this.#named;
    untrack(() => {
      if (hash === this.#hash) return;
      const parts = new URLSearchParams(hash);
      const named = (name: string) => parts.get(name) ?? "";
      const [log, span, call] = [named("log"), named("span"), named("call")];
      if (/^\d+$/.test(log)) this.#line = { seq: Number(log), chosen: this.view.chosen };
      if (/^\d+(\/\d+)*$/.test(span)) this.view.goTo(span);
      if (/^\d+$/.test(call)) this.view.goTo(`@${call}`);
    });
  }

  /** Puts what is chosen into the address. To be called in an effect. */
  write(): void {
    if (this.#hash) setHash(this.#hash);
  }
}

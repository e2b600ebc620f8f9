// What lies on the editor's desk: the source, which saved flow it is of, what the check says of it, the
// input, and the last run. All that the page does is done here; the page draws it. What was asked for
// before the page was left, or before another address was opened, changes nothing any more.
import { withEtag, ok, api } from "../../api/client.ts";
import { asProblem, ApiProblem } from "../../api/problem.ts";
import { startRun, type RunToStart } from "../../api/start-run.ts";
import type { FlowDescription, Limits } from "../../api/words.ts";
import { navigate } from "../../base/address.svelte.ts";
import { href } from "../../base/href.ts";
import { applied, useFix, type Fix } from "../../model/fixes.ts";
import { check } from "../../model/form-check.ts";
import { faultFrom, type Fault } from "../../model/form-place.ts";
import { initialOf } from "../../model/form.ts";
import { isObject, same, type Json } from "../../model/json.ts";
import { tell, tellProblem } from "../../ui/toasts.svelte.ts";
import { Checking } from "./checking.svelte.ts";
import { keepDraft, keepLastInput, lastInput } from "./kept.ts";
import { KnownNames } from "./known-names.svelte.ts";
import { LastRun } from "./last-run.svelte.ts";
import { markOfFailure, marksOfCheck, marksOfNames } from "./marks.ts";
import { lookUp, newestOf, sourceOf, type Laid, type Opened } from "./opening.ts";
import type { Mark, Surface } from "./surface.ts";

export class Desk {
  source = $state.raw("");
  /** The version that the source began as. */
  opened = $state.raw<Opened | null>(null);
  /** The newest version, where that is a later one. */
  newest = $state.raw<Opened | null>(null);
  shows = $state.raw<Laid["shows"]>(null);
  problem = $state.raw<ApiProblem | null>(null);
  isLoading = $state(true);
  isSaving = $state(false);
  isStarting = $state(false);
  /** The flow of the source that is run; the first where nobody chose. */
  chosenFlow = $state("");
  input = $state.raw<Json>({});
  /** Moves when another input is put in the place of what was typed. */
  inputTurn = $state(0);
  faults = $state.raw<readonly Fault[]>([]);
  showsFaults = $state(false);
  limits = $state.raw<Partial<Limits>>({});
  withheld = $state.raw<ReadonlySet<string>>(new Set());
  last = $state.raw<LastRun | null>(null);
  /** Why a run could not be started. */
  refusal = $state.raw<ApiProblem | null>(null);
  surface = $state.raw<Surface | undefined>(undefined);
  readonly checking = new Checking();
  readonly names = new KnownNames();
  #inputOf: { flow: string; schema: Json } | null = null;
  readonly #inputs = new Map<string, Json>();
  #draftOf: string | null = null;
  /** Goes up with each address that is opened, and at the end. */
  #turn = 0;

  readonly flow = $derived.by((): FlowDescription | null => {
    const { flows } = this.checking;
    return flows.find((one) => one.name === this.chosenFlow) ?? flows[0] ?? null;
  });
  readonly isChanged = $derived(this.source !== (this.opened?.source ?? ""));
  readonly missing = $derived(this.checking.result?.checked.missing_grants ?? []);
  readonly marks = $derived.by((): readonly Mark[] => this.#marks());

  #marks(): Mark[] {
    const { source } = this;
    const told = this.checking.result;
    const marks = told?.source === source ? marksOfCheck(source, told.checked) : [];
    marks.push(...marksOfNames(this.names.of(source)));
    const failure = this.last?.source === source ? this.last.failure : null;
    if (failure && this.last) marks.push(markOfFailure(source, failure, this.last.flow));
    return marks.sort((left, right) => left.start - right.start);
  }

  /** Opens a saved flow, the source of a run, an example, or the draft of a new flow. */
  async open(flow: string | undefined, query: URLSearchParams, carried: unknown): Promise<void> {
    const turn = ++this.#turn;
    this.isLoading = true;
    this.problem = null;
    try {
      const laid = await lookUp(flow, query, carried);
      if (turn !== this.#turn) return;
      this.#lay(laid);
    } catch (caught) {
      if (turn !== this.#turn) return;
      this.problem = asProblem(caught);
    }
    this.isLoading = false;
    void this.checking.check(this.source);
  }

  #lay(laid: Laid): void {
    this.opened = laid.opened;
    this.newest = laid.newest;
    this.shows = laid.shows;
    this.#draftOf = laid.draftOf;
    this.chosenFlow = laid.flow;
    if (laid.input !== null) {
      this.input = laid.input;
      this.#inputOf = { flow: laid.flow, schema: null };
    }
    this.#put(laid.source);
    if (laid.done !== null) tell(`${laid.done}: done.`);
  }

  #put(source: string): void {
    this.source = source;
    this.surface?.setText(source);
  }

  /** Somebody typed. */
  write(source: string): void {
    if (source === this.source) return;
    this.source = source;
    this.#keep();
    this.checking.schedule(source);
  }

  #keep(): void {
    if (this.#draftOf === null) return;
    const { version, etag } = this.opened ?? { version: 0, etag: null };
    keepDraft(this.#draftOf, this.isChanged ? { version, etag, source: this.source } : null);
  }

  /** Changes the source in one step that can be undone. */
  apply(fix: Fix): void {
    const next = applied(this.source, fix.edits);
    this.surface?.apply(fix.edits);
    this.write(next);
    tell(`${fix.title}: done.`);
  }

  /** Puts a word into the flow's `uses`. */
  ask(word: string): void {
    const fix = useFix(this.source, this.flow?.name ?? "", word);
    if (fix) this.apply(fix);
    else tell("The flow's uses are not written as a list here: add the word by hand.");
  }

  /** Makes the input fit the flow that is chosen. A flow under another name keeps what fits it. */
  prepareInput(flow: FlowDescription): void {
    const before = this.#inputOf;
    const schema = flow.input as Json;
    this.#inputOf = { flow: flow.name, schema };
    if (before?.flow === flow.name) return;
    if (before !== null) {
      if (!this.#inputs.has(flow.name) && this.#isRenamed(before, schema)) return;
      this.#inputs.set(before.flow, this.input);
    }
    const known = this.#inputs.get(flow.name) ?? lastInput(flow.name);
    this.input = isObject(known) ? known : initialOf(schema, schema);
    this.inputTurn += 1;
    this.faults = [];
    this.showsFaults = false;
  }

  #isRenamed(before: { flow: string; schema: Json }, schema: Json): boolean {
    if (this.checking.flows.some((one) => one.name === before.flow)) return false;
    return same(before.schema, schema) || check(schema, this.input).length === 0;
  }

  setInput(value: Json): void {
    this.input = value;
  }

  withhold(word: string, isWithheld: boolean): void {
    const next = new Set(this.withheld);
    if (isWithheld) next.add(word);
    else next.delete(word);
    this.withheld = next;
  }

  /** The run of a flow of the source as all of it stands. */
  toStart({ name, uses }: Pick<FlowDescription, "name" | "uses">): RunToStart {
    const given = uses.filter((word) => !this.withheld.has(word));
    return {
      source: this.source,
      flow: name,
      input: this.input,
      ...(given.length < uses.length ? { grants: [...given, "ask"] } : {}),
      ...(Object.keys(this.limits).length ? { limits: this.limits } : {}),
    };
  }

  /** Runs the source as it stands. Answers whether a run was started. */
  async run(): Promise<boolean> {
    if (this.isStarting) return false;
    this.isStarting = true;
    try {
      return await this.#start();
    } finally {
      this.isStarting = false;
    }
  }

  async #start(): Promise<boolean> {
    const turn = this.#turn;
    if (this.checking.result?.source !== this.source) await this.checking.check(this.source);
    const flow = this.flow;
    if (!flow || turn !== this.#turn) return false;
    this.prepareInput(flow);
    this.refusal = null;
    this.faults = [];
    if (check(flow.input as Json, this.input).length) {
      this.showsFaults = true;
      return false;
    }
    const { source, input } = this;
    try {
      const detail = await startRun(this.toStart(flow));
      keepLastInput(flow.name, input);
      if (turn !== this.#turn) return false;
      this.last?.stop();
      this.last = new LastRun(detail.run, flow.name, source, input);
      return true;
    } catch (caught) {
      this.#refused(asProblem(caught));
      return false;
    }
  }

  #refused(problem: ApiProblem): void {
    this.refusal = problem;
    this.faults = problem.fields
      .filter((field) => field.place.startsWith("/input"))
      .map((field) => faultFrom(field.place, field.problem));
    this.showsFaults = this.faults.length > 0;
  }

  /**
   * Saves the source as the next version: of the flow that was opened, or of every flow in it. It is
   * saved on the version that it began as; on the newest only for somebody who has been told of it.
   */
  async save({ onNewest = false } = {}): Promise<void> {
    if (this.isSaving) return;
    this.isSaving = true;
    try {
      if (this.opened) await this.#saveOn((onNewest ? this.newest : null) ?? this.opened);
      else await this.#saveNew();
    } catch (caught) {
      tellProblem(caught);
    } finally {
      this.isSaving = false;
    }
  }

  async #saveOn({ flow, etag: before }: Opened): Promise<void> {
    const { source } = this;
    const turn = this.#turn;
    const header = before === null ? {} : { "If-Match": before };
    try {
      const params = { path: { flow }, header };
      const { data, etag } = await withEtag(
        api.PUT("/v1/flows/{flow}", { params, body: { source } }),
      );
      tell(`Saved as version ${data.version} of ${flow}.`);
      if (turn === this.#turn) this.#begin({ flow, version: data.version, source, etag });
    } catch (caught) {
      const problem = asProblem(caught);
      if (problem.code !== "precondition_failed") throw problem;
      const newest = await newestOf(flow);
      if (turn === this.#turn) this.newest = newest;
      throw changedMeanwhile(newest.version);
    }
  }

  async #saveNew(): Promise<void> {
    const { source } = this;
    const turn = this.#turn;
    const { flows } = await ok(api.POST("/v1/flows", { body: { source } }));
    tell(`Saved ${flows.map((one) => one.flow).join(", ")}.`);
    if (turn !== this.#turn) return;
    if (this.#draftOf !== null) keepDraft(this.#draftOf, null);
    const first = flows.find((one) => one.flow === this.flow?.name) ?? flows[0];
    if (first) navigate(href("/flows/:flow", { flow: first.flow }));
  }

  /** The source goes on from a version; what was written beyond it stays a draft. */
  #begin(version: Opened): void {
    this.opened = version;
    this.newest = null;
    this.shows = null;
    this.#draftOf = version.flow;
    this.#keep();
  }

  /** Puts the newest version in the place of what was written. */
  discard(): void {
    const newest = this.newest ?? this.opened;
    if (newest === null) return;
    this.#put(newest.source);
    this.#begin(newest);
    this.checking.schedule(newest.source);
  }

  /** Puts the source of an older version into the editor; saving it makes it the newest. */
  async restore(version: number): Promise<void> {
    const flow = this.opened?.flow;
    if (flow === undefined) return;
    const turn = this.#turn;
    const source = await sourceOf(flow, version);
    if (turn !== this.#turn) return;
    this.surface?.setText(source);
    this.write(source);
  }

  /** Ends what is under way. To be called when the page is left. */
  stop(): void {
    this.#turn += 1;
    this.checking.stop();
    this.last?.stop();
  }
}

function changedMeanwhile(version: number): ApiProblem {
  return new ApiProblem(`Version ${version} was saved since the one that this began as.`, {
    code: "precondition_failed",
    hint: "Nothing was saved, and your draft is kept. Compare the two above the source, and take one.",
  });
}

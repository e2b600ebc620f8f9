// What lies on the editor's desk: the source, which saved flow it is of, what the check says of it, the
// input, and the last run. All that the page does is done here; the page draws it.
import { withEtag, ok, api } from "../../api/client.ts";
import { asProblem, ApiProblem } from "../../api/problem.ts";
import { startRun } from "../../api/start-run.ts";
import type { FlowDescription, Limits } from "../../api/words.ts";
import { navigate } from "../../base/address.svelte.ts";
import { href } from "../../base/href.ts";
import { FIRST_FLOW } from "../../model/first-flow.ts";
import { applied, useFix, type Fix } from "../../model/fixes.ts";
import { check } from "../../model/form-check.ts";
import { faultFrom, type Fault } from "../../model/form-place.ts";
import { initialOf } from "../../model/form.ts";
import { isObject, type Json } from "../../model/json.ts";
import { tell, tellProblem } from "../../ui/toasts.svelte.ts";
import { Checking } from "./checking.svelte.ts";
import { keepDraft, keepLastInput, keptDraft, lastInput } from "./kept.ts";
import { KnownNames } from "./known-names.svelte.ts";
import { LastRun } from "./last-run.svelte.ts";
import { markOfFailure, marksOfCheck, marksOfNames } from "./marks.ts";
import type { Mark, Surface } from "./surface.ts";

/** A saved version that the source began as. */
export interface Opened {
  flow: string;
  version: number;
  source: string;
  etag: string | null;
}

export class Desk {
  source = $state.raw("");
  opened = $state.raw<Opened | null>(null);
  problem = $state.raw<ApiProblem | null>(null);
  isLoading = $state(true);
  isSaving = $state(false);
  isStarting = $state(false);
  /** The flow of the source that is run; the first where nobody chose. */
  chosenFlow = $state("");
  input = $state.raw<Json>({});
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
  #inputOf = "";

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
  async open(flow: string | undefined, query: URLSearchParams): Promise<void> {
    this.isLoading = true;
    this.problem = null;
    try {
      const run = query.get("run");
      if (flow !== undefined) await this.#openFlow(flow, query.get("version"));
      else if (run !== null) await this.#openRun(run);
      else if (query.has("example")) this.#put(FIRST_FLOW);
      else this.#put(keptDraft("") ?? FIRST_FLOW);
    } catch (caught) {
      this.problem = asProblem(caught);
    }
    this.isLoading = false;
    void this.checking.check(this.source);
  }

  async #openFlow(flow: string, version: string | null): Promise<void> {
    const params = { path: { flow } };
    const { data, etag } = await withEtag(api.GET("/v1/flows/{flow}", { params }));
    this.opened = { flow, version: data.version, source: data.source, etag };
    this.chosenFlow = flow;
    this.#put(keptDraft(flow) ?? data.source);
    if (version !== null && Number(version) !== data.version) await this.restore(Number(version));
  }

  async #openRun(run: string): Promise<void> {
    const params = { path: { run } };
    const [source, detail] = await Promise.all([
      ok(api.GET("/v1/runs/{run}/source", { params })),
      ok(api.GET("/v1/runs/{run}", { params })),
    ]);
    this.#put(source.source);
    this.chosenFlow = detail.flow;
    this.input = detail.input as Json;
    this.#inputOf = detail.flow;
  }

  #put(source: string): void {
    this.source = source;
    this.surface?.setText(source);
  }

  /** Somebody typed. */
  write(source: string): void {
    if (source === this.source) return;
    this.source = source;
    const flow = this.opened?.flow ?? "";
    keepDraft(flow, this.isChanged ? source : null);
    this.checking.schedule(source);
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

  /** Makes the input fit the flow that is chosen, the first time that it is seen. */
  prepareInput(flow: FlowDescription): void {
    if (this.#inputOf === flow.name) return;
    this.#inputOf = flow.name;
    const kept = lastInput(flow.name);
    const schema = flow.input as Json;
    this.input = isObject(kept) ? kept : initialOf(schema, schema);
    this.faults = [];
    this.showsFaults = false;
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

  /** Runs the source as it stands. Answers whether a run was started. */
  async run(): Promise<boolean> {
    if (this.isStarting) return false;
    if (this.checking.result?.source !== this.source) await this.checking.check(this.source);
    const flow = this.flow;
    if (!flow) return false;
    this.prepareInput(flow);
    this.refusal = null;
    this.faults = [];
    if (check(flow.input as Json, this.input).length) {
      this.showsFaults = true;
      return false;
    }
    this.isStarting = true;
    const { source, input } = this;
    const given = flow.uses.filter((word) => !this.withheld.has(word));
    const isLess = given.length < flow.uses.length;
    try {
      const detail = await startRun({
        source,
        flow: flow.name,
        input,
        ...(isLess ? { grants: [...given, "ask"] } : {}),
        ...(Object.keys(this.limits).length ? { limits: this.limits } : {}),
      });
      keepLastInput(flow.name, input);
      this.last?.stop();
      this.last = new LastRun(detail.run, flow.name, source, input);
      return true;
    } catch (caught) {
      this.#refused(asProblem(caught));
      return false;
    } finally {
      this.isStarting = false;
    }
  }

  #refused(problem: ApiProblem): void {
    this.refusal = problem;
    this.faults = problem.fields
      .filter((field) => field.place.startsWith("/input"))
      .map((field) => faultFrom(field.place, field.problem));
    this.showsFaults = this.faults.length > 0;
  }

  /** Saves the source as the next version: of the flow that was opened, or of every flow in it. */
  async save(): Promise<void> {
    if (this.isSaving) return;
    this.isSaving = true;
    const { source, opened } = this;
    try {
      if (opened) {
        const header = opened.etag ? { "If-Match": opened.etag } : {};
        const { data, etag } = await withEtag(
          api.PUT("/v1/flows/{flow}", {
            params: { path: { flow: opened.flow }, header },
            body: { source },
          }),
        );
        this.opened = { flow: data.flow, version: data.version, source, etag };
        keepDraft(opened.flow, null);
        tell(`Saved as version ${data.version} of ${data.flow}.`);
      } else {
        const { flows } = await ok(api.POST("/v1/flows", { body: { source } }));
        keepDraft("", null);
        tell(`Saved ${flows.map((one) => one.flow).join(", ")}.`);
        const first = flows.find((one) => one.flow === this.flow?.name) ?? flows[0];
        if (first) navigate(href("/flows/:flow", { flow: first.flow }));
      }
    } catch (caught) {
      const problem = asProblem(caught);
      tellProblem(problem.code === "precondition_failed" ? changedMeanwhile() : problem);
    } finally {
      this.isSaving = false;
    }
  }

  /** Puts the source of an older version into the editor; saving it makes it the newest. */
  async restore(version: number): Promise<void> {
    const flow = this.opened?.flow;
    if (flow === undefined) return;
    const params = { path: { flow, version } };
    const found = await ok(api.GET("/v1/flows/{flow}/versions/{version}", { params }));
    this.surface?.setText(found.source);
    this.write(found.source);
  }

  stop(): void {
    this.checking.stop();
    this.last?.stop();
  }
}

function changedMeanwhile(): ApiProblem {
  return new ApiProblem("Somebody has saved this flow since you opened it.", {
    code: "precondition_failed",
    hint: "Compare with the newest version under Versions, and save again after loading the page anew. Your draft is kept.",
  });
}

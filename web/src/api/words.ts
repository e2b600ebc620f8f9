// Names for the types of the API's description, which is where all of them are from. Nothing is
// declared here by hand but shorter names.
import type { components } from "./schema";

type Schemas = components["schemas"];

/** Any type of the description by its name there. */
export type Schema<Name extends keyof Schemas> = Schemas[Name];

export type ArtifactSummary = Schemas["Artifact"];
export type AskSummary = Schemas["AskSummary"];
export type AuditEntry = Schemas["Entry2"];
export type CreatedToken = Schemas["CreatedToken"];
export type Failure = Schemas["Failure"];
export type FlowDescription = Schemas["FlowDescription"];
export type FlowSummary = Schemas["FlowSummary"];
export type FlowWithSource = Schemas["FlowWithSource"];
export type Frame = Schemas["Frame"];
export type KvEntry = Schemas["Entry"];
export type Limits = Schemas["Limits"];
export type LoggedIn = Schemas["LoggedIn"];
export type LogLine = Schemas["LogLine"];
export type Me = Schemas["Me"];
export type ModelSummary = Schemas["ModelSummary"];
export type NewRun = Schemas["NewRun"];
export type OutcomeWord = Schemas["OutcomeWord"];
export type ProblemBody = Schemas["ProblemBody"];
export type Quota = Schemas["Quota"];
export type RerunPlan = Schemas["RerunPlan"];
export type RunDetail = Schemas["RunDetail"];
export type RunEvent = Schemas["Event"];
export type RunState = Schemas["RunState"];
export type RunSummary = Schemas["RunSummary"];
export type Scope = Schemas["Scope"];
export type SecretSummary = Schemas["SecretSummary"];
export type ServiceSummary = Schemas["ServiceSummary"];
export type SourceProblem = Schemas["Problem"];
export type SpanDetail = Schemas["SpanDetail"];
export type SpanSummary = Schemas["SpanSummary"];
export type TenantSummary = Schemas["TenantSummary"];
export type TokenSummary = Schemas["TokenSummary"];
export type UsageOfTenant = Schemas["Usage2"];
export type Validated = Schemas["Validated"];

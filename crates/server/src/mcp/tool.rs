//! The tools: names, what they are for, whom they serve, and the schemas of what goes in and comes out.

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool as ToolOfProtocol, ToolAnnotations};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;
use sluice_model::Scope;

use super::{arguments, view};

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    SearchFlows,
    GetAuthoringGuide,
    ValidateFlow,
    SaveFlow,
    RunFlow,
    GetRun,
    GetSpan,
    RerunFromStep,
    AnswerAsk,
    CancelRun,
    ListCapabilities,
    CallApi,
}

/// What a call of a tool does to the world.
enum Effect {
    /// Nothing.
    Reads,
    /// Something more is there; doing it twice is doing it once.
    Adds,
    /// Whatever the flow, or the request, does.
    Runs,
    /// Something is over.
    Decides { is_idempotent: bool },
}

/// The tools' names and scopes, in the order in which an agent needs them.
pub fn mcp_tools() -> Vec<(&'static str, Scope)> {
    Tool::ALL.into_iter().map(|tool| (tool.name(), tool.scope())).collect()
}

impl Tool {
    /// Every tool.
    pub(super) const ALL: [Tool; 12] = [
        Tool::SearchFlows,
        Tool::GetAuthoringGuide,
        Tool::ListCapabilities,
        Tool::ValidateFlow,
        Tool::RunFlow,
        Tool::GetRun,
        Tool::GetSpan,
        Tool::RerunFromStep,
        Tool::SaveFlow,
        Tool::AnswerAsk,
        Tool::CancelRun,
        Tool::CallApi,
    ];

    /// The tool of that name.
    pub(super) fn of_name(name: &str) -> Option<Tool> {
        Tool::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Tool::SearchFlows => "search_flows",
            Tool::GetAuthoringGuide => "get_authoring_guide",
            Tool::ValidateFlow => "validate_flow",
            Tool::SaveFlow => "save_flow",
            Tool::RunFlow => "run_flow",
            Tool::GetRun => "get_run",
            Tool::GetSpan => "get_span",
            Tool::RerunFromStep => "rerun_from_step",
            Tool::AnswerAsk => "answer_ask",
            Tool::CancelRun => "cancel_run",
            Tool::ListCapabilities => "list_capabilities",
            Tool::CallApi => "call_api",
        }
    }

    /// What a token needs for it.
    pub(super) fn scope(self) -> Scope {
        match self {
            Tool::SearchFlows
            | Tool::GetAuthoringGuide
            | Tool::ValidateFlow
            | Tool::GetRun
            | Tool::GetSpan
            | Tool::ListCapabilities
            | Tool::CallApi => Scope::Read,
            Tool::SaveFlow => Scope::Write,
            Tool::RunFlow | Tool::RerunFromStep | Tool::CancelRun => Scope::Run,
            Tool::AnswerAsk => Scope::Answer,
        }
    }

    /// When to use it, and what comes next.
    fn about(self) -> &'static str {
        match self {
            Tool::SearchFlows => {
                "Find saved flows by words in their name or summary. Use it first: what you need may \
                 exist. Each comes with the JSON Schema of its input; next is run_flow with `flow`."
            }
            Tool::GetAuthoringGuide => {
                "How to write a flow, with examples that run. Read it once before you write the first \
                 one; `topic` gives one part of it. Next is validate_flow."
            }
            Tool::ValidateFlow => {
                "Load a source without running it: its flows with the schemas of input and output, what \
                 is wrong by line and column, and grants that it asks for and you cannot give. Use it \
                 after every change. Next is run_flow once `is_valid` is true."
            }
            Tool::SaveFlow => {
                "Keep every flow of a source under its name, as its next version. Use it when a run of it \
                 has succeeded. Later run_flow finds it by `flow`, and other flows may call it."
            }
            Tool::RunFlow => {
                "Run a `source`, or a saved `flow`, and wait a while for its end. The answer has its \
                 output, or the error with the line at fault, and questions that it waits for. Where it \
                 still goes on, next is get_run with wait_ms; where it failed, get_span and then \
                 rerun_from_step. A failed flow is an answer, not an error of the tool."
            }
            Tool::GetRun => {
                "Where a run stands: its outcome with output or error, its open questions, its spans. \
                 With wait_ms it waits for the end, or for a question. Next is get_span where it failed."
            }
            Tool::GetSpan => {
                "One step or call of a run: its attributes, its logs, what was asked and answered, what \
                 was refused. Use it to see why a step failed, before you mend the source."
            }
            Tool::RerunFromStep => {
                "Run a run again from a step, with mended source or other input: what stands before the \
                 step is taken from the record and not done again. With go_live false it only says from \
                 where it would go on. Use it after a failure instead of starting anew."
            }
            Tool::AnswerAsk => {
                "Answer a question of a run with a value that fits its schema. The first answer counts \
                 and cannot be taken back: answer only what you were asked to decide, else leave it to a \
                 person. Next is get_run with wait_ms."
            }
            Tool::CancelRun => {
                "Ask that a run end, with all that it started. Use it for runs that are no longer needed \
                 or do not come to an end. One that is over stays as it is."
            }
            Tool::ListCapabilities => {
                "What flows may ask of the world here, and which of it your runs can be granted. Look \
                 before you write `uses=[...]`, and when a call ended in capability_denied."
            }
            Tool::CallApi => {
                "Any request of the HTTP API with your token, for what no other tool does: lists of runs, \
                 their events and logs, replays, versions of flows, services, secrets, keys, usage. GET \
                 /v1/openapi.json lists paths, each with the scope that it needs. Prefer the other tools \
                 where they do."
            }
        }
    }

    fn effect(self) -> Effect {
        match self {
            Tool::SearchFlows
            | Tool::GetAuthoringGuide
            | Tool::ValidateFlow
            | Tool::GetRun
            | Tool::GetSpan
            | Tool::ListCapabilities => Effect::Reads,
            Tool::SaveFlow => Effect::Adds,
            Tool::RunFlow | Tool::RerunFromStep | Tool::CallApi => Effect::Runs,
            Tool::AnswerAsk => Effect::Decides { is_idempotent: false },
            Tool::CancelRun => Effect::Decides { is_idempotent: true },
        }
    }

    /// As the protocol lists it.
    pub(super) fn described(self) -> ToolOfProtocol {
        let (input, output) = match self {
            Tool::SearchFlows => schemas::<arguments::Search, view::FlowList>(),
            Tool::GetAuthoringGuide => schemas::<arguments::Topic, view::Guide>(),
            Tool::ValidateFlow => schemas::<arguments::Source, view::Checked>(),
            Tool::SaveFlow => schemas::<arguments::Source, view::FlowList>(),
            Tool::RunFlow => schemas::<arguments::Run, view::RunView>(),
            Tool::GetRun => schemas::<arguments::GetRun, view::RunView>(),
            Tool::GetSpan => schemas::<arguments::GetSpan, view::SpanView>(),
            Tool::RerunFromStep => schemas::<arguments::Rerun, view::RerunView>(),
            Tool::AnswerAsk => schemas::<arguments::AnswerAsk, view::AskView>(),
            Tool::CancelRun => schemas::<arguments::Cancel, view::RunView>(),
            Tool::ListCapabilities => schemas::<arguments::Nothing, view::Capabilities>(),
            Tool::CallApi => schemas::<arguments::CallApi, view::ApiAnswer>(),
        };
        let annotations = ToolAnnotations::new();
        let annotations = match self.effect() {
            Effect::Reads => annotations.read_only(true).idempotent(true).open_world(false),
            Effect::Adds => {
                annotations.read_only(false).destructive(false).idempotent(true).open_world(false)
            }
            Effect::Runs => {
                annotations.read_only(false).destructive(true).idempotent(false).open_world(true)
            }
            Effect::Decides { is_idempotent } => annotations
                .read_only(false)
                .destructive(true)
                .idempotent(is_idempotent)
                .open_world(false),
        };
        ToolOfProtocol::new(self.name(), self.about(), input)
            .with_raw_output_schema(output)
            .with_annotations(annotations)
    }
}

/// The schemas of what goes in, and of what comes out whether or not it was done: clients check both.
fn schemas<I: JsonSchema, O: JsonSchema>() -> (Arc<JsonObject>, Arc<JsonObject>) {
    (Arc::new(schema::<I>()), Arc::new(schema::<view::Done<O>>()))
}

fn schema<T: JsonSchema>() -> JsonObject {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let Value::Object(mut schema) = schema.to_value() else { return JsonObject::new() };
    // What the protocol asks of a schema's root, whatever the type behind it.
    schema.insert("type".to_owned(), Value::from("object"));
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_described_and_takes_a_closed_object() {
        for tool in Tool::ALL {
            let described = tool.described();
            let input = described.schema_as_json_value();
            assert_eq!(input["additionalProperties"], false, "{tool:?}: {input:#}");
            assert!(!input.to_string().contains("$ref"), "{tool:?}: {input:#}");
            let output = described.output_schema.expect("it has one");
            assert_eq!(output["anyOf"].as_array().map(Vec::len), Some(2), "{tool:?}");
            let about = described.description.unwrap_or_default();
            assert!(about.len() > 80 && about.len() < 500, "{tool:?}: {}", about.len());
        }
    }
}

//! What tools answer with: less than the API tells, as a model reads all of it. Every text that a flow
//! had a hand in stands in a field of its own, cut to a bearable length, and says so; a list that is
//! longer than what stands there has a `..._left_out` beside it.

mod api;
mod failure;
mod run;
mod source;

use schemars::JsonSchema;
use serde::Serialize;

pub(super) use api::ApiAnswer;
pub(super) use failure::ErrorView;
pub(super) use run::{AskView, RerunView, RunView, SpanView};
pub(super) use source::{Capabilities, Checked, FlowList, FlowView, Guide, KindView, ProblemView};

/// What a tool answers with, whether or not it did what it was asked.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the schema is what it is for")]
pub(super) enum Done<T> {
    /// It was done.
    Done(T),
    /// It was not.
    Refused(Box<Refused>),
}

/// Why a tool did not do it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Refused {
    /// The reason.
    pub(super) error: ErrorView,
}

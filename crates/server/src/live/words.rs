//! The messages of a socket, as docs/live.md has them.

use serde::{Deserialize, Serialize};
use sluice_executor::Piece;
use sluice_model::{RunId, RunSummary, Scope, TenantId, TokenId};

use super::run_stream::Batch;
use crate::problem::ProblemBody;

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Asked {
    /// Who a browser is: the first message of those that send no header.
    Hello { ticket: String },
    /// Watch a run, or the runs of the tenant: one of the two is there.
    Subscribe {
        id: u64,
        #[serde(default)]
        run: Option<String>,
        #[serde(default)]
        after: Option<u64>,
        #[serde(default)]
        runs: Option<RunsAsked>,
    },
    /// Watch it no longer.
    Unsubscribe { id: u64 },
}

/// Which runs of the tenant.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RunsAsked {
    /// Only those of this flow.
    pub(super) flow: Option<String>,
}

/// What the server says, but for events.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Said<'a> {
    /// Who the client is.
    Welcome { tenant: &'a TenantId, token: &'a TokenId, scopes: &'a [Scope], version: &'a str },
    /// Runs as they are now, of those to which something happened.
    Runs { id: u64, runs: Vec<RunSummary> },
    /// What models are saying in a run.
    Speech { id: u64, run: &'a RunId, pieces: Vec<Piece> },
    /// More happened than is told one by one: list the runs again.
    Gap { id: u64 },
    /// The subscription is over, and its id is free.
    End { id: u64, reason: Reason },
    /// What the client asked for was not done.
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<u64>,
        problem: Box<ProblemBody>,
    },
}

/// Why a subscription is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    /// The record has no more events.
    RunEnded,
    /// There is no such run for whoever asks.
    NotFound,
    /// It was not begun; an `error` says why.
    Refused,
    /// The client wanted that.
    Unsubscribed,
    /// The store failed.
    Failed,
}

impl Said<'_> {
    /// The message as text.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| {
            tracing::error!(%error, "a message cannot be written");
            r#"{"type":"error"}"#.to_owned()
        })
    }
}

/// The message with events of a run.
pub(super) fn events(id: u64, run: &RunId, batch: &Batch) -> String {
    format!(r#"{{"type":"events","id":{id},"run":"{run}","events":{}}}"#, batch.json)
}

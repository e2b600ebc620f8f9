//! What a tool answers: a sentence or two of ours, and the same as JSON.

use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::Value;
use sluice_model::RunId;

use super::tool::Tool;
use super::view::{ErrorView, Refused};
use crate::problem::Problem;

/// An answer.
pub(super) struct Answer {
    words: String,
    data: Value,
    is_error: bool,
    is_text: bool,
    /// The run that it is about, where that still goes on.
    pub(super) going: Option<RunId>,
}

impl Answer {
    /// Words that are ours, and what they are about. What flows say belongs into the data.
    pub(super) fn new(words: impl Into<String>, data: &impl Serialize) -> Answer {
        let data = serde_json::to_value(data).unwrap_or_default();
        Answer { words: words.into(), data, is_error: false, is_text: false, going: None }
    }

    /// A text of ours that is the whole answer.
    pub(super) fn text(text: impl Into<String>, data: &impl Serialize) -> Answer {
        Answer { is_text: true, ..Answer::new(text, data) }
    }

    /// The same about a run that still goes on.
    #[must_use]
    pub(super) fn going(self, run: RunId) -> Answer {
        Answer { going: Some(run), ..self }
    }

    /// Why a tool did not do it.
    pub(super) fn refusal(tool: Tool, problem: Problem) -> Answer {
        let body = problem.body();
        let words = format!(
            "{} was not done: {}. `error` says why and what to do; `tools/list` has what the tool takes.",
            tool.name(),
            body.code.as_str()
        );
        let error = ErrorView::of(&body.failure, &body.fields);
        Answer { is_error: true, ..Answer::new(words, &Refused { error }) }
    }

    /// As the protocol has it. The JSON stands in the text as well, for clients that read only that.
    pub(super) fn into_result(self) -> CallToolResult {
        let mut content = vec![ContentBlock::text(self.words)];
        if !self.is_text {
            content.push(ContentBlock::text(self.data.to_string()));
        }
        let mut result = if self.is_error {
            CallToolResult::error(content)
        } else {
            CallToolResult::success(content)
        };
        result.structured_content = Some(self.data);
        result
    }
}

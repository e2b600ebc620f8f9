//! The tool that says what flows may ask for.

use sluice_model::{CallKind, Capability, intersection};

use super::Agent;
use super::answer::Answer;
use super::arguments::Nothing;
use super::view::{Capabilities, KindView};
use crate::problem::Problem;

pub(super) async fn list(agent: &Agent, _arguments: Nothing) -> Result<Answer, Problem> {
    let row = agent.identity.tenant.row().await?;
    let mut held = row.map(|row| row.grants).unwrap_or_default();
    if let Some(narrower) = &agent.identity.grants {
        held = intersection(&held, narrower);
    }
    // Every flow may ask, unless a step takes that away.
    let asking = Capability::new(CallKind::Ask, "");
    if !held.contains(&asking) {
        held.push(asking);
    }
    let grants: Vec<String> = held.iter().map(ToString::to_string).collect();
    let is_granted =
        |kind: CallKind| grants.iter().any(|word| word.split(':').next() == Some(kind.as_str()));
    let kinds = CallKind::ALL.into_iter().filter_map(|kind| {
        let (about, example) = about(kind)?;
        Some(KindView { kind: kind.as_str(), about, example, is_granted: is_granted(kind) })
    });
    let kinds = kinds.collect();
    let words =
        "A flow asks with `uses=[...]`; a call that is not in `grants` ends in capability_denied.";
    Ok(Answer::new(words, &Capabilities { grants, kinds }))
}

/// What a kind allows, and a word of it; nothing for a kind that needs no word.
fn about(kind: CallKind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        CallKind::Sleep => return None,
        CallKind::Rpc => ("Call a method of a service.", "rpc:calendar.event_list"),
        CallKind::Http => ("Send HTTP requests to a host.", "http:api.example.com"),
        CallKind::Llm => ("Ask a language model.", "llm:default"),
        CallKind::Flow => {
            ("Run another flow as a child, with at most the same grants.", "flow:square")
        }
        CallKind::Ask => {
            ("Ask a person a question and wait for the answer; every flow may.", "ask")
        }
        CallKind::Kv => ("Keep values by keys that later runs find, in a space.", "kv:notes"),
        CallKind::Secret => {
            ("Use a secret by reference; its value never enters the flow.", "secret:API_KEY")
        }
        CallKind::Artifact => ("Keep bytes with the run, under a name.", "artifact:report.csv"),
    })
}

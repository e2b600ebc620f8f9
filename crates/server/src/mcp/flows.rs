//! Tools about sources: found, looked at, kept.

use sluice_db::FlowFilter;
use sluice_model::{FlowDescription, FlowSummary};

use super::Agent;
use super::answer::Answer;
use super::arguments::{Search, Source};
use super::shorten::{self, Listed};
use super::view::{Checked, ErrorView, FlowList, FlowView, ProblemView};
use crate::page::Page;
use crate::problem::Problem;
use crate::routes::flows::saved;
use crate::routes::validate::validated;

/// Flows of a list where nobody says how many, and at most.
const USUAL: u32 = 10;
const MOST: u32 = 50;

pub(super) async fn search(agent: &Agent, search: Search) -> Result<Answer, Problem> {
    let limit = search.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::field("/limit", "it is 1 to 50"));
    }
    let filter = FlowFilter {
        prefix: String::new(),
        text: search.text,
        after: search.after,
        limit: Some(limit),
    };
    let part = agent.identity.tenant.some_flows(&filter).await?;
    let page = Page::part(part, |flow| flow.name.clone());
    let next = page.next.clone();
    let flows: Vec<FlowView> = page.items.into_iter().map(FlowSummary::from).map(seen).collect();
    let words = match (flows.len(), &next) {
        (0, _) => {
            "No saved flow has these words. get_authoring_guide says how to write one.".into()
        }
        (count, None) => format!("{count} saved flows. run_flow runs one by its `flow`."),
        (count, Some(_)) => {
            format!("{count} saved flows, and there are more: use `after` with `next`.")
        }
    };
    Ok(Answer::new(words, &FlowList { flows, next }))
}

fn seen(flow: FlowSummary) -> FlowView {
    match serde_json::from_value::<FlowDescription>(flow.description) {
        Ok(description) => FlowView::of(&description, Some(flow.version)),
        Err(_) => FlowView::undescribed(&flow.name, Some(flow.version)),
    }
}

pub(super) async fn validate(agent: &Agent, source: Source) -> Result<Answer, Problem> {
    let found = validated(&agent.edge, &agent.identity, &source.source).await?;
    let flows = found.description.as_ref().map(|it| it.flows.as_slice()).unwrap_or_default();
    let problems = found.description.as_ref().map(|it| it.problems.as_slice()).unwrap_or_default();
    let seen = Listed::of(flows, |flow| FlowView::of(flow, None));
    let told = Listed::of(problems, |problem| ProblemView::of(problem, &source.source));
    let missing = Listed::of(&found.missing_grants, |word| shorten::line(&word.to_string()));
    let checked = Checked {
        is_valid: found.is_valid,
        flows: seen.shown,
        flows_left_out: seen.left_out,
        problems: told.shown,
        problems_left_out: told.left_out,
        error: found.failure.as_ref().map(|failure| ErrorView::of(failure, &[])),
        missing_grants: missing.shown,
        missing_grants_left_out: missing.left_out,
    };
    let words = match (found.is_valid, &found.failure) {
        (true, _) if !checked.missing_grants.is_empty() => {
            "The source can be run, but it asks for what your runs cannot be granted: those calls will \
             be refused. Next: run_flow."
                .to_owned()
        }
        (true, _) => format!(
            "The source can be run: {} flows, {} problems. Next: run_flow.",
            flows.len(),
            problems.len()
        ),
        (false, Some(failure)) => format!(
            "The source cannot be loaded: {}. `error` says where and why; mend it and validate again.",
            failure.code.as_str()
        ),
        (false, None) if flows.is_empty() => {
            "The source has no flow: put `@flow` above a function, and validate again.".to_owned()
        }
        (false, None) => {
            "The source cannot be run: `problems` says why; mend it and validate again.".to_owned()
        }
    };
    Ok(Answer::new(words, &checked))
}

pub(super) async fn save(agent: &Agent, source: Source) -> Result<Answer, Problem> {
    let saved = saved(&agent.edge, &agent.identity, &source.source).await?;
    let flows: Vec<FlowView> = saved.into_iter().map(seen).collect();
    let words = format!("{} flows are saved. run_flow runs one by its `flow`.", flows.len());
    Ok(Answer::new(words, &FlowList { flows, next: None }))
}

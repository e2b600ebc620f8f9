//! Tools about runs: begun, looked at, mended, answered, ended.

use std::time::Duration;

use sluice_model::{RunId, RunState};

use super::Agent;
use super::answer::Answer;
use super::arguments::{AnswerAsk, Cancel, GetRun, GetSpan, Rerun, Run};
use super::view::{AskView, RerunView, RunView, SpanView};
use crate::headers::request_key;
use crate::problem::Problem;
use crate::routes::asks::answered;
use crate::routes::reruns::{RerunRequest, planned};
use crate::routes::runs::{RunDetail, cancelled, detail, found};
use crate::routes::spans::{SpanSummary, span_in, spans_of};
use crate::routes::start::{How, Order, taken_on};
use crate::wait::{Until, wait};

/// How long a run is waited for where nobody says how long.
const USUAL_WAIT_MS: u64 = 20_000;

/// How long a run that was asked to end is waited for.
const CANCELLING: Duration = Duration::from_secs(5);

pub(super) async fn run(agent: &Agent, wanted: Run) -> Result<Answer, Problem> {
    let key = key_of(wanted.idempotency_key.as_deref())?;
    let how = How { input: wanted.input, grants: wanted.grants, ..How::default() };
    let trace = agent.trace.clone();
    let order = Order { source: wanted.source, flow: wanted.flow, how, trace };
    let run = taken_on(&agent.edge, &agent.identity, order, key).await?;
    settled(agent, &run, wanted.wait_ms.unwrap_or(USUAL_WAIT_MS)).await?;
    told(agent, &run).await
}

/// Waits until the run is over or asks somebody.
async fn settled(agent: &Agent, run: &RunId, most_ms: u64) -> Result<(), Problem> {
    let most = Duration::from_millis(most_ms);
    wait(&agent.edge, &agent.identity, run, Until::Settled, most).await
}

pub(super) async fn get(agent: &Agent, wanted: GetRun) -> Result<Answer, Problem> {
    let run = found(&agent.identity, &wanted.run).await?.run;
    if let Some(wait_ms) = wanted.wait_ms {
        settled(agent, &run, wait_ms).await?;
    }
    told(agent, &run).await
}

/// A run as it stands.
pub(super) async fn told(agent: &Agent, run: &RunId) -> Result<Answer, Problem> {
    let (detail, spans) = looked_at(agent, run).await?;
    let is_going = detail.summary.state != RunState::Ended && detail.asks.is_empty();
    let words = words(&detail);
    let answer = Answer::new(words, &RunView::of(detail, &spans));
    Ok(if is_going { answer.going(run.clone()) } else { answer })
}

async fn looked_at(agent: &Agent, run: &RunId) -> Result<(RunDetail, Vec<SpanSummary>), Problem> {
    let detail = detail(&agent.identity, run).await?;
    let spans = spans_of(&agent.identity, run).await?;
    Ok((detail, spans))
}

/// What came of a run and what to do next, in words that no flow had a hand in.
fn words(run: &RunDetail) -> String {
    let id = &run.summary.run;
    let Some(end) = &run.end else {
        return match run.asks.len() {
            0 => format!("{id} is {}. Next: get_run with wait_ms.", run.summary.state.as_str()),
            asks => format!(
                "{id} waits for {asks} answers: `asks`. Next: answer_ask for what you may decide, then \
                 get_run with wait_ms."
            ),
        };
    };
    match end.outcome.failure() {
        None => format!("{id} succeeded: `output`."),
        Some(failure) => {
            let code = failure.code.as_str();
            let span = failure.span.map(|span| format!(" (span {})", span.0)).unwrap_or_default();
            format!(
                "{id} ended as {}: {code}. `error` says why; get_span shows the step{span}. Next: mend \
                 the source, then rerun_from_step.",
                end.outcome.as_str()
            )
        }
    }
}

pub(super) async fn span(agent: &Agent, wanted: GetSpan) -> Result<Answer, Problem> {
    let span = span_in(&agent.identity, &wanted.run, wanted.span).await?;
    let seen = SpanView::of(&span);
    let words = format!("Span {} is {}.", seen.line.span, seen.line.status);
    Ok(Answer::new(words, &seen))
}

fn key_of(key: Option<&str>) -> Result<Option<String>, Problem> {
    key.map(|key| request_key(key, "/idempotency_key")).transpose()
}

pub(super) async fn rerun(agent: &Agent, wanted: Rerun) -> Result<Answer, Problem> {
    let request = RerunRequest {
        from: wanted.from,
        source: wanted.source,
        input: wanted.input,
        grants: wanted.grants,
        go_live: wanted.go_live,
    };
    let trace = agent.trace.clone();
    let key = key_of(wanted.idempotency_key.as_deref())?;
    let plan = planned(&agent.edge, &agent.identity, &wanted.run, request, key, trace).await?;
    let (mut rerun, mut said) = (None, None);
    if let Some(run) = &plan.run {
        settled(agent, run, wanted.wait_ms.unwrap_or(USUAL_WAIT_MS)).await?;
        let (detail, spans) = looked_at(agent, run).await?;
        said = Some(words(&detail));
        rerun = Some(RunView::of(detail, &spans));
    }
    let words = match said {
        Some(said) => said,
        None if plan.is_needed => format!(
            "{} events of {} would be taken over. Next: the same with go_live true.",
            plan.taken, plan.of
        ),
        None => {
            "The run would do what is recorded: change the source, the input or `from`.".to_owned()
        }
    };
    let seen = RerunView::of(&plan, rerun);
    Ok(Answer::new(words, &seen))
}

pub(super) async fn answer(agent: &Agent, wanted: AnswerAsk) -> Result<Answer, Problem> {
    let by = agent.identity.name.clone();
    let ask = answered(&agent.identity, &wanted.ask, &wanted.value, &by).await?;
    let words = format!("{} is answered. Next: get_run of {} with wait_ms.", ask.ask, ask.run);
    Ok(Answer::new(words, &AskView::of(&ask)))
}

pub(super) async fn cancel(agent: &Agent, wanted: Cancel) -> Result<Answer, Problem> {
    let run = cancelled(&agent.identity, &wanted.run, wanted.reason).await?.run;
    wait(&agent.edge, &agent.identity, &run, Until::Ended, CANCELLING).await?;
    told(agent, &run).await
}

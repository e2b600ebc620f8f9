//! Tools about runs: begun, looked at, mended, answered, ended.

use serde_json::Value;
use sluice_executor::Submission;
use sluice_model::{RunId, RunState, SpanStatus};

use super::answer::Answer;
use super::arguments::{AnswerAsk, Cancel, GetRun, GetSpan, Rerun, Run};
use super::view::{AskView, ErrorView, LogView, RerunView, RunView, SpanLine, SpanView, members};
use super::{Agent, settled, shorten};
use crate::problem::Problem;
use crate::routes::asks::answered;
use crate::routes::reruns::{RerunRequest, planned};
use crate::routes::runs::{RunDetail, cancelled, detail, found};
use crate::routes::spans::{SpanSummary, span_in, spans_of};
use crate::routes::start::{How, submission, taken_on};

/// How long a run is waited for where nobody says how long.
const USUAL_WAIT_MS: u64 = 20_000;

/// Spans, questions and lines of log that are listed at once.
const MOST_LISTED: usize = 30;

pub(super) async fn run(agent: &Agent, wanted: Run) -> Result<Answer, Problem> {
    let (edge, identity) = (&agent.edge, &agent.identity);
    let version = match (&wanted.source, &wanted.flow) {
        (Some(source), _) => edge.version(identity.tenant.id(), source).await?,
        (None, Some(flow)) => edge.saved(identity.tenant.id(), flow).await?,
        (None, None) => {
            let problem = "a run needs a `source`, or a saved `flow` by its name";
            return Err(Problem::field("/source", problem));
        }
    };
    if wanted.idempotency_key.as_ref().is_some_and(|key| key.is_empty() || key.len() > 200) {
        return Err(Problem::field("/idempotency_key", "it has 1 to 200 bytes"));
    }
    let how = How { input: wanted.input, grants: wanted.grants, ..How::default() };
    let submission = submission(identity, version, wanted.flow, how, wanted.idempotency_key)?;
    let submission = Submission { trace: agent.trace.clone(), ..submission };
    let run = taken_on(edge, identity, submission).await?;
    settled::wait(agent, &run, wanted.wait_ms.unwrap_or(USUAL_WAIT_MS)).await?;
    told(agent, &run).await
}

pub(super) async fn get(agent: &Agent, wanted: GetRun) -> Result<Answer, Problem> {
    let run = found(&agent.identity, &wanted.run).await?.run;
    if let Some(wait_ms) = wanted.wait_ms {
        settled::wait(agent, &run, wait_ms).await?;
    }
    told(agent, &run).await
}

/// A run as it stands.
pub(super) async fn told(agent: &Agent, run: &RunId) -> Result<Answer, Problem> {
    let (detail, spans) = looked_at(agent, run).await?;
    let is_going = detail.summary.state != RunState::Ended && detail.asks.is_empty();
    let words = words(&detail);
    let answer = Answer::new(words, &view(detail, &spans));
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

fn view(run: RunDetail, spans: &[SpanSummary]) -> RunView {
    let outcome = run.end.map(|end| end.outcome);
    let error = outcome.as_ref().and_then(|outcome| outcome.failure());
    let error = error.map(|failure| ErrorView::of(failure, Vec::new()));
    let word = outcome.as_ref().map(|outcome| outcome.as_str().to_owned());
    let output = outcome.and_then(|outcome| outcome.into_result().ok());
    let (output, is_cut) = match output.map(|output| shorten::shorten(&output)) {
        Some((output, is_cut)) => (Some(output), is_cut),
        None => (None, false),
    };
    RunView {
        run: run.summary.run.to_string(),
        flow: run.summary.flow,
        state: run.summary.state.as_str().to_owned(),
        outcome: word,
        output,
        error,
        asks: run.asks.into_iter().take(MOST_LISTED).map(AskView::from).collect(),
        spans: spans.iter().take(MOST_LISTED).map(line).collect(),
        spans_left_out: spans.len().saturating_sub(MOST_LISTED),
        is_cut,
        cpu_time_us: run.summary.cpu_time_us,
        forked_from: run.summary.forked_from.map(|fork| fork.run.to_string()),
    }
}

fn line(span: &SpanSummary) -> SpanLine {
    SpanLine {
        span: span.span.0,
        parent: span.parent.0,
        name: span.name.chars().take(120).collect(),
        status: match &span.end {
            None => "open",
            Some(SpanStatus::Ok) => "ok",
            Some(SpanStatus::Failed { .. }) => "failed",
            Some(SpanStatus::Cancelled) => "cancelled",
        },
    }
}

pub(super) async fn span(agent: &Agent, wanted: GetSpan) -> Result<Answer, Problem> {
    let span = span_in(&agent.identity, &wanted.run, wanted.span).await?;
    let line = line(&span.summary);
    let words = format!("Span {} is {}.", line.span, line.status);
    let ended = match &span.summary.end {
        Some(SpanStatus::Failed { failure }) => Some(&**failure),
        _ => None,
    };
    let error = span.failure.as_ref().or(ended);
    let short = |value: Value| shorten::shorten(&value).0;
    let logs = span.logs.iter().take(MOST_LISTED).map(|line| LogView {
        level: serde_json::to_value(line.level)
            .ok()
            .and_then(|level| level.as_str().map(str::to_owned))
            .unwrap_or_default(),
        message: shorten::text(&line.message),
        attributes: members(&line.attributes),
    });
    let seen = SpanView {
        path: span.path.clone(),
        took_us: span.summary.ended_at_us.map(|at| at.saturating_sub(span.summary.started_at_us)),
        attributes: members(&span.summary.attributes),
        error: error.map(|failure| ErrorView::of(failure, Vec::new())),
        call: span.call.as_ref().and_then(|it| serde_json::to_value(&it.request).ok()).map(short),
        answer: span.answer.clone().map(short),
        child: span.child.as_ref().map(ToString::to_string),
        refused: span
            .refused
            .iter()
            .take(MOST_LISTED)
            .map(|failure| ErrorView::of(failure, Vec::new()))
            .collect(),
        children: span.children.iter().take(MOST_LISTED).map(|child| child.0).collect(),
        logs: logs.collect(),
        line,
    };
    Ok(Answer::new(words, &seen))
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
    let plan = planned(&agent.edge, &agent.identity, &wanted.run, request, trace).await?;
    let (mut rerun, mut said) = (None, None);
    if let Some(run) = &plan.run {
        settled::wait(agent, run, wanted.wait_ms.unwrap_or(USUAL_WAIT_MS)).await?;
        let (detail, spans) = looked_at(agent, run).await?;
        said = Some(words(&detail));
        rerun = Some(view(detail, &spans));
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
    let seen = RerunView {
        of: plan.of.to_string(),
        taken: plan.taken,
        is_needed: plan.is_needed,
        difference: plan.difference.as_ref().map(|it| ErrorView::of(it, Vec::new())),
        rerun,
    };
    Ok(Answer::new(words, &seen))
}

pub(super) async fn answer(agent: &Agent, wanted: AnswerAsk) -> Result<Answer, Problem> {
    let by = agent.identity.name.clone();
    let ask = answered(&agent.identity, &wanted.ask, &wanted.value, &by).await?;
    let words = format!("{} is answered. Next: get_run of {} with wait_ms.", ask.ask, ask.run);
    Ok(Answer::new(words, &AskView::from(ask)))
}

pub(super) async fn cancel(agent: &Agent, wanted: Cancel) -> Result<Answer, Problem> {
    let run = cancelled(&agent.identity, &wanted.run, wanted.reason).await?.run;
    settled::ended(agent, &run).await?;
    told(agent, &run).await
}

//! `sluice runs get`: all that is known of one run.

use serde::Serialize;
use serde_json::Value;
use sluice_model::{
    Capability, Event, EventBody, Limits, Outcome, RetryPolicy, RunId, Start, Usage,
};

use crate::cli::Global;
use crate::exit::Exit;
use crate::local::{now_us, start_of};
use crate::out;
use crate::quantity::{age, duration, grouped, moment};
use crate::render::{
    Line, Theme, Tone, document, draw_failure, draw_question, draw_record, output, state_word,
    terminal_width,
};
use crate::site::{Ask, Records, Summary};

/// Columns of a tree that does not go to a terminal.
const WIDTH: usize = 100;
/// Characters of an input that are drawn.
const MOST_INPUT: usize = 400;

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'d> {
    #[serde(flatten)]
    summary: &'d Summary,
    input: &'d Value,
    grants: &'d [Capability],
    uses: &'d [Capability],
    limits: &'d Limits,
    retry: &'d RetryPolicy,
    seed: &'d str,
    children: Vec<RunId>,
    asks: &'d [Ask],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<&'d Usage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'d Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'d sluice_model::Failure>,
}

/// Shows it.
pub async fn get(
    run: &str,
    json: bool,
    records: &dyn Records,
    global: &Global,
) -> anyhow::Result<Exit> {
    let summary = records.run(run).await?;
    let events = records.record(&summary.run).await?;
    let Some(start) = start_of(&events) else {
        anyhow::bail!("the record of {} does not begin with a run", summary.run);
    };
    let asks = records.open_asks_of(&summary.run).await?;
    let children = records.children_of(&summary.run).await?;
    let is_for_people = out::data_is_for_people();
    let end = end(&events);
    if json {
        let output = match end {
            Some((Outcome::Succeeded { output }, _)) => Some(output),
            _ => None,
        };
        let described = Document {
            summary: &summary,
            input: &start.input,
            grants: &start.grants,
            uses: &start.uses,
            limits: &start.limits,
            retry: &start.retry,
            seed: &start.seed,
            children: children.iter().map(|child| child.run.clone()).collect(),
            asks: &asks,
            usage: end.map(|(_, usage)| usage),
            output,
            failure: end.and_then(|(outcome, _)| outcome.failure()),
        };
        out::data(&document(&described, is_for_people)?)?;
        return Ok(Exit::Ok);
    }
    let theme = Theme::of_stdout(global.color);
    let mut lines = head(&summary, start, &children);
    lines.push(Line::new());
    lines.extend(draw_record(&events, now_us(), terminal_width().unwrap_or(WIDTH), theme));
    lines.extend(asks.iter().flat_map(draw_question));
    if let Some((outcome, _)) = end {
        lines.push(Line::new());
        if let Some(failure) = outcome.failure() {
            lines.extend(draw_failure(failure, "flow.py"));
        }
    }
    out::data_lines(&lines, theme)?;
    if let Some((Outcome::Succeeded { output: value }, _)) = end {
        out::data(&output(value, is_for_people))?;
    }
    Ok(Exit::Ok)
}

fn end(events: &[Event]) -> Option<(&Outcome, &Usage)> {
    match &events.last()?.body {
        EventBody::RunEnded { outcome, usage } => Some((outcome, usage)),
        _ => None,
    }
}

/// What it is, a line a fact.
fn head(summary: &Summary, start: &Start, children: &[Summary]) -> Vec<Line> {
    let label = |label: &str| Line::of(Tone::Dim, &format!("{label:<9}"));
    let plain = |name: &str, text: &str| label(name).with(Tone::Plain, text);
    let mut state = label("state").join(state_word(summary));
    if let Some(reason) = &summary.cancel_reason {
        state.push(Tone::Dim, &format!("  {reason}"));
    }
    if summary.is_imported {
        state.push(Tone::Dim, "  imported: its record was made elsewhere");
    }
    let digest = |digest: &str| digest.chars().take(12).collect::<String>();
    let source =
        format!("{}  image {}", digest(&summary.source_digest), digest(&summary.image_digest));
    let ago = age(now_us().saturating_sub(summary.created_at_us));
    let mut lines = vec![
        plain("run", summary.run.as_str()),
        label("flow").with(Tone::Strong, &summary.flow),
        state,
        plain("source", &source),
        plain("queued", &format!("{}  {ago} ago", moment(summary.created_at_us))),
    ];
    if let Some(ended_at_us) = summary.ended_at_us {
        let took = duration(ended_at_us.saturating_sub(summary.created_at_us));
        lines.push(plain("ended", &format!("{}  after {took}", moment(ended_at_us))));
    }
    if let Some(deadline_us) = summary.deadline_us {
        lines.push(plain("deadline", &moment(deadline_us)));
    }
    lines.push(plain(
        "took",
        &format!(
            "{} of CPU time in {} attempt{}, {} events",
            duration(summary.cpu_time_us),
            summary.attempts,
            if summary.attempts == 1 { "" } else { "s" },
            grouped(summary.events)
        ),
    ));
    if let Some(parent) = &start.parent {
        lines.push(plain("parent", &format!("{}, {}", parent.run, parent.call)));
    }
    if let Some(fork) = &start.forked_from {
        lines.push(plain("forked", &format!("from {} at event {}", fork.run, fork.seq)));
    }
    for child in children {
        let line = plain("child", child.run.as_str()).with(Tone::Plain, "  ");
        lines.push(
            line.with(Tone::Strong, &child.flow).with(Tone::Plain, "  ").join(state_word(child)),
        );
    }
    let words =
        |words: &[Capability]| words.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if !start.grants.is_empty() {
        lines.push(plain("granted", &words(&start.grants)));
    }
    if !start.uses.is_empty() {
        lines.push(plain("asks for", &words(&start.uses)));
    }
    let input: String = start.input.to_string().chars().take(MOST_INPUT).collect();
    lines.push(plain("input", &input));
    lines
}

//! `sluice runs verify`: whether records are whole and as they were written.

use serde::Serialize;
use sluice_model::RunId;

use crate::cli::{Global, VerifyArgs};
use crate::exit::Exit;
use crate::out;
use crate::quantity::grouped;
use crate::render::{Line, Theme, Tone, document};
use crate::site::{Records, Runs};

/// Runs that are listed at once.
const PAGE: u32 = 500;

/// What was found in one record.
#[derive(Serialize)]
struct Finding {
    run: RunId,
    events: u64,
    intact: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// Goes through the records of the runs named, or of all.
pub async fn verify(
    args: &VerifyArgs,
    records: &dyn Records,
    global: &Global,
) -> anyhow::Result<Exit> {
    let mut findings = Vec::new();
    if args.all {
        let mut before = None;
        loop {
            let page = Runs { before: before.take(), limit: PAGE, ..Runs::default() };
            let runs = records.runs(&page).await?;
            let Some(last) = runs.last() else { break };
            before = Some(last.run.clone());
            for run in runs {
                findings.push(finding(run.run, args.json, records, global).await?);
            }
        }
    } else {
        for run in &args.runs {
            let run = records.run(run).await?.run;
            findings.push(finding(run, args.json, records, global).await?);
        }
    }
    let broken = findings.iter().filter(|finding| !finding.intact).count();
    if args.json {
        out::data(&document(&serde_json::json!({ "runs": findings }), out::data_is_for_people())?)?;
    } else if findings.len() > 1 {
        let events: u64 = findings.iter().map(|finding| finding.events).sum();
        let line = format!("{} runs, {} events, ", findings.len(), grouped(events));
        let line = match broken {
            0 => Line::of(Tone::Plain, &line).with(Tone::Good, "all chains intact"),
            _ => Line::of(Tone::Plain, &line).with(Tone::Bad, &format!("{broken} broken")),
        };
        out::data_lines(&[line], Theme::of_stdout(global.color))?;
    }
    Ok(if broken > 0 { Exit::Failed } else { Exit::Ok })
}

async fn finding(
    run: RunId,
    json: bool,
    records: &dyn Records,
    global: &Global,
) -> anyhow::Result<Finding> {
    let (events, problem) = records.verify(&run).await?;
    if !json {
        let theme = Theme::of_stdout(global.color);
        let line = match &problem {
            None => Line::of(Tone::Good, theme.done())
                .with(Tone::Plain, &format!(" {run}: {} events, chain intact", grouped(events))),
            Some(problem) => Line::of(Tone::Bad, theme.failed())
                .with(Tone::Plain, &format!(" {run}: "))
                .with(Tone::Bad, problem),
        };
        out::data_lines(&[line], theme)?;
    }
    Ok(Finding { run, events, intact: problem.is_none(), problem })
}

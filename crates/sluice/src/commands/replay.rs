//! `sluice replay`: goes through records once more, with their own source or another, and asks
//! nothing of anybody.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use sluice_model::{Event, Failure, RunId, RunState, Start};

use super::show::Show;
use super::{async_runtime, read_source, site};
use crate::cli::{Global, ReplayArgs};
use crate::exit::{Exit, Usage};
use crate::local::{Replayed, start_of};
use crate::out;
use crate::quantity::grouped;
use crate::render::{Line, Theme, Tone, document, draw_failure};
use crate::site::{Machine, Refusable, Replaying, Runs};

/// What came of one replay.
#[derive(Serialize)]
struct Report {
    run: RunId,
    /// `same`, `same_so_far` or `different`.
    result: &'static str,
    events: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Box<Failure>>,
}

/// What came of several.
#[derive(Serialize)]
struct Reports {
    runs: Vec<Report>,
    same: usize,
    same_so_far: usize,
    different: usize,
}

/// Replays one run, or the last ones of a flow.
pub fn run(args: &ReplayArgs, global: &Global) -> anyhow::Result<Exit> {
    let theme = Theme::of_stderr(global.color);
    let source = args.source.as_deref().map(read_source).transpose()?.map(Arc::from);
    async_runtime()?.block_on(async {
        let machine = site::machine(global, theme).await?;
        let replay = Replay { machine: &*machine, args, source, theme };
        match (&args.run, args.last) {
            (Some(run), _) => replay.one(run).await,
            (None, last) => replay.last(last.unwrap_or(1)).await,
        }
    })
}

struct Replay<'a> {
    machine: &'a dyn Machine,
    args: &'a ReplayArgs,
    source: Option<Arc<str>>,
    theme: Theme,
}

impl Replay<'_> {
    async fn one(&self, run: &str) -> anyhow::Result<Exit> {
        let run = self.machine.records().run(run).await?.run;
        let show = Show {
            json: self.args.json,
            events: false,
            quiet: self.args.quiet,
            path: path(self.args.source.as_deref()),
            theme: self.theme,
        };
        let report = self.report(run, Some(&show)).await?;
        if self.args.json {
            out::data(&document(&report, out::data_is_for_people())?)?;
        } else {
            match &report.failure {
                Some(failure) => {
                    out::data_lines(&draw_failure(failure, &show.path), self.theme_of_data())?;
                }
                None => out::data_lines(&[sentence(&report)], self.theme_of_data())?,
            }
        }
        Ok(if report.failure.is_some() { Exit::Failed } else { Exit::Ok })
    }

    async fn last(&self, count: u32) -> anyhow::Result<Exit> {
        let runs = self
            .machine
            .records()
            .runs(&Runs {
                state: Some(RunState::Ended),
                flow: self.args.flow.clone(),
                limit: count,
                ..Runs::default()
            })
            .await?;
        let mut reports = Reports { runs: Vec::new(), same: 0, same_so_far: 0, different: 0 };
        for run in runs {
            let report = self.report(run.run, None).await?;
            match report.result {
                "same" => reports.same += 1,
                "same_so_far" => reports.same_so_far += 1,
                _ => reports.different += 1,
            }
            if !self.args.json {
                out::data_lines(&[row(&report, self.theme_of_data())], self.theme_of_data())?;
            }
            reports.runs.push(report);
        }
        if self.args.json {
            out::data(&document(&reports, out::data_is_for_people())?)?;
        } else {
            out::data_lines(&[summary(&reports)], self.theme_of_data())?;
        }
        Ok(if reports.different > 0 { Exit::Failed } else { Exit::Ok })
    }

    /// Replays one run, and shows its tree where that is wanted, as far as it is the same.
    async fn report(&self, run: RunId, show: Option<&Show>) -> anyhow::Result<Report> {
        let events = self.machine.records().record(&run).await?;
        let Some(start) = start_of(&events) else {
            anyhow::bail!("the record of {run} does not begin with a run");
        };
        let report =
            |result, failure| Report { run: run.clone(), result, events: events.len(), failure };
        if let Err(failure) = self.has_the_flow(start).await? {
            return Ok(report("different", Some(failure)));
        }
        let viewer = show.and_then(Show::view);
        let mut shown = 0;
        let mut show_until = |until: usize| {
            let until = until.min(events.len());
            if let Some(viewer) = &viewer {
                let more = events.get(shown..until).unwrap_or_default();
                more.iter().cloned().for_each(|event: Event| viewer.event(event));
            }
            shown = shown.max(until);
        };
        show_until(1);
        let replaying = Replaying { run: &run, events: &events, source: self.source.as_ref() };
        let replayed = self.machine.replay(replaying, &mut show_until).await?;
        match &replayed {
            Replayed::Same | Replayed::SameSoFar => show_until(events.len()),
            Replayed::Different(_) => {
                let first = replayed.first_difference(&events).unwrap_or(u64::MAX);
                show_until(events.partition_point(|event| event.seq < first));
            }
        }
        drop(viewer);
        Ok(match replayed {
            Replayed::Same => report("same", None),
            Replayed::SameSoFar => report("same_so_far", None),
            Replayed::Different(failure) => report("different", Some(failure)),
        })
    }

    /// Looks at another source before it is replayed with. One that cannot be loaded is a difference
    /// like any other.
    async fn has_the_flow(&self, start: &Start) -> Refusable<()> {
        let Some(source) = &self.source else { return Ok(Ok(())) };
        let description = match self.machine.load(source).await? {
            Ok(description) => description,
            Err(failure) => return Ok(Err(failure)),
        };
        if !description.flows.iter().any(|flow| flow.name == start.flow) {
            let usage = Usage::new(format!("the source has no flow `{}`", start.flow));
            return Err(usage.hint("the run is of that flow; name a source that has it").into());
        }
        Ok(Ok(()))
    }

    fn theme_of_data(&self) -> Theme {
        Theme { color: self.theme.color && out::data_is_for_people(), ..self.theme }
    }
}

/// What the source is called in failures.
fn path(source: Option<&Path>) -> String {
    source.map_or_else(|| "flow.py".to_owned(), |path| path.display().to_string())
}

fn sentence(report: &Report) -> Line {
    let events = grouped(report.events as u64);
    match report.result {
        "same" => Line::of(Tone::Good, "same").with(
            Tone::Plain,
            &format!(": all {events} events happened again, and the run ended as recorded"),
        ),
        _ => Line::of(Tone::Good, "same as far as the record goes")
            .with(Tone::Plain, &format!(": all {events} events happened again")),
    }
}

fn row(report: &Report, theme: Theme) -> Line {
    let (tone, symbol) = match &report.failure {
        None => (Tone::Good, theme.done()),
        Some(_) => (Tone::Bad, theme.failed()),
    };
    let line = Line::of(tone, symbol).with(Tone::Plain, &format!(" {}  ", report.run));
    match &report.failure {
        None => line.join(sentence(report)),
        Some(failure) => line.with(Tone::Bad, &failure.message),
    }
}

fn summary(reports: &Reports) -> Line {
    let same = reports.same + reports.same_so_far;
    let line = Line::of(Tone::Good, &format!("{same} the same"));
    match reports.different {
        0 => line,
        different => {
            line.with(Tone::Plain, ", ").with(Tone::Bad, &format!("{different} different"))
        }
    }
}

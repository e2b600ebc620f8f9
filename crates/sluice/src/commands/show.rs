//! How a run is shown while it goes on, and what is told of it at its end: the same for each command
//! that follows one.

use std::io::IsTerminal as _;

use serde::Serialize;
use sluice_model::{Outcome, RunId, Usage};

use crate::exit::Exit;
use crate::out::{self, Notes};
use crate::render::{Live, Ndjson, Plain, Theme, document, draw_failure, output};
use crate::view::Viewer;

/// What the options say about it.
#[derive(Clone, Debug)]
pub struct Show {
    /// One document at the end instead of the output.
    pub json: bool,
    /// Each event instead of the output.
    pub events: bool,
    /// Neither tree nor logs.
    pub quiet: bool,
    /// What the user called the source.
    pub path: String,
    /// What standard error can show.
    pub theme: Theme,
}

/// A run that ended, or was refused before it began.
pub struct Conclusion {
    /// Its name, where it has one.
    pub run: Option<RunId>,
    /// The flow.
    pub flow: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What it took.
    pub usage: Usage,
    /// Where its randomness began, where it began at all.
    pub seed: Option<String>,
    /// The source.
    pub source_digest: String,
    /// The runtime image.
    pub image_digest: String,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'r> {
    version: u32,
    run: Option<&'r RunId>,
    flow: &'r str,
    #[serde(flatten)]
    outcome: &'r Outcome,
    usage: &'r Usage,
    seed: Option<&'r str>,
    source_digest: &'r str,
    image_digest: &'r str,
}

impl Show {
    /// How the run is shown: as data, as a tree where there is a terminal, as lines, or not at all.
    pub fn view(&self) -> Option<Viewer> {
        if self.events {
            return Some(Viewer::start(Ndjson::new(std::io::stdout(), out::data_is_for_people())));
        }
        if self.quiet {
            return None;
        }
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Some(if std::io::stderr().is_terminal() && !is_dumb {
            Viewer::start(Live::new(Notes, self.theme))
        } else {
            Viewer::start(Plain::new(Notes, self.theme))
        })
    }

    /// Tells how the run ended: the failure to people, the outcome to programs.
    pub fn conclude(&self, conclusion: &Conclusion) -> anyhow::Result<Exit> {
        let Conclusion { run, flow, outcome, usage, seed, source_digest, image_digest } =
            conclusion;
        let failure = outcome.failure();
        if let Some(failure) = failure.filter(|_| !(self.quiet && self.json)) {
            out::notes(&draw_failure(failure, &self.path), self.theme);
        }
        let is_for_people = out::data_is_for_people();
        if self.json {
            let report = Report {
                version: 1,
                run: run.as_ref(),
                flow,
                outcome,
                usage,
                seed: seed.as_deref(),
                source_digest,
                image_digest,
            };
            out::data(&document(&report, is_for_people)?)?;
        } else if let (Outcome::Succeeded { output: value }, false) = (outcome, self.events) {
            out::data(&output(value, is_for_people))?;
        }
        Ok(failure.map_or(Exit::Ok, Exit::of_failure))
    }
}

//! `sluice run`: one run of one flow, shown while it runs.

mod drive;
mod target;

use std::io::IsTerminal as _;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use sluice_model::{Capability, Code, Event, Failure, FlowDescription, Outcome, Usage};

use self::drive::{Drive, drive};
use self::target::{Target, choose};
use super::{async_runtime, open, read_source};
use crate::cli::{ColorChoice, RunArgs};
use crate::exit::Exit;
use crate::input::{Part, assemble};
use crate::local::{Described, Launch, Local, digest, hex};
use crate::out::{self, Notes};
use crate::render::{Live, Ndjson, Plain, Theme, document, draw_failure, output};
use crate::schema::Schema;
use crate::view::{Feed, Viewer};

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'r> {
    version: u32,
    flow: &'r str,
    #[serde(flatten)]
    outcome: &'r Outcome,
    usage: &'r Usage,
    seed: String,
    source_digest: String,
    image_digest: &'r str,
}

/// Runs the flow and prints what it returns.
pub fn run(args: RunArgs, color: ColorChoice) -> anyhow::Result<Exit> {
    let target = Target::parse(&args.target, args.flow.as_deref())?;
    let source = read_source(&target.path)?;
    let seed = args.seed.map_or_else(random_seed, Ok)?;
    let theme = Theme::of_stderr(color);
    let local = open(theme)?;
    let run = Run { args, target, source: source.into(), seed, theme, local };
    async_runtime()?.block_on(run.run())
}

struct Run {
    args: RunArgs,
    target: Target,
    source: Arc<str>,
    seed: [u8; 32],
    theme: Theme,
    local: Local,
}

impl Run {
    async fn run(&self) -> anyhow::Result<Exit> {
        let chosen = match self.local.describe(&self.source).await? {
            Ok(described) => self.launch(described)?,
            Err(failure) => Err(Box::new(failure)),
        };
        let (flow, ended) = match chosen {
            Ok(launch) => {
                let flow = launch.flow.clone();
                let (viewer, feed) = self.view().unzip();
                (flow, drive(&self.local, launch, recorder(feed), viewer).await?)
            }
            Err(failure) => {
                let flow = self.target.flow.clone().unwrap_or_default();
                let ended = self.refuse(&flow, *failure)?;
                (flow, ended)
            }
        };
        match ended {
            Drive::Ended(outcome, usage) => self.conclude(&flow, &outcome, &usage),
            Drive::Abandoned(exit) => Ok(exit),
        }
    }

    /// The end of a run that could not begin. Only its record shows it; there was nothing to see.
    fn refuse(&self, flow: &str, failure: Failure) -> anyhow::Result<Drive> {
        let (viewer, feed) = self.args.events.then(|| self.view()).flatten().unzip();
        let limits = self.args.limits.limits();
        let record = recorder(feed);
        let outcome = self.local.refuse(flow, &self.source, &limits, failure, record);
        viewer.map_or(Ok(()), Viewer::finish)?;
        Ok(Drive::Ended(outcome, Usage::default()))
    }

    /// What to start: the flow that is meant, with its input and all that it may do.
    fn launch(&self, described: Described) -> anyhow::Result<Result<Launch, Box<Failure>>> {
        let flows = &described.description.flows;
        let flow = match choose(flows, self.target.flow.as_deref()) {
            Ok(flow) => flow,
            Err(failure) => return Ok(Err(failure)),
        };
        let uses = match uses(flow) {
            Ok(uses) => uses,
            Err(failure) => return Ok(Err(failure)),
        };
        let input = self.input(flow)?;
        Ok(Ok(Launch {
            source: Arc::clone(&self.source),
            code: described.code,
            flow: flow.name.clone(),
            input,
            grants: self.args.grants.clone(),
            uses,
            limits: self.args.limits.limits(),
            seed: self.seed,
        }))
    }

    fn input(&self, flow: &FlowDescription) -> anyhow::Result<Value> {
        let stdin = self.args.stdin.as_deref().map(Part::parse);
        let parts: Vec<_> = stdin.into_iter().chain(self.args.inputs.iter().cloned()).collect();
        assemble(&parts, Schema::new(&flow.input))
    }

    /// How the run is shown: as data, as a tree where there is a terminal, as lines, or not at all.
    fn view(&self) -> Option<(Viewer, Feed)> {
        if self.args.events {
            return Some(Viewer::start(Ndjson::new(std::io::stdout(), out::data_is_for_people())));
        }
        if self.args.quiet {
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
    fn conclude(&self, flow: &str, outcome: &Outcome, usage: &Usage) -> anyhow::Result<Exit> {
        let failure = outcome.failure();
        if let Some(failure) = failure.filter(|_| !(self.args.quiet && self.args.json)) {
            let path = self.target.path.display().to_string();
            out::notes(&draw_failure(failure, &path), self.theme);
        }
        let is_for_people = out::data_is_for_people();
        if self.args.json {
            let report = Report {
                version: 1,
                flow,
                outcome,
                usage,
                seed: hex(&self.seed),
                source_digest: digest(&self.source),
                image_digest: self.local.image_digest(),
            };
            out::data(&document(&report, is_for_people)?)?;
        } else if let (Outcome::Succeeded { output: value }, false) = (outcome, self.args.events) {
            out::data(&output(value, is_for_people))?;
        }
        Ok(failure.map_or(Exit::Ok, Exit::of_failure))
    }
}

fn recorder(feed: Option<Feed>) -> impl FnMut(Event) + Send {
    move |event| {
        if let Some(feed) = &feed {
            feed.event(event);
        }
    }
}

/// The capabilities that a flow asks for.
fn uses(flow: &FlowDescription) -> Result<Vec<Capability>, Box<Failure>> {
    flow.uses
        .iter()
        .map(|word| {
            word.parse::<Capability>().map_err(|error| {
                let message = format!("`{}` asks for what is no capability: {error}", flow.name);
                Box::new(Failure::new(Code::UsesInvalid, message))
            })
        })
        .collect()
}

fn random_seed() -> anyhow::Result<[u8; 32]> {
    let mut seed = [0; 32];
    let got = rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())?;
    // The kernel promises that so few bytes come at once.
    anyhow::ensure!(got == seed.len(), "the kernel gave too few random bytes");
    Ok(seed)
}

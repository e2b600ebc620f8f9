//! `sluice dev`: a flow is checked and run, and again whenever its file is saved. Whatever is wrong with
//! it is drawn, and the next save is waited for.

mod saves;

use std::path::PathBuf;
use std::sync::Arc;

use sluice_model::{Description, Failure, RunId, Scrub, Severity};

use self::saves::Saves;
use super::complain;
use super::interrupts::Interrupts;
use super::run::{Target, choose, new_run, see_through};
use super::show::Show;
use super::{async_runtime, read_source, site};
use crate::cli::{DevArgs, Global};
use crate::exit::{Exit, Usage};
use crate::input::Part;
use crate::render::{Line, Theme, Tone, draw_failure, draw_problem};
use crate::site::{Machine, Work};
use crate::{out, secrets};

/// Why a run is cancelled that the next one takes the place of.
const REPLACED: &str = "its source was saved anew";

/// Runs the flow after each save, until it is interrupted.
pub fn run(args: &DevArgs, global: &Global) -> anyhow::Result<Exit> {
    let target = Target::parse(&args.target, args.how.flow.as_deref())?;
    if args.how.inputs.iter().any(Part::is_stdin) {
        return Err(Usage::new("standard input can be read once, and dev runs again and again")
            .hint("name a file instead of `-`")
            .into());
    }
    // A name that is misspelt would be waited for until somebody makes it.
    read_source(&target.path)?;
    let theme = Theme::of_stderr(global.color);
    let path = target.path.display().to_string();
    let show = Show { json: false, events: false, quiet: args.quiet, path, theme };
    let runtime = async_runtime()?;
    let exit = runtime.block_on(async {
        let inputs = args.how.inputs.iter().filter_map(Part::file).map(PathBuf::from);
        let mut saves = Saves::of([target.path.clone()].into_iter().chain(inputs).collect())?;
        let machine = site::machine(global, theme).await?;
        let scrub = secrets::known(global);
        let dev = Dev { args, target, show, scrub, machine: &*machine };
        Box::pin(dev.rounds(&mut saves)).await
    });
    // A run that was given up is not waited for.
    runtime.shutdown_background();
    exit
}

struct Dev<'a> {
    args: &'a DevArgs,
    target: Target,
    show: Show,
    scrub: Scrub,
    machine: &'a dyn Machine,
}

/// How one round went.
enum Round {
    /// It is over, and the next save is to be waited for.
    Over,
    /// A file was saved in the middle of it.
    Saved,
    /// The end of all rounds.
    Last(Exit),
}

impl Dev<'_> {
    async fn rounds(&self, saves: &mut Saves) -> anyhow::Result<Exit> {
        let mut interrupts = Interrupts::listen()?;
        let mut work = self.machine.work_beside();
        loop {
            saves.begin();
            match self.round(saves, &mut interrupts, &mut work).await {
                Ok(Round::Saved) => continue,
                Ok(Round::Last(exit)) => return Ok(exit),
                Ok(Round::Over) => {}
                Err(error) => {
                    if complain(&error, &self.scrub, self.show.theme) == Exit::ClosedPipe {
                        return Ok(Exit::ClosedPipe);
                    }
                }
            }
            self.note(Tone::Dim, "Waiting for a save. Ctrl-C ends.");
            tokio::select! {
                file = saves.next() => self.saved(&file?),
                () = interrupts.next() => return Ok(Exit::Ok),
            }
        }
    }

    /// Checks the source, and runs the flow where there is nothing wrong with it.
    async fn round(
        &self,
        saves: &mut Saves,
        interrupts: &mut Interrupts,
        work: &mut Work,
    ) -> anyhow::Result<Round> {
        let source: Arc<str> = read_source(&self.target.path)?.into();
        let Some(run) = self.begun(&source).await? else { return Ok(Round::Over) };
        let mut seen = std::pin::pin!(see_through(self.machine, &run, &self.show, &mut *work));
        let mut is_interrupted = false;
        loop {
            tokio::select! {
                exit = &mut seen => return Ok(match exit? {
                    Exit::ClosedPipe => Round::Last(Exit::ClosedPipe),
                    _ if is_interrupted => Round::Last(Exit::Interrupted),
                    _ => Round::Over,
                }),
                () = interrupts.next() => {
                    is_interrupted = true;
                    // Whoever sees the run through cancels it, too, but heard nothing before it began.
                    let _ = self.machine.records().cancel(&run, "interrupted").await;
                }
                file = saves.next(), if !is_interrupted => {
                    let file = file?;
                    self.machine.records().cancel(&run, REPLACED).await?;
                    self.saved(&file);
                    return Ok(Round::Saved);
                }
            }
        }
    }

    /// The run of this round; none where there is something wrong that was drawn.
    async fn begun(&self, source: &Arc<str>) -> anyhow::Result<Option<RunId>> {
        let description = match self.machine.load(source).await? {
            Ok(description) => description,
            Err(failure) => return Ok(self.refused(&failure)),
        };
        if !self.is_sound(&description, source) {
            return Ok(None);
        }
        let flow = match choose(&description.flows, self.target.flow.as_deref()) {
            Ok(flow) => flow,
            Err(failure) => return Ok(self.refused(&failure)),
        };
        let new = new_run(&self.args.how, None, flow, source)?;
        Ok(match self.machine.submit(new).await? {
            Ok(run) => Some(run),
            Err(failure) => self.refused(&failure),
        })
    }

    /// Draws what a check finds.
    fn is_sound(&self, description: &Description, source: &str) -> bool {
        for problem in &description.problems {
            out::notes(&draw_problem(problem, &self.show.path, source), self.show.theme);
        }
        !description.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    fn refused(&self, failure: &Failure) -> Option<RunId> {
        out::notes(&draw_failure(failure, &self.show.path), self.show.theme);
        None
    }

    fn saved(&self, path: &str) {
        self.note(Tone::Accent, &format!("{path} was saved."));
    }

    fn note(&self, tone: Tone, text: &str) {
        out::notes(&[Line::new(), Line::of(tone, text)], self.show.theme);
    }
}

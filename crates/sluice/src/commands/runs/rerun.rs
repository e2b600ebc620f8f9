//! `sluice runs rerun`: what running a run again would do, and then the new run.

use std::io::{BufRead as _, IsTerminal as _};
use std::sync::Arc;

use serde_json::{Value, json};
use sluice_model::{Outcome, RunId, Usage};

use crate::cli::{Global, RerunArgs};
use crate::commands::run::{choose, detached, see_through};
use crate::commands::show::{Conclusion, Show};
use crate::commands::{async_runtime, read_source, site};
use crate::exit::{Exit, Usage as WrongUsage};
use crate::input::assemble_onto;
use crate::local::{sha256, start_of};
use crate::out;
use crate::quantity::grouped;
use crate::render::{Line, Theme, Tone, document, draw_event, draw_sides};
use crate::schema::Schema;
use crate::site::{Machine, Planned, Refusable, Rerun, Summary};

/// Shows the plan, and goes live where that is wanted.
pub fn run(args: &RerunArgs, global: &Global) -> anyhow::Result<Exit> {
    let source = args.source.as_deref().map(read_source).transpose()?.map(Arc::from);
    let theme = Theme::of_stderr(global.color);
    let path = args.source.as_ref().map(|path| path.display().to_string());
    let show = Show {
        json: args.json,
        events: false,
        quiet: args.quiet,
        path: path.unwrap_or_else(|| "flow.py".to_owned()),
        theme,
    };
    let runtime = async_runtime()?;
    let exit = runtime.block_on(async {
        let machine = site::machine(global, theme).await?;
        Rerunning { args, source, show, machine: &*machine }.run().await
    });
    // Whatever a second interrupt left behind is not waited for.
    runtime.shutdown_background();
    exit
}

struct Rerunning<'a> {
    args: &'a RerunArgs,
    source: Option<Arc<str>>,
    show: Show,
    machine: &'a dyn Machine,
}

impl Rerunning<'_> {
    async fn run(&self) -> anyhow::Result<Exit> {
        let summary = self.machine.records().run(&self.args.run).await?;
        let run = &summary.run;
        // A machine that works already takes the run up with the commit that submits it.
        let work = (!self.args.detach).then(|| self.machine.work_beside());
        let rerun = match self.rerun(&summary).await? {
            Ok(rerun) => rerun,
            Err(failure) => return self.refuse(*failure).await,
        };
        let plan = match self.machine.plan(&rerun).await? {
            Ok(plan) => plan,
            Err(failure) => return self.refuse(*failure).await,
        };
        if !plan.is_needed {
            let text = "Nothing would be different: all that is recorded would be taken over. \
                        `sluice run` starts a new run; --from STEP leaves the record there.";
            out::notes(&[Line::of(Tone::Plain, text)], self.show.theme);
            self.print(run, &plan)?;
            return Ok(Exit::Ok);
        }
        self.draw(run, &plan);
        if !self.args.yes && !Self::is_wanted()? {
            let text = "Nothing was run; --yes goes live.";
            out::notes(&[Line::of(Tone::Warn, text)], self.show.theme);
            self.print(run, &plan)?;
            return Ok(Exit::Ok);
        }
        match (self.machine.go_live(&rerun, plan).await?, work) {
            (Ok(run), Some(work)) => see_through(self.machine, &run, &self.show, work).await,
            (Ok(run), None) => detached(self.machine, &run, &self.show),
            (Err(failure), _) => self.refuse(*failure).await,
        }
    }

    /// What the options ask for.
    async fn rerun(&self, run: &Summary) -> Refusable<Rerun> {
        let input = match self.input(run).await? {
            Ok(input) => input,
            Err(failure) => return Ok(Err(failure)),
        };
        Ok(Ok(Rerun {
            run: run.run.clone(),
            from: self.args.from.clone(),
            source: self.source.clone(),
            input,
            grants: self.args.grants.clone(),
        }))
    }

    /// The recorded input with what was given in its place; none where nothing was.
    async fn input(&self, run: &Summary) -> Refusable<Option<Value>> {
        if self.args.inputs.is_empty() {
            return Ok(Ok(None));
        }
        let source = match &self.source {
            Some(source) => Arc::clone(source),
            None => self.machine.records().source_of(run).await?,
        };
        let description = match self.machine.load(&source).await? {
            Ok(description) => description,
            Err(failure) => return Ok(Err(failure)),
        };
        let flow = match choose(&description.flows, Some(&run.flow)) {
            Ok(flow) => flow,
            Err(failure) => return Ok(Err(failure)),
        };
        let events = self.machine.records().record(&run.run).await?;
        let recorded = start_of(&events).and_then(|start| start.input.as_object());
        let recorded = recorded.cloned().unwrap_or_default();
        Ok(Ok(Some(assemble_onto(recorded, &self.args.inputs, Schema::new(&flow.input))?)))
    }

    /// How much is taken over, and what is different where the record is left.
    fn draw(&self, run: &RunId, plan: &Planned) {
        let theme = self.show.theme;
        let text = format!(
            "{} events of {run} are taken over; the new run leaves its record at event {}.",
            grouped(plan.taken as u64),
            plan.seq
        );
        let mut lines = vec![Line::of(Tone::Strong, &text)];
        match (&plan.difference, &plan.recorded) {
            (Some(difference), _) => {
                lines.push(Line::of(Tone::Warn, &difference.message));
                lines.extend(draw_sides(difference));
            }
            (None, Some(recorded)) => {
                lines.push(Line::of(Tone::Dim, "There the recorded run did this:"));
                lines.extend(draw_event(recorded));
            }
            (None, None) => {}
        }
        if !(self.args.quiet && self.args.yes) {
            out::notes(&lines, theme);
        }
    }

    /// Asks a person, where there is one.
    fn is_wanted() -> anyhow::Result<bool> {
        if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return Ok(false);
        }
        out::note_without_end("Go live? [y/N] ");
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// The plan as data, where data is wanted.
    fn print(&self, run: &RunId, plan: &Planned) -> anyhow::Result<()> {
        if self.args.json {
            let planned = json!({
                "run": run,
                "taken": plan.taken,
                "seq": plan.seq,
                "recorded": plan.recorded,
                "difference": plan.difference,
                "is_needed": plan.is_needed,
            });
            out::data(&document(&planned, out::data_is_for_people())?)?;
        }
        Ok(())
    }

    async fn refuse(&self, failure: sluice_model::Failure) -> anyhow::Result<Exit> {
        if failure.code == sluice_model::Code::FlowNotFound {
            let usage = WrongUsage { message: failure.message, hint: failure.hint };
            return Err(usage.into());
        }
        let source = self.source.as_deref().unwrap_or_default();
        self.show.conclude(&Conclusion {
            run: None,
            flow: String::new(),
            outcome: Outcome::from_failure(failure),
            usage: Usage::default(),
            seed: None,
            source_digest: sha256(source.as_bytes()),
            image_digest: self.machine.image_digest().await?,
        })
    }
}

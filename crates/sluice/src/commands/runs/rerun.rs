//! `sluice runs rerun`: what running a run again would do, and then the new run.

use std::io::{BufRead as _, IsTerminal as _};
use std::sync::Arc;

use serde_json::{Value, json};
use sluice_model::{Outcome, RunId, Start, TenantId, Usage};

use crate::cli::{Global, RerunArgs};
use crate::commands::run::{detached, see_through};
use crate::commands::show::{Conclusion, Show};
use crate::commands::{async_runtime, machine, read_source};
use crate::exit::{Exit, Usage as WrongUsage};
use crate::input::assemble_onto;
use crate::local::{Machine, NotSubmitted, Only, Plan, Rerun, Version, sha256, start_of};
use crate::out;
use crate::quantity::grouped;
use crate::render::{Line, Theme, Tone, document, draw_event, draw_sides};
use crate::schema::Schema;

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
        let machine = machine(global, theme, Only::Its, None).await?;
        Rerunning { args, source, show, machine }.run().await
    });
    // Whatever a second interrupt left behind is not waited for.
    runtime.shutdown_background();
    exit
}

struct Rerunning<'a> {
    args: &'a RerunArgs,
    source: Option<Arc<str>>,
    show: Show,
    machine: Machine,
}

impl Rerunning<'_> {
    async fn run(&self) -> anyhow::Result<Exit> {
        let run = self.machine.records().run(&self.args.run).await?.run;
        // A machine that works already takes the run up with the commit that submits it.
        let work = (!self.args.detach).then(|| self.machine.work_beside());
        let plan = match self.plan(&run).await? {
            Ok(plan) => plan,
            Err(NotSubmitted::Refused(failure)) => return self.refuse(*failure),
            Err(NotSubmitted::Store(error)) => return Err(error.into()),
        };
        if !plan.is_needed() {
            let text = "Nothing would be different: all that is recorded would be taken over. \
                        `sluice run` starts a new run; --from STEP leaves the record there.";
            out::notes(&[Line::of(Tone::Plain, text)], self.show.theme);
            self.print(&run, &plan)?;
            return Ok(Exit::Ok);
        }
        self.draw(&run, &plan);
        if !self.args.yes && !Self::is_wanted()? {
            let text = "Nothing was run; --yes goes live.";
            out::notes(&[Line::of(Tone::Warn, text)], self.show.theme);
            self.print(&run, &plan)?;
            return Ok(Exit::Ok);
        }
        match (self.machine.go_live(plan).await, work) {
            (Ok(run), Some(work)) => see_through(&self.machine, &run, &self.show, work).await,
            (Ok(run), None) => detached(&run, &self.show),
            (Err(NotSubmitted::Refused(failure)), _) => self.refuse(*failure),
            (Err(NotSubmitted::Store(error)), _) => Err(error.into()),
        }
    }

    async fn plan(&self, run: &RunId) -> anyhow::Result<Result<Plan, NotSubmitted>> {
        let events = self.machine.records().record(run).await?;
        let Some(start) = start_of(&events) else {
            anyhow::bail!("the record of {run} does not begin with a run");
        };
        let version = match &self.source {
            Some(source) => match self.machine.version(source).await? {
                Ok(version) => Some(version),
                Err(failure) => return Ok(Err(NotSubmitted::Refused(failure))),
            },
            None => None,
        };
        let input = match self.input(start, version.as_ref()).await? {
            Ok(input) => input,
            Err(error) => return Ok(Err(error)),
        };
        Ok(self
            .machine
            .plan(Rerun {
                tenant: TenantId::local(),
                run: run.clone(),
                from: self.args.from.clone(),
                version,
                input,
                grants: self.args.grants.clone(),
                most: None,
            })
            .await)
    }

    /// The recorded input with what was given in its place; none where nothing was.
    async fn input(
        &self,
        start: &Start,
        version: Option<&Arc<Version>>,
    ) -> anyhow::Result<Result<Option<Value>, NotSubmitted>> {
        if self.args.inputs.is_empty() {
            return Ok(Ok(None));
        }
        let version = match version {
            Some(version) => Arc::clone(version),
            None => match self.machine.version_of(&start.source_digest).await {
                Ok(version) => version,
                Err(error) => return Ok(Err(error)),
            },
        };
        let flow = match version.flow(Some(&start.flow)) {
            Ok(flow) => flow,
            Err(failure) => return Ok(Err(NotSubmitted::Refused(failure))),
        };
        let recorded = start.input.as_object().cloned().unwrap_or_default();
        let input = assemble_onto(recorded, &self.args.inputs, Schema::new(&flow.input))?;
        Ok(Ok(Some(input)))
    }

    /// How much is taken over, and what is different where the record is left.
    fn draw(&self, run: &RunId, plan: &Plan) {
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
    fn print(&self, run: &RunId, plan: &Plan) -> anyhow::Result<()> {
        if self.args.json {
            let planned = json!({
                "run": run,
                "taken": plan.taken,
                "seq": plan.seq,
                "recorded": plan.recorded,
                "difference": plan.difference,
                "is_needed": plan.is_needed(),
            });
            out::data(&document(&planned, out::data_is_for_people())?)?;
        }
        Ok(())
    }

    fn refuse(&self, failure: sluice_model::Failure) -> anyhow::Result<Exit> {
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
            image_digest: self.machine.image_digest().to_owned(),
        })
    }
}

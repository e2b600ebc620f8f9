//! `sluice run`: one run of one flow, through the store, shown while it goes on.

mod target;

use std::sync::Arc;

use serde_json::json;
use sluice_model::{Failure, FlowDescription, Outcome, RunId, TenantId, Usage};

use self::target::{Target, choose};
use super::follow::{Followed, Whose, follow};
use super::show::{Conclusion, Show};
use super::{async_runtime, machine, read_source};
use crate::cli::{Global, RunArgs};
use crate::exit::Exit;
use crate::input::{Part, assemble};
use crate::local::{Machine, NotSubmitted, Only, Submission, Version, now_us, sha256};
use crate::out;
use crate::render::{Line, Ndjson, Theme, Tone, document};
use crate::schema::Schema;
use crate::view::View as _;

/// Runs the flow and prints what it returns.
pub fn run(args: &RunArgs, global: &Global) -> anyhow::Result<Exit> {
    let target = Target::parse(&args.target, args.flow.as_deref())?;
    let source: Arc<str> = read_source(&target.path)?.into();
    let theme = Theme::of_stderr(global.color);
    let show = Show {
        json: args.json,
        events: args.events,
        quiet: args.quiet,
        path: target.path.display().to_string(),
        theme,
    };
    let runtime = async_runtime()?;
    let exit = runtime.block_on(async {
        let machine = machine(global, theme, Only::Its, None).await?;
        Run { args, target, source, show, machine }.run().await
    });
    // Whatever a second interrupt left behind is not waited for.
    runtime.shutdown_background();
    exit
}

struct Run<'a> {
    args: &'a RunArgs,
    target: Target,
    source: Arc<str>,
    show: Show,
    machine: Machine,
}

impl Run<'_> {
    async fn run(&self) -> anyhow::Result<Exit> {
        // A machine that works already takes the run up with the commit that submits it.
        let work = (!self.args.detach).then(|| self.machine.work_beside());
        let version = match self.machine.version(&self.source).await? {
            Ok(version) => version,
            Err(failure) => return self.refuse(*failure),
        };
        let submission = match self.submission(version)? {
            Ok(submission) => submission,
            Err(failure) => return self.refuse(*failure),
        };
        match (self.machine.submit(submission).await, work) {
            (Ok(run), Some(work)) => see_through(&self.machine, &run, &self.show, work).await,
            (Ok(run), None) => detached(&run, &self.show),
            (Err(NotSubmitted::Refused(failure)), _) => self.refuse(*failure),
            (Err(NotSubmitted::Store(error)), _) => Err(error.into()),
        }
    }

    /// What to start: the flow that is meant, with its input and all that it may do.
    fn submission(
        &self,
        version: Arc<Version>,
    ) -> anyhow::Result<Result<Submission, Box<Failure>>> {
        let flows = &version.described.description.flows;
        let flow = match choose(flows, self.target.flow.as_deref()) {
            Ok(flow) => flow,
            Err(failure) => return Ok(Err(failure)),
        };
        let (input, name) = (self.input(flow)?, flow.name.clone());
        Ok(Ok(Submission {
            tenant: TenantId::local(),
            version,
            flow: Some(name),
            input,
            grants: self.args.grants.clone(),
            limits: self.args.limits.limits(),
            retry: self.args.retry(),
            deadline_us: self.args.deadline.map(|ms| now_us() + ms * 1_000),
            seed: self.args.seed,
            idempotency_key: self.args.idempotency_key.clone(),
            trace: None,
        }))
    }

    fn input(&self, flow: &FlowDescription) -> anyhow::Result<serde_json::Value> {
        let stdin = self.args.stdin.as_deref().map(Part::parse);
        let parts: Vec<_> = stdin.into_iter().chain(self.args.inputs.iter().cloned()).collect();
        assemble(&parts, Schema::new(&flow.input))
    }

    /// The end of a run that could not begin: it is nowhere in the store.
    fn refuse(&self, failure: Failure) -> anyhow::Result<Exit> {
        let outcome = Outcome::from_failure(failure);
        if self.show.events {
            let mut events = Ndjson::new(std::io::stdout(), out::data_is_for_people());
            events.event(&crate::local::end_of_refused(outcome.clone()))?;
            events.finish()?;
        }
        self.show.conclude(&Conclusion {
            run: None,
            flow: self.target.flow.clone().unwrap_or_default(),
            outcome,
            usage: Usage::default(),
            seed: None,
            source_digest: sha256(self.source.as_bytes()),
            image_digest: self.machine.image_digest().to_owned(),
        })
    }
}

/// Follows a run that this process works on.
pub async fn see_through(
    machine: &Machine,
    run: &RunId,
    show: &Show,
    work: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<Exit> {
    match follow(machine.records(), run, show, Whose::Ours, work).await? {
        Followed::Ended(conclusion) => show.conclude(&conclusion),
        Followed::Left(exit) => {
            if exit == Exit::Interrupted {
                let text = format!(
                    "{run} is left as it is; the next worker ends it: sluice worker --until-idle"
                );
                out::notes(&[Line::of(Tone::Warn, &text)], show.theme);
            }
            Ok(exit)
        }
    }
}

/// Says where a run is that somebody else works on.
pub fn detached(run: &RunId, show: &Show) -> anyhow::Result<Exit> {
    if show.json {
        out::data(&document(&json!({ "run": run }), out::data_is_for_people())?)?;
    } else {
        out::data(&format!("{run}\n"))?;
    }
    if !show.quiet {
        let text = format!("A `sluice worker` takes it up. Follow it: sluice runs tail {run}");
        out::notes(&[Line::of(Tone::Dim, &text)], show.theme);
    }
    Ok(Exit::Ok)
}

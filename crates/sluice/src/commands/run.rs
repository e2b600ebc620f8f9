//! `sluice run`: one run of one flow, through the store, shown while it goes on.

mod target;

use std::sync::Arc;

use serde_json::json;
use sluice_model::{Failure, FlowDescription, Outcome, RunId, Usage};

pub use self::target::{Target, choose};
use super::follow::{Followed, Whose, follow};
use super::show::{Conclusion, Show};
use super::{async_runtime, read_source, site};
use crate::cli::{Global, HowArgs, RunArgs};
use crate::exit::Exit;
use crate::input::{Part, assemble};
use crate::local::{end_of_refused, sha256};
use crate::out;
use crate::render::{Line, Ndjson, Theme, Tone, document};
use crate::schema::Schema;
use crate::site::{Machine, NewRun};
use crate::view::View as _;

/// Runs the flow and prints what it returns.
pub fn run(args: &RunArgs, global: &Global) -> anyhow::Result<Exit> {
    let target = Target::parse(&args.target, args.how.flow.as_deref())?;
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
        let machine = site::machine(global, theme).await?;
        Run { args, target, source, show, machine: &*machine }.run().await
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
    machine: &'a dyn Machine,
}

impl Run<'_> {
    async fn run(&self) -> anyhow::Result<Exit> {
        // A machine that works already takes the run up with the commit that submits it.
        let work = (!self.args.detach).then(|| self.machine.work_beside());
        let description = match self.machine.load(&self.source).await? {
            Ok(description) => description,
            Err(failure) => return self.refuse(*failure).await,
        };
        let flow = match choose(&description.flows, self.target.flow.as_deref()) {
            Ok(flow) => flow,
            Err(failure) => return self.refuse(*failure).await,
        };
        let stdin = self.args.stdin.as_deref().map(Part::parse);
        let mut new = new_run(&self.args.how, stdin, flow, &self.source)?;
        new.idempotency_key.clone_from(&self.args.idempotency_key);
        match (self.machine.submit(new).await?, work) {
            (Ok(run), Some(work)) => see_through(self.machine, &run, &self.show, work).await,
            (Ok(run), None) => detached(self.machine, &run, &self.show),
            (Err(failure), _) => self.refuse(*failure).await,
        }
    }

    /// The end of a run that could not begin: it is nowhere in the store.
    async fn refuse(&self, failure: Failure) -> anyhow::Result<Exit> {
        let outcome = Outcome::from_failure(failure);
        if self.show.events {
            let mut events = Ndjson::new(std::io::stdout(), out::data_is_for_people());
            events.event(&end_of_refused(outcome.clone()))?;
            events.finish()?;
        }
        self.show.conclude(&Conclusion {
            run: None,
            flow: self.target.flow.clone().unwrap_or_default(),
            outcome,
            usage: Usage::default(),
            seed: None,
            source_digest: sha256(self.source.as_bytes()),
            image_digest: self.machine.image_digest().await?,
        })
    }
}

/// What to start: a flow with its input, and all that it may do. `first` comes before the other parts of
/// the input.
pub fn new_run(
    how: &HowArgs,
    first: Option<Part>,
    flow: &FlowDescription,
    source: &Arc<str>,
) -> anyhow::Result<NewRun> {
    let parts: Vec<_> = first.into_iter().chain(how.inputs.iter().cloned()).collect();
    Ok(NewRun {
        source: Arc::clone(source),
        flow: flow.name.clone(),
        input: assemble(&parts, Schema::new(&flow.input))?,
        grants: how.grants.clone(),
        limits: how.limits.limits(),
        retry: how.retry(),
        deadline_ms: how.deadline,
        seed: how.seed,
        idempotency_key: None,
    })
}

/// Follows a run that this process began.
pub async fn see_through(
    machine: &dyn Machine,
    run: &RunId,
    show: &Show,
    work: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<Exit> {
    match follow(machine.records(), run, show, Whose::Ours, work).await? {
        Followed::Ended(conclusion) => show.conclude(&conclusion),
        Followed::Left(exit) => {
            if exit == Exit::Interrupted {
                let who = if machine.records().is_served() {
                    "the server ends it"
                } else {
                    "the next worker ends it: sluice worker --until-idle"
                };
                let text = format!("{run} is left as it is; {who}");
                out::notes(&[Line::of(Tone::Warn, &text)], show.theme);
            }
            Ok(exit)
        }
    }
}

/// Says where a run is that somebody else works on.
pub fn detached(machine: &dyn Machine, run: &RunId, show: &Show) -> anyhow::Result<Exit> {
    if show.json {
        out::data(&document(&json!({ "run": run }), out::data_is_for_people())?)?;
    } else {
        out::data(&format!("{run}\n"))?;
    }
    if !show.quiet {
        let who = if machine.records().is_served() { "The server" } else { "A `sluice worker`" };
        let text = format!("{who} takes it up. Follow it: sluice runs tail {run}");
        out::notes(&[Line::of(Tone::Dim, &text)], show.theme);
    }
    Ok(Exit::Ok)
}

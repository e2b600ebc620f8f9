//! `sluice worker`: takes up whatever the store holds, until it is stopped.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use sluice_model::{RunId, RunState};

use super::interrupts::Interrupts;
use super::{async_runtime, local_machine, store_url, telemetry};
use crate::cli::{Global, WorkerArgs};
use crate::exit::Exit;
use crate::local::{Heard, Hearing, Keys, LocalMachine, LocalRecords, Only, until_idle};
use crate::quantity::duration;
use crate::render::{Line, Theme, Tone, state_word};
use crate::site::{Records as _, Summary};
use crate::{log, out, secrets};

/// How long what is heard gathers before it is told.
const GATHER: Duration = Duration::from_millis(100);

/// Works until it is stopped, or until there is nothing to do.
pub fn run(args: &WorkerArgs, global: &Global) -> anyhow::Result<Exit> {
    let theme = Theme::of_stderr(global.color);
    let scrub = secrets::known(global);
    log::to_stderr(args.log.log_format, scrub.clone());
    let runtime = async_runtime()?;
    let exit = runtime.block_on(async {
        let telemetry = telemetry(&scrub)?;
        let (url, only) = (store_url(global)?, Only::Everything);
        let concurrency = Some(args.concurrency);
        let machine =
            local_machine(&url, theme, only, concurrency, (telemetry.clone(), scrub, Keys::Found))
                .await?;
        let exit = Box::pin(work(&machine, args, theme)).await;
        if let Some(telemetry) = telemetry.filter(|_| !matches!(exit, Ok(Exit::Interrupted))) {
            telemetry.stop().await;
        }
        exit
    });
    // What a second interrupt left behind is not waited for.
    runtime.shutdown_background();
    exit
}

async fn work(machine: &LocalMachine, args: &WorkerArgs, theme: Theme) -> anyhow::Result<Exit> {
    let mut interrupts = Interrupts::listen()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut stop = Some(stop);
    if !args.quiet {
        let text = format!("Working on {}. Ctrl-C stops in good order.", machine.store().place());
        out::notes(&[Line::of(Tone::Dim, &text)], theme);
    }
    let mut work = std::pin::pin!(machine.work(async {
        // The sender lives until the worker is to stop.
        let _ = stopped.await;
    }));
    let mut teller = Teller::new(machine.store(), args.quiet, theme);
    let mut idle = std::pin::pin!(async {
        if args.until_idle {
            until_idle(machine.store()).await
        } else {
            std::future::pending().await
        }
    });
    loop {
        tokio::select! {
            worked = &mut work => {
                worked?;
                teller.rest().await?;
                return Ok(Exit::Ok);
            }
            told = teller.next() => told?,
            is_idle = &mut idle, if stop.is_some() => {
                is_idle?;
                stop = None;
            }
            () = interrupts.next() => match stop.take() {
                Some(_) if !args.quiet => {
                    let text = "Stopping: what is under way is left in good order. Again to quit at once.";
                    out::notes(&[Line::of(Tone::Warn, text)], theme);
                }
                Some(_) => {}
                None => return Ok(Exit::Interrupted),
            },
        }
    }
}

/// Tells which runs begin, wait and end.
struct Teller<'r> {
    records: &'r LocalRecords,
    quiet: bool,
    theme: Theme,
    hearing: Hearing,
    /// Runs of which something was heard that is not told.
    about: BTreeSet<RunId>,
    /// What was told last of the runs that go on.
    told: HashMap<RunId, RunState>,
}

impl<'r> Teller<'r> {
    fn new(records: &'r LocalRecords, quiet: bool, theme: Theme) -> Teller<'r> {
        let (about, told) = (BTreeSet::new(), HashMap::new());
        Teller { records, quiet, theme, hearing: records.hearing(), about, told }
    }

    /// Waits until something is heard, and tells it. May be dropped and called again.
    async fn next(&mut self) -> anyhow::Result<()> {
        if self.quiet {
            std::future::pending::<()>().await;
        }
        if self.about.is_empty() {
            if let Heard::About(run) = self.hearing.next().await {
                self.about.insert(run);
            }
            tokio::time::sleep(GATHER).await;
        }
        self.rest().await
    }

    /// Tells what was heard so far.
    async fn rest(&mut self) -> anyhow::Result<()> {
        while let Some(heard) = self.hearing.try_next() {
            if let Heard::About(run) = heard {
                self.about.insert(run);
            }
        }
        while let Some(run) = self.about.first().cloned().filter(|_| !self.quiet) {
            let summary = self.records.find(&run).await?;
            self.about.remove(&run);
            let Some(summary) = summary else { continue };
            let before = match summary.state {
                RunState::Ended => self.told.remove(&run),
                state => self.told.insert(run, state),
            };
            if before != Some(summary.state) && summary.state != RunState::Queued {
                out::notes(&[line(&summary)], self.theme);
            }
        }
        Ok(())
    }
}

fn line(summary: &Summary) -> Line {
    let word = state_word(summary);
    let gap = " ".repeat(10_usize.saturating_sub(word.width()));
    let line = word
        .with(Tone::Plain, &gap)
        .with(Tone::Dim, summary.run.as_str())
        .with(Tone::Plain, "  ")
        .with(Tone::Strong, &summary.flow);
    match summary.ended_at_us {
        Some(ended_at_us) => {
            let took = duration(ended_at_us.saturating_sub(summary.created_at_us));
            let code = summary.code.as_deref().unwrap_or_default();
            line.with(Tone::Dim, &format!("  {took}  {code}"))
        }
        None => line,
    }
}

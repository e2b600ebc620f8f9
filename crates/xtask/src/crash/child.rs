//! The worker under test: a store, a sandbox and an executor in a process of their own, told what to do
//! over standard input. It works until it is killed, or until its standard input ends.

use std::collections::HashMap;
use std::io::BufRead as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;
use sluice_db::{AskFilter, AskState, RunFilter, RunRow, Store};
use sluice_executor::{
    Executor, NotSubmitted, Replayed, Replaying, Settings, Submission, Version, now_us, start_of,
};
use sluice_model::{
    CallKind, Capability, EventBody, Limits, Outcome, RetryPolicy, RunId, RunState, TenantId,
};
use sluice_sandbox::{ImageSource, Sandbox};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

use super::performer::ToLedger;
use super::words::{Command, Order, Said};
use crate::places;

/// The flows that are run.
const FLOWS: &str = include_str!("flows.py");

/// How long a lease lasts: what a killed worker held is free again after that.
pub(super) const LEASE: Duration = Duration::from_millis(300);

/// What a worker is started with.
pub(super) struct Work {
    pub(super) name: String,
    pub(super) store: String,
    pub(super) ledger: PathBuf,
}

pub(super) fn run(work: Work) -> anyhow::Result<bool> {
    let in_panic = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        say(&Said::Wrong { what: format!("a worker panicked: {panic}") });
        in_panic(panic);
    }));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let worked = runtime.block_on(work_until_told(work));
    if let Err(error) = &worked {
        say(&Said::Wrong { what: format!("a worker failed: {error:#}") });
    }
    worked.map(|()| true)
}

async fn work_until_told(work: Work) -> anyhow::Result<()> {
    let source = ImageSource { cache_dir: places::cache_dir()?, hash_seed: 0 };
    let sandbox = Sandbox::new(source.open(&mut |_| ())?)?;
    let store = Store::open(&work.store).await?;
    let performer = ToLedger { ledger: work.ledger, worker: work.name.clone() };
    let settings = Settings {
        worker: work.name,
        concurrency: 12,
        lease: LEASE,
        linger: Duration::from_millis(15),
        net: Duration::from_millis(500),
        // Here every worker is lost.
        most_losses: u32::MAX,
        performers: HashMap::from([(CallKind::Rpc, Arc::new(performer) as Arc<_>)]),
        ..Settings::default()
    };
    let executor = Executor::new(store.clone(), sandbox, settings);
    let version = executor.version(&TenantId::local(), &FLOWS.into()).await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let at_work = executor.clone();
    let mut working = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap_or(()) };
        at_work.work(stopped).await
    });
    let mut commands = commands();
    say(&Said::Ready);
    let party = Arc::new(Party { executor, version, tenant: TenantId::local() });
    loop {
        tokio::select! {
            worked = &mut working => {
                worked??;
                anyhow::bail!("the executor came to an end by itself");
            }
            command = commands.recv() => {
                let Some(command) = command else { break };
                let party = Arc::clone(&party);
                tokio::spawn(async move {
                    if let Err(error) = party.follow(command).await {
                        say(&Said::Wrong { what: format!("a command failed: {error:#}") });
                    }
                });
            }
        }
    }
    // A worker that is gone already has said why.
    let _ = stop.send(());
    working.await??;
    store.close().await;
    Ok(())
}

fn commands() -> UnboundedReceiver<Command> {
    let (sender, receiver) = unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let Ok(command) = serde_json::from_str(&line) else { continue };
            if sender.send(command).is_err() {
                return;
            }
        }
    });
    receiver
}

fn say(said: &Said) {
    println!("{}", json!(said));
}

/// Whoever submits, cancels and answers.
struct Party {
    executor: Executor,
    version: Arc<Version>,
    tenant: TenantId,
}

impl Party {
    async fn follow(&self, command: Command) -> anyhow::Result<()> {
        match command {
            Command::Submit(order) => self.submit(order).await,
            Command::Cancel { run } => {
                let tenant = self.executor.store().tenant(&self.tenant);
                if tenant.cancel(&run, "the harness says so", now_us()).await? {
                    say(&Said::Cancelled { run });
                }
                Ok(())
            }
            Command::Answer { value, most } => self.answer(value, most).await,
            Command::Drain { ceiling_ms, replays } => {
                if self.drain(Duration::from_millis(ceiling_ms)).await? {
                    let replayed = self.replay(replays).await?;
                    say(&Said::Drained { replayed });
                }
                Ok(())
            }
        }
    }

    async fn submit(&self, order: Order) -> anyhow::Result<()> {
        let grants = ["rpc:ledger.*", "flow:*", "ask", "kv:crash", "artifact:*"];
        let grants = grants.iter().map(|word| word.parse::<Capability>());
        let submission = Submission {
            tenant: self.tenant.clone(),
            by: None,
            version: Arc::clone(&self.version),
            flow: Some(order.flow),
            input: order.input,
            grants: grants.collect::<Result<_, _>>()?,
            limits: Limits::default(),
            retry: RetryPolicy { retries: order.retries, backoff_ms: 20, ..RetryPolicy::default() },
            deadline_us: order.deadline_ms.map(|after_ms| now_us() + after_ms * 1_000),
            seed: None,
            idempotency_key: Some(order.key.clone().into()),
            trace: None,
        };
        match self.executor.submit(submission).await {
            Ok(run) => say(&Said::Submitted { key: order.key, run }),
            Err(NotSubmitted::Refused(failure)) => {
                anyhow::bail!("{} was refused: {}", order.key, failure.message)
            }
            Err(NotSubmitted::Store(error)) => return Err(error.into()),
        }
        Ok(())
    }

    async fn answer(&self, value: u64, most: u32) -> anyhow::Result<()> {
        let tenant = self.executor.store().tenant(&self.tenant);
        let open =
            AskFilter { state: Some(AskState::Open), limit: Some(most), ..AskFilter::default() };
        for (value, ask) in (value..).zip(tenant.asks(&open).await?) {
            // Somebody may have been quicker, and the run may be over.
            if tenant.answer(&ask.id, &json!(value), "harness", now_us()).await.is_ok() {
                say(&Said::Answered { run: ask.run, value });
            }
        }
        Ok(())
    }

    /// Works until every run has ended. False, and said, where they do not.
    async fn drain(&self, ceiling: Duration) -> anyhow::Result<bool> {
        let tenant = self.executor.store().tenant(&self.tenant);
        let began = Instant::now();
        loop {
            let left = self.left().await?;
            if left.is_empty() {
                return Ok(true);
            }
            if began.elapsed() > ceiling {
                for run in left {
                    say(&Said::Wrong { what: format!("stuck: {run:?}") });
                }
                return Ok(false);
            }
            self.answer(0, 1_000).await?;
            for run in left.iter().filter(|run| run.flow == "forever" && run.parent.is_none()) {
                tenant.cancel(&run.id, "the harness is done", now_us()).await?;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The runs that have not ended. Not asked for by state: a run may go from one to the other
    /// between two questions.
    async fn left(&self) -> anyhow::Result<Vec<RunRow>> {
        const PAGE: usize = 1_000;
        let tenant = self.executor.store().tenant(&self.tenant);
        let mut left = Vec::new();
        let mut before = None;
        loop {
            let limit = u32::try_from(PAGE).ok();
            let page = tenant.runs(&RunFilter { before, limit, ..RunFilter::default() }).await?;
            let is_last = page.len() < PAGE;
            before = page.last().map(|row| row.id.clone());
            left.extend(page.into_iter().filter(|row| row.state != RunState::Ended));
            if is_last {
                return Ok(left);
            }
        }
    }

    /// Replays the records of runs that have ended: the newest ones.
    async fn replay(&self, most: u32) -> anyhow::Result<u32> {
        let tenant = self.executor.store().tenant(&self.tenant);
        let filter = RunFilter { limit: Some(most), ..RunFilter::default() };
        let mut replayed = 0;
        for run in tenant.runs(&filter).await? {
            let events = tenant.history(&run.id).await?;
            let start = start_of(&events).context("a record without a start")?;
            let replaying = Replaying {
                events: &events,
                version: &self.version,
                flow: &start.flow,
                input: &start.input,
                grants: &start.grants,
            };
            let found = self.executor.replay(replaying, |_| ()).await?;
            let is_flows_own = matches!(
                events.last().map(|event| &event.body),
                Some(EventBody::RunEnded { outcome: Outcome::Succeeded { .. }, .. })
            );
            match found {
                Replayed::Same => {}
                Replayed::SameSoFar if !is_flows_own => {}
                found => say(&Said::Wrong { what: replay_of(&run.id, &found) }),
            }
            replayed += 1;
        }
        Ok(replayed)
    }
}

fn replay_of(run: &RunId, found: &Replayed) -> String {
    format!("the replay of {run} is not as its record: {found:?}")
}

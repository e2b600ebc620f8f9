//! Workers die with 1,000 runs in their hands; another one takes them all up.

use std::collections::HashMap;
use std::future::pending;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_trait::async_trait;
use serde_json::{Value, json};
use sluice_db::{Notice, RunFilter};
use sluice_executor::{CallContext, Performer, Settings};
use sluice_model::{Answer, Call, CallKind, Failure, RunId, RunState};
use tokio::sync::Notify;

use super::Context;
use super::place::Place;

const RUNS: usize = 1_000;

/// Workers that die. One process holds up to 512 live guests.
const WORKERS: usize = 4;

/// Steps of a run before it is held up, and as many after it.
const STEPS: usize = 10;

/// How long the dead keep their runs.
const LEASE: Duration = Duration::from_secs(3);

/// The service that holds runs up: it answers at once, or never.
struct Service {
    answers: bool,
    asked: AtomicUsize,
    all_asked: Notify,
    expected: usize,
}

impl Service {
    fn new(answers: bool, expected: usize) -> Arc<Service> {
        let (asked, all_asked) = (AtomicUsize::new(0), Notify::new());
        Arc::new(Service { answers, asked, all_asked, expected })
    }
}

#[async_trait]
impl Performer for Service {
    fn is_idempotent(&self, _call: &Call) -> bool {
        true
    }

    async fn perform(&self, _context: CallContext, _call: Call) -> Result<Answer, Box<Failure>> {
        if self.asked.fetch_add(1, Ordering::Relaxed) + 1 == self.expected {
            self.all_asked.notify_one();
        }
        if !self.answers {
            pending::<()>().await;
        }
        Ok(Answer::of(Value::Null))
    }
}

/// A worker that gets so many runs into their middle, says so, and lets them hang until it is killed.
pub(super) async fn hold(url: &str, runs: usize) -> anyhow::Result<()> {
    let service = Service::new(false, runs);
    let settings = Settings {
        concurrency: u32::try_from(runs)?,
        // The runs of those who died before are for whoever is measured.
        own_only: true,
        lease: LEASE,
        performers: HashMap::from([(CallKind::Rpc, Arc::clone(&service) as Arc<_>)]),
        ..Settings::default()
    };
    let place = Place::at_work(url, settings).await?;
    place.client.submit_many("held", &json!({ "count": STEPS }), runs, 64).await?;
    service.all_asked.notified().await;
    println!("held");
    pending().await
}

pub(super) fn measure(context: &Context) -> anyhow::Result<()> {
    let store = context.stores.fresh()?;
    let each = context.scaled(RUNS) / WORKERS;
    let began = Instant::now();
    // One after the other: the first one makes the store.
    for _ in 0..WORKERS {
        die_holding(store.url(), each)?;
    }
    println!("\n{} runs in the hands of {WORKERS} workers that were killed", each * WORKERS);
    println!("  begun and brought to their middle in {:.1} s", began.elapsed().as_secs_f64());
    context.runtime.block_on(restarted(store.url(), each * WORKERS))
}

/// Starts a worker, and kills it when its runs are in their middle.
fn die_holding(url: &str, runs: usize) -> anyhow::Result<()> {
    let mut worker = Command::new(std::env::current_exe()?)
        .args(["bench", "--hold", url, "--held-runs", &runs.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let held = is_held(&mut worker);
    worker.kill()?;
    worker.wait()?;
    anyhow::ensure!(held?, "a worker ended before its runs were in their middle");
    Ok(())
}

fn is_held(worker: &mut Child) -> anyhow::Result<bool> {
    let stdout = worker.stdout.take().context("a worker has no output")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    Ok(line.trim() == "held")
}

async fn restarted(url: &str, count: usize) -> anyhow::Result<()> {
    // The leases of the dead run out; after that only the work is measured.
    tokio::time::sleep(LEASE).await;
    let began = Instant::now();
    let service = Service::new(true, usize::MAX);
    let settings = Settings {
        performers: HashMap::from([(CallKind::Rpc, service as Arc<_>)]),
        ..Settings::default()
    };
    let mut place = Place::open(url, settings).await?;
    let opened = began.elapsed();
    let (client, tenant) = (place.client.clone(), place.client.tenant());
    let held =
        RunFilter { state: Some(RunState::Running), limit: Some(1_000), ..RunFilter::default() };
    let mut left: HashMap<RunId, u64> =
        tenant.runs(&held).await?.into_iter().map(|run| (run.id, run.seq)).collect();
    anyhow::ensure!(left.len() == count, "{} runs are held, not {count}", left.len());
    let runs: Vec<RunId> = left.keys().cloned().collect();

    let mut notices = client.executor().store().notices();
    let began = Instant::now();
    place.work();
    let mut first = None;
    while !left.is_empty() {
        match notices.recv().await {
            Ok(Notice::Events { run, seq, .. }) if left.get(&run).is_some_and(|at| seq > *at) => {
                left.remove(&run);
                first.get_or_insert_with(|| began.elapsed());
            }
            Ok(_) => {}
            Err(error) => anyhow::bail!("the progress of runs was missed: {error}"),
        }
    }
    let all = began.elapsed();
    for run in &runs {
        client.ended(run).await?;
    }
    let ended = began.elapsed();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("  another worker, ready in {:.0} ms; leases have run out", ms(opened));
    println!("  the first run goes on after     {:>8.0} ms", first.map_or(f64::NAN, ms));
    println!("  each has gone on after          {:>8.0} ms", ms(all));
    println!("  each has ended after            {:>8.0} ms", ms(ended));
    place.close().await
}

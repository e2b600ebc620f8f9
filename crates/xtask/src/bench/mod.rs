//! `cargo xtask bench`: the figures that we answer for, medians and 99th percentiles, each beside
//! what it is to be compared with, measured in the same run since machines are noisy.

#![expect(clippy::cast_precision_loss, reason = "figures that people read")]

mod cpu;
mod density;
mod durable;
mod edge;
mod figures;
mod latency;
mod pages;
mod throughput;
mod waiting;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use sluice_model::{Limits, Outcome, Usage};
use sluice_sandbox::{Attempt, Ended, ImageSource, LocalDoor, NO_CLIENTS, Replay, Sandbox};
use tokio::runtime::Runtime;

use crate::places;

/// Measure what we answer for.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only what has this in its name: latency, throughput, density, pages, cpu,
    /// durable, edge; of these also a part: durable-steps, -result, -replay, -restart, -waiting, -many,
    /// -peer; edge-posts, -live, -reconnects, -stalled, -noisy.
    #[arg(long)]
    only: Option<String>,
    /// Native CPython 3.13 to compare with; without one, the CPU times stand alone.
    #[arg(long, value_name = "PROGRAM")]
    native: Option<PathBuf>,
    /// With pages: list the regions.
    #[arg(long)]
    verbose: bool,
    /// How many times each thing is measured.
    #[arg(long, default_value_t = 1_000)]
    samples: usize,
    /// Run flows for a time and print how many: a process of the throughput measurement.
    #[arg(long, hide = true)]
    worker_ms: Option<u64>,
    #[command(flatten)]
    durable: durable::Args,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    if let Some(duration_ms) = args.worker_ms {
        println!("{}", throughput::worker(duration_ms)?);
        return Ok(true);
    }
    if durable::is_worker(&args.durable) {
        durable::work(&args.durable)?;
        return Ok(true);
    }
    let wanted = |name: &str| args.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    if wanted("latency") {
        latency::measure(args.samples)?;
    }
    if wanted("throughput") {
        throughput::measure()?;
    }
    if wanted("density") {
        density::measure()?;
    }
    if wanted("pages") {
        pages::measure(args.verbose)?;
    }
    if wanted("cpu") {
        cpu::measure(args.native.as_deref())?;
    }
    durable::measure(&args.durable, wanted)?;
    edge::measure(&args.durable, wanted)?;
    Ok(true)
}

/// A flow, ready to be run many times: its code is compiled once, as a server does for a version.
struct Bench {
    sandbox: Sandbox,
    runtime: Runtime,
}

#[derive(Clone)]
struct Prepared {
    source: Arc<str>,
    code: Arc<[u8]>,
}

impl Bench {
    fn open() -> anyhow::Result<Bench> {
        let source = ImageSource { cache_dir: places::cache_dir()?, hash_seed: 0 };
        let sandbox = Sandbox::new(source.open(&mut |stage| eprintln!("{stage} ..."))?)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        Ok(Bench { sandbox, runtime })
    }

    fn prepare(&self, source: &str) -> anyhow::Result<Prepared> {
        let described = self.runtime.block_on(self.sandbox.describe(source, NO_CLIENTS))?;
        let described = described.map_err(|failure| anyhow::anyhow!("{}", failure.message))?;
        Ok(Prepared { source: source.into(), code: described.code })
    }

    /// Runs it once in a fresh instance, to the end of that instance.
    fn run(&self, flow: &Prepared, input: Value) -> anyhow::Result<Usage> {
        let mut door = LocalDoor::new(|_, _| ());
        let run = self.sandbox.run(attempt(flow, input), &mut door, std::future::pending());
        match self.runtime.block_on(run)? {
            (Ended::Finished { outcome: Outcome::Succeeded { .. }, .. }, usage) => Ok(usage),
            (other, _) => anyhow::bail!("the flow did not succeed: {other:?}"),
        }
    }
}

fn attempt(flow: &Prepared, input: Value) -> Attempt {
    Attempt {
        source: flow.source.clone(),
        code: flow.code.clone(),
        flow: String::new(),
        input,
        grants: Vec::new(),
        withheld: Vec::new(),
        uses: Vec::new(),
        limits: Limits {
            cpu_time_ms: 600_000,
            spans: 1_000_000,
            events: 10_000_000,
            event_bytes: 1 << 40,
            ..Limits::default()
        },
        seed: [1; 32],
        history: Arc::default(),
        replay: Replay::Resume,
    }
}

/// The flows whose start-up we answer for.
const FLOWS: [(&str, &str); 3] = [
    ("pass", "from sluice import flow\n@flow\ndef nothing():\n    pass\n"),
    (
        "trivial",
        "from sluice import flow\n@flow\ndef trivial(a: int = 41) -> int:\n    return a + 1\n",
    ),
    (
        "imports",
        "import json, re, datetime, random, uuid
from sluice import flow
@flow
def imports() -> list:
    day = datetime.datetime(2024, 1, 1) + datetime.timedelta(days=3)
    drawn = [random.random(), str(uuid.uuid4())]
    read = [json.loads('{\"k\": [1, 2.5, \"x\"]}'), re.findall('[0-9]+', 'a1b22'), str(day)]
    return drawn + read
",
    ),
];

/// The same flow, but it sleeps for an hour before it returns.
fn then_wait(source: &str) -> String {
    let (before, last) = source.trim_end().rsplit_once("    ").unwrap_or_default();
    format!("{before}    flow.sleep(3600)\n    {last}\n")
}

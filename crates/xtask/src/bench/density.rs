//! Memory that one live instance keeps to itself, while its flow waits.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context as _;
use serde_json::json;
use sluice_model::EventBody;
use sluice_sandbox::LocalDoor;
use tokio::sync::Notify;

use super::{Bench, Prepared};

const INSTANCES: usize = 100;

/// Flows that do a little, then wait.
const FLOWS: [(&str, &str); 2] = [
    ("nothing done", "from sluice import flow\n@flow\ndef wait():\n    flow.sleep(3600)\n"),
    (
        "json, re, datetime, random, uuid used",
        "import json, re, datetime, random, uuid
from sluice import flow
@flow
def wait():
    json.loads('[1, 2]'), re.findall('a', 'aa'), datetime.datetime.now(), random.random(), uuid.uuid4()
    flow.sleep(3600)
",
    ),
];

pub(super) fn measure() -> anyhow::Result<()> {
    println!("\nmemory of a live instance, KiB each of {INSTANCES}");
    for (what, source) in FLOWS {
        let bench = Bench::open()?;
        let flow = bench.prepare(source)?;
        let (private, resident) = waiting(bench, flow)?;
        println!("  {what:<38} {private:>6.0} private dirty   {resident:>6.0} resident");
    }
    Ok(())
}

/// KiB that each of many waiting instances adds to this process: private dirty, resident.
fn waiting(bench: Bench, flow: Prepared) -> anyhow::Result<(f64, f64)> {
    let Bench { sandbox, runtime } = bench;
    let (sandbox, waiting, all) =
        (Arc::new(sandbox), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    runtime.block_on(async {
        let before = Memory::now()?;
        for _ in 0..INSTANCES {
            let (sandbox, waiting, all) = (sandbox.clone(), waiting.clone(), all.clone());
            let attempt = super::attempt(&flow, json!({}));
            tokio::spawn(async move {
                let mut door = LocalDoor::new(|_, body| {
                    if matches!(body, EventBody::CallStarted { .. })
                        && waiting.fetch_add(1, Ordering::Relaxed) + 1 == INSTANCES
                    {
                        all.notify_one();
                    }
                });
                sandbox.run(attempt, &mut door, std::future::pending()).await.map(drop)
            });
        }
        all.notified().await;
        let after = Memory::now()?;
        let each = |after: f64, before: f64| (after - before) / INSTANCES as f64;
        Ok((each(after.private_dirty, before.private_dirty), each(after.resident, before.resident)))
    })
}

/// KiB of this process.
struct Memory {
    private_dirty: f64,
    resident: f64,
}

impl Memory {
    fn now() -> anyhow::Result<Memory> {
        let text = fs::read_to_string("/proc/self/smaps_rollup").context("this needs Linux")?;
        let field = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
            number.with_context(|| format!("smaps_rollup has no {name}"))
        };
        Ok(Memory { private_dirty: field("Private_Dirty:")?, resident: field("Rss:")? })
    }
}

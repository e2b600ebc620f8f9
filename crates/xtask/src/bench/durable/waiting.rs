//! 10,000 runs that wait for somebody: what they take while nothing happens.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::json;
use sluice_db::{AskFilter, RunFilter, Tenant};
use sluice_executor::{Settings, now_us};
use sluice_model::RunState;

use super::Context;
use super::place::Place;
use super::stores::Fresh;
use crate::bench::density::Memory;
use crate::bench::figures::{Figures, heading, line};

const RUNS: usize = 10_000;

/// Fill the slots of the sandbox and the caches of the store, which stay.
const WARM_UPS: usize = 2_000;

/// Runs that are answered.
const ANSWERS: usize = 100;

/// Submissions under way at a time.
const AT_ONCE: usize = 64;

pub(super) fn measure(context: &Context) -> anyhow::Result<()> {
    context.runtime.block_on(measured(context))
}

async fn measured(context: &Context) -> anyhow::Result<()> {
    let store = context.stores.fresh()?;
    let place = Place::at_work(store.url(), Settings::default()).await?;
    let (client, tenant) = (&place.client, place.client.tenant());
    client.submit_many("waits", &json!({}), WARM_UPS, AT_ONCE).await?;
    all_wait(&tenant).await?;

    let half = context.scaled(RUNS) / 2;
    println!("\n{} runs that wait for an answer", 2 * half);
    let mut runs = Vec::new();
    let mut before = Held::now(&store)?;
    println!("  resident memory of the process: {:.0} MiB before", before.resident);
    // What the process takes once it is busy shows in the first half only.
    for what in ["first", "second"] {
        let began = Instant::now();
        runs.extend(client.submit_many("waits", &json!({}), half, AT_ONCE).await?);
        let submitted = began.elapsed().as_secs_f64();
        all_wait(&tenant).await?;
        let waiting = began.elapsed().as_secs_f64();
        let after = Held::now(&store)?;
        let each = |after: f64, before: f64| (after - before) * 1024.0 / half as f64;
        println!(
            "  the {what} {half}: submitted in {submitted:.1} s, all waiting after {waiting:.1} s; \
             {:.0} MiB resident, {:+.2} KiB a run resident, {:+.2} KiB of its own, {:+.2} KiB on disk",
            after.resident,
            each(after.resident, before.resident),
            each(after.private, before.private),
            each(after.disk, before.disk),
        );
        before = after;
    }

    let mut times = Vec::new();
    for run in runs.iter().step_by((runs.len() / ANSWERS).max(1)) {
        let filter = AskFilter { run: Some(run.clone()), ..AskFilter::default() };
        let asks = tenant.asks(&filter).await?;
        let ask = asks.first().context("a run that waits asks nothing")?;
        let began = Instant::now();
        tenant.answer(&ask.id, &json!(true), "bench", now_us()).await?;
        client.seen_to_its_end(run.clone()).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    heading("one of them is answered");
    line("from the answer to the result", "ms", &Figures::of(times), "a fresh instance, by replay");
    place.close().await
}

/// What the process and the store hold, in MiB.
struct Held {
    resident: f64,
    private: f64,
    disk: f64,
}

impl Held {
    fn now(store: &Fresh) -> anyhow::Result<Held> {
        let memory = Memory::now()?;
        Ok(Held {
            resident: memory.resident / 1024.0,
            private: memory.private_dirty / 1024.0,
            disk: store.size_bytes()? as f64 / f64::from(1 << 20),
        })
    }
}

/// Waits until nothing is queued, then until nothing runs.
async fn all_wait(tenant: &Tenant) -> anyhow::Result<()> {
    for state in [RunState::Queued, RunState::Running] {
        let filter = RunFilter { state: Some(state), limit: Some(1), ..RunFilter::default() };
        while !tenant.runs(&filter).await?.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    Ok(())
}

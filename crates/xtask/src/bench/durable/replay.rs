//! How long a run of 1,000 steps takes to come back where it was.

use std::time::Instant;

use anyhow::Context as _;
use serde_json::json;
use sluice_executor::{Replayed, Replaying, Settings, start_of};

use super::Context;
use super::place::Place;
use crate::bench::figures::{Figures, heading, line};

const STEPS: usize = 1_000;

const SAMPLES: usize = 50;

pub(super) fn measure(context: &Context) -> anyhow::Result<()> {
    context.runtime.block_on(measured(context))
}

async fn measured(context: &Context) -> anyhow::Result<()> {
    let store = context.stores.fresh()?;
    let place = Place::at_work(store.url(), Settings::default()).await?;
    let (client, tenant) = (&place.client, place.client.tenant());
    for (flow, what) in [("steps", "some work"), ("calls", "a call")] {
        let run = client.submit(flow, json!({ "count": STEPS })).await?;
        client.ended(&run).await?;
        let (mut reading, mut replaying) = (Vec::new(), Vec::new());
        let mut count = 0;
        for _ in 0..context.scaled(SAMPLES) {
            let began = Instant::now();
            let events = tenant.history(&run).await?;
            reading.push(began.elapsed().as_secs_f64() * 1e3);
            count = events.len();
            let start = start_of(&events).context("a record without a start")?;
            let record = Replaying {
                events: &events,
                version: client.version(),
                flow: &start.flow,
                input: &start.input,
                grants: &start.grants,
            };
            let began = Instant::now();
            let replayed = client.executor().replay(record, |_| ()).await?;
            replaying.push(began.elapsed().as_secs_f64() * 1e3);
            anyhow::ensure!(replayed == Replayed::Same, "the replay differs: {replayed:?}");
        }
        heading(&format!("{STEPS} steps, each with {what}"));
        let remark = format!("{count} events");
        line("its record read", "ms", &Figures::of(reading), &remark);
        line("replayed", "ms", &Figures::of(replaying), "to reach: 20");
    }
    place.close().await
}

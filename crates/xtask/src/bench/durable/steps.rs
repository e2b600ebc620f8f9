//! What a step costs: alone, and where 64 runs share the disk.

use std::time::Instant;

use serde_json::json;
use sluice_executor::Settings;

use super::Context;
use super::client::Client;
use super::place::Place;
use crate::bench::figures::{Figures, heading, line};

/// Steps of a run.
const STEPS: usize = 100;

/// How often 40 times `fib(10)` are computed.
const FIBS: usize = 100;

pub(super) fn measure(context: &Context) -> anyhow::Result<()> {
    context.runtime.block_on(measured(context))
}

async fn measured(context: &Context) -> anyhow::Result<()> {
    let store = context.stores.fresh()?;
    let place = Place::at_work(store.url(), Settings::default()).await?;
    let client = &place.client;
    for flow in ["steps", "calls", "fibs"] {
        round(client, flow, 64).await?;
    }
    heading("a durable step, of 100 in a run");
    for (flow, what) in [("steps", "some work"), ("calls", "a call that is on disk")] {
        for (runs, rounds) in [(1, 50), (64, 10)] {
            let mut times = Vec::new();
            for _ in 0..context.scaled(rounds) {
                times.push(round(client, flow, runs).await?);
            }
            let times = Figures::of(times);
            let rate = 1e3 / times.median();
            let what = format!("{what}, {}", runs_at_once(runs));
            line(&what, "ms", &times, &format!("{rate:.0} steps a second"));
        }
    }
    heading("40 steps of fib(10), one run");
    let mut times = Vec::new();
    for _ in 0..context.scaled(FIBS) {
        let began = Instant::now();
        let run = client.submit("fibs", json!({ "count": 40 })).await?;
        client.seen_to_its_end(run).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    line("from submission to result", "ms", &Figures::of(times), "to reach: 60");
    place.close().await
}

/// Milliseconds a step, where so many runs begin together.
async fn round(client: &Client, flow: &str, runs: usize) -> anyhow::Result<f64> {
    let began = Instant::now();
    let runs = client.submit_many(flow, &json!({ "count": STEPS }), runs, runs).await?;
    for run in &runs {
        client.ended(run).await?;
    }
    Ok(began.elapsed().as_secs_f64() * 1e3 / (STEPS * runs.len()) as f64)
}

pub(super) fn runs_at_once(runs: usize) -> String {
    if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") }
}

//! From `POST` to the result, for a flow that does nothing: at 1, 8 and 64 clients, and for a time.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use super::Context;
use crate::bench::figures::{Figures, heading, line};

/// Runs of each measurement.
const RUNS: usize = 3_200;

pub(super) async fn measure(context: &Context) -> anyhow::Result<()> {
    load(context, 8, Until::Runs(50)).await?;
    heading("POST to result, a flow that does nothing");
    for clients in [1, 8, 64] {
        let each = context.scaled(RUNS).min(800 * clients) / clients;
        let (times, rate) = load(context, clients, Until::Runs(each)).await?;
        let remark = format!("{rate:.0} runs a second");
        line(&format!("{clients} clients"), "ms", &Figures::of(times), &remark);
    }
    let time = Duration::from_secs(if context.long { 60 } else { 10 });
    let (times, rate) = load(context, 64, Until::Time(Instant::now() + time)).await?;
    let remark = format!("{rate:.0} runs a second");
    line(&format!("64 clients for {} s", time.as_secs()), "ms", &Figures::of(times), &remark);
    Ok(())
}

#[derive(Clone, Copy)]
enum Until {
    Runs(usize),
    Time(Instant),
}

/// Milliseconds of each run, and runs a second.
async fn load(context: &Context, clients: usize, until: Until) -> anyhow::Result<(Vec<f64>, f64)> {
    let began = Instant::now();
    let mut all = JoinSet::new();
    for _ in 0..clients {
        let client = context.server.client().clone();
        all.spawn(async move {
            let mut times = Vec::new();
            let goes_on = |times: &Vec<f64>| match until {
                Until::Runs(runs) => times.len() < runs,
                Until::Time(end) => Instant::now() < end,
            };
            while goes_on(&times) {
                let began = Instant::now();
                client.run("nothing", &json!({})).await?;
                times.push(began.elapsed().as_secs_f64() * 1e3);
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(of_client) = all.join_next().await {
        times.extend(of_client??);
    }
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    Ok((times, rate))
}

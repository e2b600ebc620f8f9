//! From submission to result, for a flow that does nothing: the price of being durable at all.

use std::time::Instant;

use serde_json::json;
use sluice_executor::Settings;
use tokio::task::JoinSet;

use super::Context;
use super::place::Place;
use crate::bench::figures::{Figures, heading, line};

/// Not measured.
const WARM_UPS: usize = 50;

const SAMPLES: usize = 500;

/// Who submits at a time where many do.
const CLIENTS: usize = 64;

/// Runs of each of them.
const EACH: usize = 50;

pub(super) fn measure(context: &Context) -> anyhow::Result<()> {
    context.runtime.block_on(measured(context))
}

async fn measured(context: &Context) -> anyhow::Result<()> {
    let store = context.stores.fresh()?;
    let place = Place::at_work(store.url(), Settings::default()).await?;
    let client = &place.client;
    let (mut submitting, mut whole) = (Vec::new(), Vec::new());
    for round in 0..WARM_UPS + context.scaled(SAMPLES) {
        let began = Instant::now();
        let run = client.submit("nothing", json!({})).await?;
        let submitted = began.elapsed();
        client.seen_to_its_end(run).await?;
        if round >= WARM_UPS {
            submitting.push(submitted.as_secs_f64() * 1e3);
            whole.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    heading("a flow that does nothing, one client");
    line("submitted", "ms", &Figures::of(submitting), "");
    line("from submission to result", "ms", &Figures::of(whole), "");

    let each = context.scaled(EACH);
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let client = client.clone();
        clients.spawn(async move {
            let mut times = Vec::with_capacity(each);
            for _ in 0..each {
                let began = Instant::now();
                let run = client.submit("nothing", json!({})).await?;
                client.seen_to_its_end(run).await?;
                times.push(began.elapsed().as_secs_f64() * 1e3);
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(of_client) = clients.join_next().await {
        times.extend(of_client??);
    }
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    heading(&format!("the same, {CLIENTS} clients"));
    let remark = format!("{rate:.0} runs a second");
    line("from submission to result", "ms", &Figures::of(times), &remark);
    place.close().await
}

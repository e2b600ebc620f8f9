//! How long one run takes from nothing to the end of its instance, and what a span and a call cost.

use std::time::Instant;

use serde_json::json;
use sluice_sandbox::LocalDoor;

use super::figures::{Figures, heading, line};
use super::{Bench, FLOWS, Prepared};

/// Not measured: they fill the slots and the caches.
const WARM_UPS: usize = 50;

pub(super) fn measure(samples: usize) -> anyhow::Result<()> {
    let bench = Bench::open()?;
    heading("latency, one thread, fresh instance");
    let instantiate =
        sample(samples, || Ok(bench.runtime.block_on(bench.sandbox.instantiate())?))?;
    line("instantiate and drop", "ms", &instantiate, "");

    // The flows take turns, so that a slow moment of the machine meets all of them.
    let flows = FLOWS
        .iter()
        .map(|(name, source)| Ok((*name, bench.prepare(source)?)))
        .collect::<anyhow::Result<Vec<(&str, Prepared)>>>()?;
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); flows.len()];
    for round in 0..samples + WARM_UPS {
        for ((_, flow), times) in flows.iter().zip(&mut times) {
            let began = Instant::now();
            bench.run(flow, json!({}))?;
            if round >= WARM_UPS {
                times.push(began.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    for ((name, _), times) in flows.iter().zip(times) {
        line(&format!("run of `{name}`"), "ms", &Figures::of(times), "");
    }

    heading("within a run");
    for (what, body) in [
        ("span pair", "with step('s'): pass"),
        ("span pair with attributes", "with step('s', n=1): pass"),
        ("log line", "info('x')"),
        ("host call (clock)", "now()"),
    ] {
        line(what, "us", &per_iteration(&bench, body)?, "CPU time per iteration");
    }
    heading("a guest that computes without end");
    line("stopped after its CPU budget", "ms", &overrun(&bench)?, "CPU time past 50 ms");
    Ok(())
}

/// CPU milliseconds that an endless loop gets past its budget.
fn overrun(bench: &Bench) -> anyhow::Result<Figures> {
    const BUDGET_MS: u64 = 50;
    let flow =
        bench.prepare("from sluice import flow\n@flow\ndef spin():\n    while True: pass\n")?;
    let mut over = Vec::new();
    for _ in 0..50 {
        let mut attempt = super::attempt(&flow, json!({}));
        attempt.limits.cpu_time_ms = BUDGET_MS;
        let mut door = LocalDoor::new(|_, _| ());
        let run = bench.sandbox.run(attempt, &mut door, std::future::pending());
        let (_, usage) = bench.runtime.block_on(run)?;
        over.push(usage.cpu_time_us as f64 / 1e3 - BUDGET_MS as f64);
    }
    Ok(Figures::of(over))
}

fn sample(count: usize, mut thing: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Figures> {
    let mut times = Vec::with_capacity(count);
    for round in 0..count + WARM_UPS {
        let began = Instant::now();
        thing()?;
        if round >= WARM_UPS {
            times.push(began.elapsed().as_secs_f64() * 1e3);
        }
    }
    Ok(Figures::of(times))
}

/// CPU microseconds of one iteration of a loop with this body, less those of an empty loop.
fn per_iteration(bench: &Bench, body: &str) -> anyhow::Result<Figures> {
    const ITERATIONS: u32 = 10_000;
    let source = |body: &str| {
        format!(
            "from sluice import flow\nfrom time import time as now\n@flow\ndef loop(n: int):\n    step, info = flow.step, flow.log.info\n    for _ in range(n):\n        {body}\n"
        )
    };
    let (full, empty) = (bench.prepare(&source(body))?, bench.prepare(&source("pass"))?);
    let input = json!({ "n": ITERATIONS });
    let mut times = Vec::new();
    for _ in 0..20 {
        let spent = bench.run(&full, input.clone())?.cpu_time_us;
        let overhead = bench.run(&empty, input.clone())?.cpu_time_us;
        times.push(spent.saturating_sub(overhead) as f64 / f64::from(ITERATIONS));
    }
    Ok(Figures::of(times))
}

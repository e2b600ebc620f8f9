//! A quiet tenant's runs beside a tenant that floods the server: with runs, CPU time, memory, events, sockets,
//! and all of that together. The flood's clients stand for other machines: their threads take what is left.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::Context;
use super::server::Client;
use super::socket::Socket;
use crate::bench::figures::{Figures, heading, line};

/// Runs of the quiet tenant beside each flood.
const PROBES: usize = 300;

/// How long a flood swells before it is measured.
const SWELL: Duration = Duration::from_secs(2);

/// What the flood consists of, and how many clients keep it up.
const FLOODS: [(&str, &[(Kind, usize)]); 6] = [
    ("40 runs that compute for ever", &[(Kind::Runs("computes"), 40)]),
    ("16 clients that start runs", &[(Kind::Runs("nothing"), 16)]),
    ("8 runs with 150 MiB each", &[(Kind::Runs("hoards"), 8)]),
    ("4 runs that log", &[(Kind::Runs("chatters"), 4)]),
    ("16 clients that open sockets", &[(Kind::Sockets, 16)]),
    (
        "all of that",
        &[
            (Kind::Runs("computes"), 40),
            (Kind::Runs("nothing"), 16),
            (Kind::Runs("hoards"), 8),
            (Kind::Runs("chatters"), 4),
            (Kind::Sockets, 16),
        ],
    ),
];

#[derive(Clone, Copy)]
enum Kind {
    /// Starts runs of a flow, each when the one before is over.
    Runs(&'static str),
    /// Opens and closes sockets.
    Sockets,
}

pub(super) async fn measure(context: &Context) -> anyhow::Result<()> {
    let quiet = context.server.tenant("quiet").await?;
    probes(&quiet, 50).await?;
    heading("POST to result of a quiet tenant");
    for (number, (flood, kinds)) in FLOODS.iter().enumerate() {
        let alone = Figures::of(probes(&quiet, context.scaled(PROBES)).await?);
        line("alone", "ms", &alone, "");
        let noisy = context.server.tenant(&format!("noisy{number}")).await?;
        let clients = other_machine()?;
        for (kind, count) in *kinds {
            for _ in 0..*count {
                clients.spawn(keep_up(*kind, noisy.clone(), context.server.address()));
            }
        }
        tokio::time::sleep(SWELL).await;
        let beside = Figures::of(probes(&quiet, context.scaled(PROBES)).await?);
        let ratio = beside.p99() / alone.p99();
        line(flood, "ms", &beside, &format!("{ratio:.1} times at p99, to reach: 2"));
        clients.shutdown_background();
        cancel_all(&noisy).await?;
    }
    Ok(())
}

/// Milliseconds of each run, one after the other.
async fn probes(quiet: &Client, count: usize) -> anyhow::Result<Vec<f64>> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let began = Instant::now();
        quiet.run("nothing", &json!({})).await?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(times)
}

async fn keep_up(kind: Kind, noisy: Client, server: std::net::SocketAddr) {
    loop {
        let kept_up = match kind {
            Kind::Runs(flow) => {
                let path = format!("/v1/flows/{flow}/runs");
                noisy.post(&path, &json!({}), true).await.map(|_| ())
            }
            Kind::Sockets => Socket::as_client(&noisy, server).await.map(|_| ()),
        };
        if kept_up.is_err() {
            // The server says no, as it may.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Threads that take what others leave.
fn other_machine() -> anyhow::Result<Runtime> {
    let nicest = || {
        // As nice as it is, where it may not be nicer.
        let _ = rustix::process::setpriority_process(None, 19);
    };
    Ok(Builder::new_multi_thread()
        .worker_threads(2)
        .on_thread_start(nicest)
        .enable_all()
        .build()?)
}

/// Cancels what a tenant has, and waits until it is gone.
async fn cancel_all(noisy: &Client) -> anyhow::Result<()> {
    loop {
        let mut live = 0;
        for state in ["queued", "running", "waiting"] {
            let runs = noisy.get(&format!("/v1/runs?state={state}&limit=500")).await?;
            for run in runs["items"].as_array().map(Vec::as_slice).unwrap_or_default() {
                live += 1;
                let id = run["run"].as_str().unwrap_or_default();
                let reason: Value = json!({ "reason": "the flood is over" });
                noisy.post(&format!("/v1/runs/{id}/cancel"), &reason, false).await?;
            }
        }
        if live == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

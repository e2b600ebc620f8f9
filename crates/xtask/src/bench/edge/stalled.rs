//! 1,000 viewers that do not read: what they cost the server, and the run that they watch.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpSocket;

use super::Context;
use super::socket::Socket;
use crate::bench::density::Memory;
use crate::bench::figures::Figures;

const VIEWERS: usize = 1_000;

/// Steps each time that much happens, each of three events: more than connections hold.
const STEPS: usize = 3_000;

/// Runs without viewers, and with them.
const ROUNDS: usize = 5;

pub(super) async fn measure(context: &Context) -> anyhow::Result<()> {
    let viewers = context.scaled(VIEWERS);
    bursts(context, 0).await?;
    let before = Memory::now()?;
    let mut times: [[Vec<f64>; 2]; 2] = Default::default();
    let mut growth = 0.0_f64;
    for _ in 0..ROUNDS {
        for (of, viewers) in times.iter_mut().zip([0, viewers]) {
            let ([filling, full], memory) = bursts(context, viewers).await?;
            of[0].push(filling);
            of[1].push(full);
            growth = growth.max(memory.private_dirty - before.private_dirty);
        }
    }
    let [alone, watched] = times.map(|of| of.map(|times| Figures::of(times).median()));
    println!("\n{viewers} viewers that do not read         without      with");
    for (row, what) in ["until their connections are full", "after that"].iter().enumerate() {
        println!(
            "  {what:<33}{:>8.0}  {:>8.0} ms  {:+.0} %",
            alone[row],
            watched[row],
            100.0 * (watched[row] / alone[row] - 1.0),
        );
    }
    println!(
        "the process, with the viewers in it, grows by {:.1} MiB ({:.1} KiB each)",
        growth / 1024.0,
        growth / viewers as f64,
    );
    Ok(())
}

/// Milliseconds that a run takes for each of two bursts, with so many who watch it and do not read; and
/// the memory then.
async fn bursts(context: &Context, viewers: usize) -> anyhow::Result<([f64; 2], Memory)> {
    let (server, client) = (&context.server, context.server.client());
    let run = client.start("bursts", &json!({ "count": context.scaled(STEPS) })).await?;
    let first = asked(context, &run).await?;
    let mut sockets = Vec::with_capacity(viewers);
    for _ in 0..viewers {
        let socket = TcpSocket::new_v4()?;
        // What the kernel holds for a viewer is not what is measured.
        socket.set_recv_buffer_size(4 << 10)?;
        let mut socket = Socket::over(server, socket.connect(server.address()).await?).await?;
        socket.watch(1, &run, 0).await?;
        sockets.push(socket);
    }
    let filling = Instant::now();
    answer(context, &first).await?;
    let second = asked(context, &run).await?;
    let filling = filling.elapsed();
    // Viewers that are behind catch up until nothing more fits.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut watcher = Socket::open(server).await?;
    let full = Instant::now();
    answer(context, &second).await?;
    watcher.watch(1, &run, 0).await?;
    while super::socket::numbers(&watcher.hear().await?)?.is_some() {}
    let times = [filling, full.elapsed()].map(|time| time.as_secs_f64() * 1e3);
    Ok((times, Memory::now()?))
}

/// The question that the run waits for.
async fn asked(context: &Context, run: &str) -> anyhow::Result<String> {
    loop {
        let asks = context.server.client().get(&format!("/v1/asks?state=open&run={run}")).await?;
        match asks["items"][0]["ask"].as_str() {
            Some(ask) => return Ok(ask.to_owned()),
            None => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
}

async fn answer(context: &Context, ask: &str) -> anyhow::Result<()> {
    let path = format!("/v1/asks/{ask}/answer");
    context.server.client().post(&path, &json!({ "value": true }), false).await?;
    Ok(())
}

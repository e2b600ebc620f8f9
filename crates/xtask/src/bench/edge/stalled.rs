//! 1,000 viewers that do not read: what they cost the server, and the run that they watch.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpSocket;

use super::Context;
use super::socket::Socket;
use crate::bench::density::Memory;
use crate::bench::figures::Figures;

const VIEWERS: usize = 1_000;

/// Steps of a run, each of three events.
const STEPS: usize = 3_000;

/// Runs without viewers, and with them.
const ROUNDS: usize = 5;

pub(super) async fn measure(context: &Context) -> anyhow::Result<()> {
    let viewers = context.scaled(VIEWERS);
    burst(context, 0).await?;
    let before = Memory::now()?;
    let (mut alone, mut watched) = (Vec::new(), Vec::new());
    let mut growth = 0.0_f64;
    for _ in 0..ROUNDS {
        alone.push(burst(context, 0).await?.0);
        let (time, memory) = burst(context, viewers).await?;
        watched.push(time);
        growth = growth.max(memory.private_dirty - before.private_dirty);
    }
    let (alone, watched) = (Figures::of(alone).median(), Figures::of(watched).median());
    println!(
        "\n{viewers} viewers that do not read: the run takes {watched:.0} ms, without them \
         {alone:.0} ms ({:+.0} %); the process, with the viewers in it, grows by {:.1} MiB \
         ({:.1} KiB each)",
        100.0 * (watched / alone - 1.0),
        growth / 1024.0,
        growth / viewers as f64,
    );
    Ok(())
}

/// Milliseconds from the answer that a run waits for to its end, with so many who watch it and do not
/// read; and the memory then.
async fn burst(context: &Context, viewers: usize) -> anyhow::Result<(f64, Memory)> {
    let (server, client) = (&context.server, context.server.client());
    let run = client.start("burst", &json!({ "count": context.scaled(STEPS) })).await?;
    let ask = loop {
        let asks = client.get(&format!("/v1/asks?state=open&run={run}")).await?;
        match asks["items"][0]["ask"].as_str() {
            Some(ask) => break ask.to_owned(),
            None => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    let mut sockets = Vec::with_capacity(viewers);
    for _ in 0..viewers {
        let socket = TcpSocket::new_v4()?;
        // What the kernel holds for a viewer is not what is measured.
        socket.set_recv_buffer_size(4 << 10)?;
        let mut socket = Socket::over(server, socket.connect(server.address()).await?).await?;
        socket.watch(1, &run, 0).await?;
        sockets.push(socket);
    }
    let mut watcher = Socket::open(server).await?;
    let began = Instant::now();
    client.post(&format!("/v1/asks/{ask}/answer"), &json!({ "value": true }), false).await?;
    watcher.watch(1, &run, 0).await?;
    while super::socket::numbers(&watcher.hear().await?)?.is_some() {}
    Ok((began.elapsed().as_secs_f64() * 1e3, Memory::now()?))
}

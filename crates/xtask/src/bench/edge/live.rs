//! From the commit of an event to the client that watches, at about 1,000 events a second.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::json;
use sluice_db::Notice;

use super::Context;
use super::socket::{Socket, numbers};
use crate::bench::figures::{Figures, heading, line};

/// Events of one beat: a line of log, and the two ends of a sleep.
const OF_A_BEAT: u64 = 3;

/// Events of all runs in a second.
const RATE: u64 = 1_000;

pub(super) async fn measure(context: &Context) -> anyhow::Result<()> {
    heading("from commit to the client of a socket");
    for runs in [5, 50] {
        let (times, rate) = measured(context, runs).await?;
        let remark = format!("{rate:.0} events a second, to reach: 5 and 20");
        line(&format!("{runs} runs, one socket"), "ms", &Figures::of(times), &remark);
    }
    Ok(())
}

async fn measured(context: &Context, runs: u64) -> anyhow::Result<(Vec<f64>, f64)> {
    let seconds = if context.small { 2 } else { 10 };
    let every_ms = 1_000 * OF_A_BEAT * runs / RATE;
    let input = json!({ "count": seconds * 1_000 / every_ms, "every_ms": every_ms });
    let mut notices = context.server.store().notices();
    let mut socket = Socket::open(&context.server).await?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let committed = tokio::spawn(async move {
        let mut committed: HashMap<String, Vec<(u64, Instant)>> = HashMap::new();
        let heard = async {
            loop {
                match notices.recv().await {
                    Ok(Notice::Events { run, seq, .. }) => {
                        committed.entry(run.to_string()).or_default().push((seq, Instant::now()));
                    }
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        };
        tokio::select! {
            () = heard => {}
            _ = stopped => {}
        }
        committed
    });
    let began = Instant::now();
    for id in 0..runs {
        let run = context.server.client().start("beats", &input).await?;
        socket.watch(usize::try_from(id)?, &run, 0).await?;
    }
    let all_watched = Instant::now();
    let mut received = Vec::new();
    let mut live = runs;
    while live > 0 {
        let message = socket.hear().await?;
        let now = Instant::now();
        match numbers(&message)? {
            Some(numbers) => {
                let run = message["run"].as_str().unwrap_or_default().to_owned();
                received.extend(numbers.into_iter().map(|seq| (run.clone(), seq, now)));
            }
            None => live -= 1,
        }
    }
    let rate = received.len() as f64 / began.elapsed().as_secs_f64();
    // The listener may have ended by itself.
    let _ = stop.send(());
    let committed = committed.await?;
    let mut times = Vec::new();
    for (run, seq, at) in received {
        // What was there before anybody watched is no measure.
        let of_run = committed.get(&run).map(Vec::as_slice).unwrap_or_default();
        let commit = of_run.partition_point(|(last, _)| *last < seq);
        if let Some((_, committed)) = of_run.get(commit).filter(|(_, at)| *at > all_watched) {
            let time = at.checked_duration_since(*committed).unwrap_or(Duration::ZERO);
            times.push(time.as_secs_f64() * 1e3);
        }
    }
    Ok((times, rate))
}

//! 10,000 viewers that come back at random cursors while spans flow: does anybody miss an event, or see
//! one twice?

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::json;

use super::Context;
use super::socket::{Socket, numbers};

const RECONNECTS: usize = 10_000;

/// Who reconnects at a time.
const VIEWERS: usize = 8;

pub(super) async fn measure(context: &Context) -> anyhow::Result<()> {
    let count = context.scaled(RECONNECTS);
    let server = &context.server;
    let input = json!({ "count": 5_000, "every_ms": 10 });
    let run = Arc::new(server.client().start("beats", &input).await?);
    let seen = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let viewers = (0..VIEWERS).map(|viewer| {
        let (run, seen) = (Arc::clone(&run), Arc::clone(&seen));
        async move {
            let mut chance = ChaCha8Rng::seed_from_u64(viewer as u64);
            let (mut gaps, mut doubles, mut events) = (0_u64, 0_u64, 0_u64);
            for _ in 0..count / VIEWERS {
                let mut last = chance.next_u64() % (seen.load(Ordering::Relaxed) + 1);
                let mut socket = Socket::open(server).await?;
                socket.watch(1, &run, last).await?;
                for _ in 0..=chance.next_u32() % 3 {
                    let Some(numbers) = numbers(&socket.hear().await?)? else { break };
                    for seq in numbers {
                        gaps += u64::from(seq > last + 1);
                        doubles += u64::from(seq <= last);
                        last = seq;
                        events += 1;
                    }
                }
                seen.fetch_max(last, Ordering::Relaxed);
            }
            anyhow::Ok((gaps, doubles, events))
        }
    });
    let all = futures_util::future::try_join_all(viewers).await?;
    let sum = |of: fn(&(u64, u64, u64)) -> u64| all.iter().map(of).sum::<u64>();
    println!(
        "\n{count} reconnects at random cursors in {:.1} s: {} events, {} gaps, {} doubles; the run came \
         to event {}",
        began.elapsed().as_secs_f64(),
        sum(|it| it.2),
        sum(|it| it.0),
        sum(|it| it.1),
        seen.load(Ordering::Relaxed),
    );
    server.client().post(&format!("/v1/runs/{run}/cancel"), &json!({}), false).await?;
    Ok(())
}

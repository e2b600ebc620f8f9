//! Instances that are kept alive, to be looked at while their flows wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use sluice_model::EventBody;
use sluice_sandbox::LocalDoor;
use tokio::sync::Notify;

use super::Bench;

/// Starts so many instances of a flow that ends in a long sleep, and looks at this process while
/// they all sleep.
pub(super) fn while_waiting<T>(
    source: &str,
    instances: usize,
    look: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let bench = Bench::open()?;
    let flow = bench.prepare(source)?;
    let sandbox = Arc::new(bench.sandbox);
    let (waiting, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    bench.runtime.block_on(async {
        for _ in 0..instances {
            let (sandbox, waiting, all) = (sandbox.clone(), waiting.clone(), all.clone());
            let attempt = super::attempt(&flow, json!({}));
            tokio::spawn(async move {
                let mut door = LocalDoor::new(|_, body| {
                    if matches!(body, EventBody::CallStarted { .. })
                        && waiting.fetch_add(1, Ordering::Relaxed) + 1 == instances
                    {
                        all.notify_one();
                    }
                });
                sandbox.run(attempt, &mut door, std::future::pending()).await.map(drop)
            });
        }
        all.notified().await;
        look()
    })
}

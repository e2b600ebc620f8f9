//! Runs a Python program of ours as a flow in the sandbox: what a task has to say to Python.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Value;
use sluice_model::{Failure, Limits};
use sluice_sandbox::{Attempt, Ended, ImageSource, LocalDoor, Replay, Sandbox};

use crate::places;

/// A sandbox and the thread that drives it.
pub(crate) struct Guest {
    sandbox: Sandbox,
    runtime: tokio::runtime::Runtime,
}

/// How a program came out: with its output, or by a failure.
pub(crate) type Came<T> = Result<T, Box<Failure>>;

impl Guest {
    /// A sandbox on the runtime image, which is built first where the cache has none.
    pub(crate) fn open() -> anyhow::Result<Guest> {
        let source = ImageSource { cache_dir: places::cache_dir()?, hash_seed: 0 };
        let image = source.open(&mut |stage| eprintln!("{stage} ..."))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        Ok(Guest { sandbox: Sandbox::new(image)?, runtime })
    }

    /// Runs the only flow of a source in a fresh instance, and says how long it took.
    pub(crate) fn run<T: DeserializeOwned>(
        &self,
        source: &str,
        input: Value,
    ) -> anyhow::Result<(Came<T>, Duration)> {
        let attempt = Attempt {
            source: source.into(),
            code: Arc::default(),
            flow: String::new(),
            input,
            grants: Vec::new(),
            withheld: Vec::new(),
            uses: Vec::new(),
            limits: generous(),
            seed: [0; 32],
            history: Arc::default(),
            replay: Replay::Resume,
        };
        let began = Instant::now();
        let mut door = LocalDoor::new(|_, _| ());
        let run = self.sandbox.run(attempt, &mut door, std::future::pending());
        let (Ended::Finished { outcome, .. }, _) = self.runtime.block_on(run)? else {
            anyhow::bail!("a program without a record was suspended");
        };
        let came = match outcome.into_result() {
            Ok(output) => Ok(serde_json::from_value(output)?),
            Err(failure) => Err(failure),
        };
        Ok((came, began.elapsed()))
    }
}

/// Limits for programs of ours: they end what hangs, and nothing else.
fn generous() -> Limits {
    Limits {
        cpu_time_ms: 300_000,
        wall_time_ms: 600_000,
        memory_bytes: 2 << 30,
        output_bytes: 256 << 20,
        spans: 1_000_000,
        events: 10_000_000,
        calls: 1_000_000,
        event_bytes: 4 << 30,
        string_bytes: 4 << 20,
        payload_bytes: 64 << 20,
        ..Limits::default()
    }
}

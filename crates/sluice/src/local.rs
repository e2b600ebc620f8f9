//! Runs on this machine: the sandbox and the door put together, and the record that begins with
//! `RunStarted` and ends with `RunEnded`. The only module that knows the sandbox crate.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sluice_model::{Capability, Code, Event, EventBody, Failure, Limits, Outcome, Usage};
use sluice_sandbox::{Attempt, ImageSource, LocalDoor, Sandbox};

pub use sluice_sandbox::{BuildStage, Described};

use crate::settings;

/// Where the runtime image of this machine comes from, by the environment.
pub fn image_source() -> anyhow::Result<ImageSource> {
    Ok(ImageSource { cache_dir: settings::cache_dir()?, hash_seed: settings::hash_seed()? })
}

/// A sandbox, ready to run flows.
pub struct Local {
    sandbox: Sandbox,
    image_digest: String,
}

/// What a run is started with.
pub struct Launch {
    /// The source of the flow.
    pub source: Arc<str>,
    /// What `describe` compiled it to.
    pub code: Arc<[u8]>,
    /// The flow's name.
    pub flow: String,
    /// Its input.
    pub input: Value,
    /// What it may do.
    pub grants: Vec<Capability>,
    /// What it asks to do.
    pub uses: Vec<Capability>,
    /// Its ceilings.
    pub limits: Limits,
    /// Where its randomness begins.
    pub seed: [u8; 32],
}

impl Local {
    /// Opens the sandbox. Builds the runtime image first where the cache has none; `report` hears
    /// each stage.
    pub fn open(report: &mut dyn FnMut(BuildStage)) -> anyhow::Result<Local> {
        let image = image_source()?.open(report)?;
        let image_digest = image.digest().to_owned();
        Ok(Local { sandbox: Sandbox::new(image)?, image_digest })
    }

    /// Digest of the runtime image.
    pub fn image_digest(&self) -> &str {
        &self.image_digest
    }

    /// The flows of a source, or why it cannot be loaded.
    pub async fn describe(&self, source: &str) -> anyhow::Result<Result<Described, Failure>> {
        Ok(self.sandbox.describe(source).await?)
    }

    /// Runs a flow. `record` hears each event as it happens.
    pub async fn run(
        &self,
        launch: Launch,
        record: impl FnMut(Event) + Send,
        cancel: impl Future<Output = ()> + Send,
    ) -> anyhow::Result<(Outcome, Usage)> {
        let mut record = numbered(record);
        record(now_us(), self.started(&launch.flow, &launch.source, &launch.limits));
        let attempt = Attempt {
            source: launch.source,
            code: launch.code,
            flow: launch.flow,
            input: launch.input,
            grants: launch.grants,
            uses: launch.uses,
            limits: launch.limits,
            seed: launch.seed,
        };
        let ran = {
            let mut door = LocalDoor::new(&mut record);
            self.sandbox.run(attempt, &mut door, cancel).await
        };
        let (outcome, usage) = match ran {
            Ok(ended) => ended,
            Err(error) => {
                // The record of a run has an end whatever happens.
                let failure = Failure::new(Code::PlatformError, error.to_string());
                let outcome = Outcome::from_failure(failure);
                record(now_us(), EventBody::RunEnded { outcome, usage: Usage::default() });
                return Err(error.into());
            }
        };
        record(now_us(), EventBody::RunEnded { outcome: outcome.clone(), usage: usage.clone() });
        Ok((outcome, usage))
    }

    /// The record of a run that failed before its sandbox was made: its beginning and its end.
    pub fn refuse(
        &self,
        flow: &str,
        source: &str,
        limits: &Limits,
        failure: Failure,
        record: impl FnMut(Event),
    ) -> Outcome {
        let mut record = numbered(record);
        let outcome = Outcome::from_failure(failure);
        record(now_us(), self.started(flow, source, limits));
        let usage = Usage::default();
        record(now_us(), EventBody::RunEnded { outcome: outcome.clone(), usage });
        outcome
    }

    fn started(&self, flow: &str, source: &str, limits: &Limits) -> EventBody {
        EventBody::RunStarted {
            flow: flow.to_owned(),
            source_digest: digest(source),
            image_digest: self.image_digest.clone(),
            limits: limits.clone(),
        }
    }
}

/// Microseconds since the Unix epoch.
pub fn now_us() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX)
}

/// SHA-256 of a source, in hex.
pub fn digest(source: &str) -> String {
    hex(&Sha256::digest(source.as_bytes()))
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

fn numbered(mut record: impl FnMut(Event)) -> impl FnMut(u64, EventBody) {
    let mut seq = 0;
    move |at_us, body| {
        seq += 1;
        record(Event { seq, at_us, body });
    }
}

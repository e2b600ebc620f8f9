//! This machine: the sandbox, the store, and the executor that runs the one's flows out of the
//! other. The only module that knows their crates.

mod hearing;
mod machine;
mod means;
mod outside;
mod records;

use std::sync::Arc;

use serde_json::Value;
use sluice_model::{Event, EventBody, Failure, Limits, Observed, Outcome, Usage};
use sluice_sandbox::{Attempt, Ended, ImageSource, LocalDoor, NO_CLIENTS, Replay, Sandbox};

pub use sluice_executor::{
    Plan, Replayed, check_schema, hex, now_us, seed_of_hex, sha256, start_of, without_words,
};
pub use sluice_sandbox::{BuildStage, Described};

pub use self::hearing::{Heard, Hearing, until_idle};
pub use self::machine::{LocalMachine, Only};
pub use self::means::LocalMeans;
pub use self::outside::{Keys, outside, reseal_keys};
pub use self::records::LocalRecords;

use crate::settings;

/// Who works on this machine, in the words of records.
fn person() -> String {
    settings::person().unwrap_or_else(|| "this machine".to_owned())
}

/// Where the runtime image of this machine comes from, by the environment.
pub fn image_source() -> anyhow::Result<ImageSource> {
    Ok(ImageSource { cache_dir: settings::cache_dir()?, hash_seed: settings::hash_seed()? })
}

/// A sandbox, ready to run flows.
pub struct Local {
    sandbox: Sandbox,
}

impl Local {
    /// Opens the sandbox. Builds the runtime image first where the cache has none; `report` hears
    /// each stage.
    pub fn open(report: &mut dyn FnMut(BuildStage)) -> anyhow::Result<Local> {
        let image = image_source()?.open(report)?;
        Ok(Local { sandbox: Sandbox::new(image)? })
    }

    /// Digest of the runtime image.
    pub fn image_digest(&self) -> &str {
        self.sandbox.image_digest()
    }

    /// The flows of a source, or why it cannot be loaded.
    pub async fn describe(&self, source: &str) -> anyhow::Result<Result<Described, Failure>> {
        Ok(self.sandbox.describe(source, NO_CLIENTS).await?)
    }

    /// Runs a flow that may do nothing, without a store and without a trace.
    pub async fn try_out(
        &self,
        source: &str,
        described: &Described,
        input: Value,
    ) -> anyhow::Result<(Outcome, Usage)> {
        let attempt = Attempt {
            source: Arc::from(source),
            code: Arc::clone(&described.code),
            flow: String::new(),
            input,
            grants: Vec::new(),
            withheld: Vec::new(),
            uses: Vec::new(),
            limits: Limits::default(),
            seed: [0; 32],
            history: Arc::default(),
            replay: Replay::Resume,
        };
        let mut door = LocalDoor::new(|_, _| ());
        let (ended, usage) = self.sandbox.run(attempt, &mut door, std::future::pending()).await?;
        let Ended::Finished { outcome, .. } = ended else {
            anyhow::bail!("the sandbox stopped before the flow ended");
        };
        Ok((outcome, usage))
    }
}

/// The end of a run that could not begin: all there is of its record.
pub fn end_of_refused(outcome: Outcome) -> Event {
    let body = EventBody::RunEnded { outcome, usage: Usage::default() };
    Event { seq: 1, at_us: now_us(), observed: Observed::default(), body }
}

/// An error of the store, with what to do about it.
fn cannot_open(error: sluice_db::DbError) -> anyhow::Error {
    use sluice_db::DbError;

    use crate::exit::Usage as WrongUsage;
    match &error {
        DbError::Address { .. } => WrongUsage::new(error.to_string())
            .hint("name a file, or postgres://USER@HOST/DATABASE, with --store or SLUICE_STORE")
            .into(),
        DbError::Open { .. } => WrongUsage::new(error.to_string())
            .hint("may you write it? --store or SLUICE_STORE names another place")
            .into(),
        _ => error.into(),
    }
}

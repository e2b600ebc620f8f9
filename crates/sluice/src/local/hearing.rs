//! What the store of this machine tells, for whoever works on it.

use std::time::Duration;

use sluice_db::{Notice, Store};
use sluice_model::{RunId, RunState};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::LocalRecords;
use crate::site::{Records as _, Runs};

/// How often the store is asked whether something is still going on.
const LOOK: Duration = Duration::from_millis(100);

/// What is heard of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// There is something new about this run.
    About(RunId),
    /// Something happened.
    Something,
}

/// What the store tells, from now on.
pub struct Hearing(Receiver<Notice>);

impl Hearing {
    /// Of that store.
    pub(super) fn of(store: &Store) -> Hearing {
        Hearing(store.notices())
    }

    /// The next thing that is heard.
    pub async fn next(&mut self) -> Heard {
        match self.0.recv().await {
            Ok(notice) => heard(notice),
            Err(RecvError::Lagged(_)) => Heard::Something,
            // The store lives as long as whoever listens.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    /// The same where it is there already.
    pub fn try_next(&mut self) -> Option<Heard> {
        match self.0.try_recv() {
            Ok(notice) => Some(heard(notice)),
            Err(TryRecvError::Lagged(_)) => Some(Heard::Something),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }
}

fn heard(notice: Notice) -> Heard {
    match notice {
        Notice::Events { run, .. } => Heard::About(run),
        Notice::Queued | Notice::Run(_) | Notice::Elsewhere => Heard::Something,
    }
}

/// Waits until no run of the store is queued or running.
pub async fn until_idle(records: &LocalRecords) -> anyhow::Result<()> {
    loop {
        let mut is_idle = true;
        for state in [RunState::Queued, RunState::Running] {
            let one = Runs { state: Some(state), limit: 1, ..Runs::default() };
            is_idle &= records.runs(&one).await?.is_empty();
        }
        if is_idle {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
}

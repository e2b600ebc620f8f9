//! Waiting for a run, until it is where somebody wants it, their time is over, or the server stops.

use std::time::Duration;

use sluice_db::{AskFilter, AskState, DbError};
use sluice_model::{RunId, RunState};

use crate::auth::Identity;
use crate::edge::Edge;
use crate::problem::Problem;

/// How often the store is asked where nothing was heard.
const NET: Duration = Duration::from_secs(1);

/// What of a run is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// Its end.
    Ended,
    /// Its end, or a question that somebody has to answer before it goes on.
    Settled,
}

/// Waits, as long as that at most and no longer than the server lets anybody wait.
pub(crate) async fn wait(
    edge: &Edge,
    identity: &Identity,
    run: &RunId,
    until: Until,
    most: Duration,
) -> Result<(), Problem> {
    let mut changes = edge.hub().run(run);
    let looked = async {
        loop {
            changes.mark_unchanged();
            if until.is_there(identity, run).await? {
                return Ok(());
            }
            // The net: whether or not it has passed, the run is looked at.
            let _ = tokio::time::timeout(NET, changes.changed()).await;
        }
    };
    tokio::select! {
        looked = looked => looked,
        () = tokio::time::sleep(most.min(edge.settings().longest_wait)) => Ok(()),
        () = edge.stopping() => Ok(()),
    }
}

impl Until {
    async fn is_there(self, identity: &Identity, run: &RunId) -> Result<bool, DbError> {
        let tenant = &identity.tenant;
        match tenant.run(run).await?.map(|row| row.state) {
            None | Some(RunState::Ended) => Ok(true),
            Some(RunState::Waiting) if self == Until::Settled => {
                let (run, state) = (Some(run.clone()), Some(AskState::Open));
                let filter = AskFilter { run, state, limit: Some(1), ..AskFilter::default() };
                Ok(!tenant.asks(&filter).await?.is_empty())
            }
            Some(RunState::Queued | RunState::Running | RunState::Waiting) => Ok(false),
        }
    }
}

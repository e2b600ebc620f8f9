//! Waiting for a run until there is something to say: it ended, or it waits for an answer.

use std::time::Duration;

use sluice_db::{AskFilter, AskState};
use sluice_model::{RunId, RunState};

use super::Agent;
use crate::problem::Problem;
use crate::routes::start::until_ended;

/// How often the store is asked where nothing was heard.
const NET: Duration = Duration::from_secs(1);

/// How long a run that was asked to end is waited for.
const CANCELLING: Duration = Duration::from_secs(5);

/// Waits until the run is over or asks somebody, the time is over, or the server stops.
pub(super) async fn wait(agent: &Agent, run: &RunId, most_ms: u64) -> Result<(), Problem> {
    let most = Duration::from_millis(most_ms).min(agent.edge.settings().longest_wait);
    let mut changes = agent.edge.hub().run(run);
    let looked = async {
        loop {
            changes.mark_unchanged();
            if is_settled(agent, run).await? {
                return Ok(());
            }
            // The net: whether or not it has passed, the run is looked at.
            let _ = tokio::time::timeout(NET, changes.changed()).await;
        }
    };
    tokio::select! {
        settled = looked => settled,
        () = tokio::time::sleep(most) => Ok(()),
        () = agent.edge.stopping() => Ok(()),
    }
}

/// Waits a moment for a run that was asked to end.
pub(super) async fn ended(agent: &Agent, run: &RunId) -> Result<(), Problem> {
    until_ended(&agent.edge, &agent.identity, run, CANCELLING).await
}

/// Whether the run goes on by itself no further.
async fn is_settled(agent: &Agent, run: &RunId) -> Result<bool, Problem> {
    let tenant = &agent.identity.tenant;
    match tenant.run(run).await?.map(|row| row.state) {
        None | Some(RunState::Ended) => Ok(true),
        Some(RunState::Queued | RunState::Running) => Ok(false),
        Some(RunState::Waiting) => {
            let (run, state) = (Some(run.clone()), Some(AskState::Open));
            let filter = AskFilter { run, state, limit: Some(1), ..AskFilter::default() };
            Ok(!tenant.asks(&filter).await?.is_empty())
        }
    }
}

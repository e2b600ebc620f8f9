//! What one socket watches. All of it is waited for at once, and looked at one by one, so that of a
//! socket that is not read there is one batch in memory and nothing of the store in use.

use futures_util::future::{pending, select_all};
use sluice_model::Code;

use super::run_stream::{Next, RunStream};
use super::runs_stream::{Changed, RunsStream};
use super::words::{Reason, RunsAsked, Said, events};
use crate::auth::Identity;
use crate::edge::Edge;
use crate::problem::Problem;
use crate::routes::found;

/// Subscriptions of a socket at most.
const MOST: usize = 64;

/// The subscriptions of a socket.
pub(super) struct Subscriptions {
    all: Vec<Subscription>,
}

struct Subscription {
    id: u64,
    watched: Watched,
}

enum Watched {
    Run(Box<RunStream>),
    Runs(Box<RunsStream>),
}

impl Watched {
    async fn ready(&mut self) {
        match self {
            Watched::Run(stream) => stream.ready().await,
            Watched::Runs(stream) => stream.ready().await,
        }
    }
}

impl Subscriptions {
    pub(super) fn new() -> Subscriptions {
        Subscriptions { all: Vec::new() }
    }

    /// Begins one.
    pub(super) async fn begin(
        &mut self,
        edge: &Edge,
        identity: &Identity,
        id: u64,
        wanted: (Option<String>, Option<RunsAsked>),
        after: Option<u64>,
    ) -> Result<(), Problem> {
        if self.all.len() >= MOST {
            let message = format!("a socket has at most {MOST} subscriptions");
            return Err(Problem::new(Code::RateLimited, message)
                .hint("End one that is not needed, or open another socket."));
        }
        let tenant = identity.tenant.clone();
        let watched = match wanted {
            (Some(run), None) => {
                let run = found(identity, &run).await?.run;
                let stream = RunStream::new(edge, tenant, run, after.unwrap_or(0));
                Watched::Run(Box::new(stream.with_speech(edge)))
            }
            (None, Some(runs)) => {
                Watched::Runs(Box::new(RunsStream::new(edge.hub(), tenant, runs.flow)))
            }
            _ => return Err(Problem::field("", "it has `run` or `runs`, and not both")),
        };
        self.all.push(Subscription { id, watched });
        Ok(())
    }

    /// Whether there is one of that id.
    pub(super) fn has(&self, id: u64) -> bool {
        self.all.iter().any(|one| one.id == id)
    }

    /// Ends one. False where there is none of that id.
    pub(super) fn end(&mut self, id: u64) -> bool {
        let before = self.all.len();
        self.all.retain(|one| one.id != id);
        self.all.len() < before
    }

    /// Resolves when one is worth a look, and moves it to the end, so that none starves the others.
    pub(super) async fn ready(&mut self) {
        if self.all.is_empty() {
            return pending().await;
        }
        let waits = self.all.iter_mut().map(|one| Box::pin(one.watched.ready()));
        let ((), place, _) = select_all(waits).await;
        self.all[place..].rotate_left(1);
    }

    /// What there is to say of the one that was ready last.
    pub(super) async fn read(&mut self) -> Option<String> {
        let Subscription { id, watched } = self.all.last_mut()?;
        let id = *id;
        let failed = |error| {
            tracing::error!(%error, "a subscription ends");
            Err(Reason::Failed)
        };
        let said = match watched {
            Watched::Run(stream) => match stream.read().await {
                Ok(Next::Batch(batch)) => Ok(Some(events(id, stream.run(), &batch))),
                Ok(Next::Speech(pieces)) => {
                    Ok(Some(Said::Speech { id, run: stream.run(), pieces }.text()))
                }
                Ok(Next::Nothing) => Ok(None),
                Ok(Next::Over) => Err(Reason::RunEnded),
                Err(error) => failed(error),
            },
            Watched::Runs(stream) => match stream.read().await {
                Ok(Changed::Runs(runs)) if runs.is_empty() => Ok(None),
                Ok(Changed::Runs(runs)) => Ok(Some(Said::Runs { id, runs }.text())),
                Ok(Changed::Gap) => Ok(Some(Said::Gap { id }.text())),
                Err(error) => failed(error),
            },
        };
        said.unwrap_or_else(|reason| {
            self.all.pop();
            Some(Said::End { id, reason }.text())
        })
    }
}

//! Following a run: to its end, an interruption, or a reader that went away.

use std::collections::BTreeSet;
use std::time::Duration;

use sluice_model::{CallId, Event, EventBody, Outcome, Request, RunId, Start, Usage};

use super::interrupts::Interrupts;
use super::show::{Conclusion, Show};
use crate::exit::Exit;
use crate::site::{News, Records};
use crate::view::Viewer;

/// How often a question is looked for that was asked and is not in the store yet.
const LOOK: Duration = Duration::from_millis(50);

/// How long a run that nobody sees any more may take to end.
const FAREWELL: Duration = Duration::from_secs(2);

/// Whose the run is, from which follows what an interrupt does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// This process began it: the first interrupt cancels it, the second one leaves it.
    Ours,
    /// It is only looked at.
    Others,
}

/// How it went.
pub enum Followed {
    /// The run ended.
    Ended(Box<Conclusion>),
    /// It goes on, or ends, without us.
    Left(Exit),
}

/// What was seen of a run.
#[derive(Default)]
struct Seen {
    start: Option<Box<Start>>,
    ended: Option<(Outcome, Usage)>,
    /// Calls that ask, and whose question was not found yet.
    asking: BTreeSet<CallId>,
    has_children: bool,
}

/// Shows the run from its beginning to its end, while `work` goes on beside it.
pub async fn follow(
    records: &dyn Records,
    run: &RunId,
    show: &Show,
    whose: Whose,
    work: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<Followed> {
    let mut interrupts = Interrupts::listen()?;
    let mut viewer = show.view();
    let mut feed = records.feed(run);
    let mut seen = Seen::default();
    let mut work = std::pin::pin!(work);
    let mut is_cancelled = false;
    while seen.ended.is_none() {
        tokio::select! {
            biased;
            worked = &mut work => {
                worked?;
                anyhow::bail!("the worker of this process stopped before the run ended");
            }
            news = feed.next() => match news? {
                News::Events(events) => seen.take(events, viewer.as_ref()),
                News::Notice(text) => {
                    if let Some(viewer) = &viewer {
                        viewer.notice(text);
                    }
                }
                News::End => anyhow::bail!("the record of {run} has no end"),
            },
            () = interrupts.next() => {
                if whose == Whose::Others || is_cancelled {
                    return Ok(Followed::Left(Exit::Interrupted));
                }
                is_cancelled = true;
                if let Some(viewer) = &viewer {
                    viewer.notice("Cancelling. Press Ctrl-C again to quit at once.");
                }
                records.cancel(run, "interrupted").await?;
            }
            () = closed(&mut viewer) => {
                viewer.take().map_or(Ok(()), Viewer::finish)?;
                if whose == Whose::Ours {
                    records.cancel(run, "nobody reads its events any more").await?;
                    let end = async { while !matches!(feed.next().await?, News::End) {} Ok(()) };
                    let end: anyhow::Result<()> = tokio::select! {
                        ended = end => ended,
                        worked = &mut work => worked,
                        () = tokio::time::sleep(FAREWELL) => Ok(()),
                    };
                    end?;
                }
                return Ok(Followed::Left(Exit::ClosedPipe));
            }
            () = tokio::time::sleep(LOOK), if !seen.asking.is_empty() => {
                // A question that cannot be looked up now is looked up again; what is wrong, the feed says.
                for ask in records.open_asks_of(run).await.unwrap_or_default() {
                    if let (true, Some(viewer)) = (seen.asking.remove(&ask.call), &viewer) {
                        viewer.asked(ask);
                    }
                }
            }
        }
    }
    viewer.map_or(Ok(()), Viewer::finish)?;
    if whose == Whose::Ours && seen.has_children && !records.is_served() {
        // What the run leaves behind is brought to its end, too.
        tokio::select! {
            worked = &mut work => worked?,
            over = records.until_over_under(run) => over?,
            () = interrupts.next() => {}
        }
    }
    let (Some(start), Some((outcome, usage))) = (seen.start, seen.ended) else {
        anyhow::bail!("the record of {run} does not begin with a run");
    };
    Ok(Followed::Ended(Box::new(Conclusion {
        run: Some(run.clone()),
        flow: start.flow,
        outcome,
        usage,
        seed: Some(start.seed),
        source_digest: start.source_digest,
        image_digest: start.image_digest,
    })))
}

impl Seen {
    fn take(&mut self, events: Vec<Event>, viewer: Option<&Viewer>) {
        for event in events {
            match &event.body {
                EventBody::RunQueued(start) => self.start = Some(start.clone()),
                EventBody::RunEnded { outcome, usage } => {
                    self.ended = Some((outcome.clone(), usage.clone()));
                }
                EventBody::CallStarted { call } => match &call.request {
                    Request::Ask(_) => {
                        self.asking.insert(call.call);
                    }
                    Request::Flow { .. } => self.has_children = true,
                    _ => {}
                },
                EventBody::CallEnded { call, .. } => {
                    self.asking.remove(call);
                }
                _ => {}
            }
            if let Some(viewer) = viewer {
                viewer.event(event);
            }
        }
    }
}

/// Waits until nobody can see the run; for ever where it is not shown at all.
async fn closed(viewer: &mut Option<Viewer>) {
    match viewer {
        Some(viewer) => viewer.closed().await,
        None => std::future::pending().await,
    }
}

//! Seeing a run through: its end, an interruption, or a reader that went away.

use sluice_model::{Event, Outcome, Usage};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::exit::Exit;
use crate::local::{Launch, Local};
use crate::view::Viewer;

/// How it went.
pub enum Drive {
    /// The run ended, and this is how.
    Ended(Outcome, Usage),
    /// Nobody waited for its end.
    Abandoned(Exit),
}

/// Runs until the end. The first interrupt or SIGTERM cancels the run; the second one gives it up.
pub async fn drive(
    local: &Local,
    launch: Launch,
    record: impl FnMut(Event) + Send,
    mut viewer: Option<Viewer>,
) -> anyhow::Result<Drive> {
    let mut interrupts = Interrupts::listen()?;
    let (cancel, cancelled) = oneshot::channel::<()>();
    let mut cancel = Some(cancel);
    let ended = {
        let cancelled = async {
            // The sender lives as long as the run, so this is a cancel and nothing else.
            let _ = cancelled.await;
        };
        let mut run = std::pin::pin!(local.run(launch, record, cancelled));
        loop {
            tokio::select! {
                ended = &mut run => break ended,
                () = interrupts.next() => match cancel.take() {
                    Some(cancel) => {
                        let _ = cancel.send(());
                        if let Some(viewer) = &viewer {
                            viewer.notice("Cancelling. Press Ctrl-C again to quit at once.");
                        }
                    }
                    None => return Ok(Drive::Abandoned(Exit::Interrupted)),
                },
                () = closed(&mut viewer) => {
                    viewer.take().map_or(Ok(()), Viewer::finish)?;
                    return Ok(Drive::Abandoned(Exit::ClosedPipe));
                }
            }
        }
    };
    viewer.map_or(Ok(()), Viewer::finish)?;
    let (outcome, usage) = ended?;
    Ok(Drive::Ended(outcome, usage))
}

/// Waits until nobody can see the run; for ever where it is not shown at all.
async fn closed(viewer: &mut Option<Viewer>) {
    match viewer {
        Some(viewer) => viewer.closed().await,
        None => std::future::pending().await,
    }
}

struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    fn listen() -> std::io::Result<Interrupts> {
        Ok(Interrupts {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

//! A record of a server as it grows. A connection that is lost is made again from the last event that
//! came, so that none is missed and none comes twice.

use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::{Method, Response};
use sluice_model::{Event, EventBody, RunId};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::messages::Messages;
use super::{Refused, Remote};
use crate::site::{Feed, News};

/// Batches that are read ahead of whoever shows them.
const AHEAD: usize = 16;

/// How long nothing may come: a server gives a sign of life every 15 s.
const SILENCE: Duration = Duration::from_secs(40);

/// The wait before a connection is made again: doubled from the first to the second.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How long it is tried.
const PATIENCE: Duration = Duration::from_mins(5);

/// News of a run.
pub(super) struct Stream {
    news: Receiver<anyhow::Result<News>>,
    reading: JoinHandle<()>,
}

impl Stream {
    /// Reads the record of a run from its beginning.
    pub(super) fn new(remote: Remote, run: RunId) -> Stream {
        let (sender, news) = channel(AHEAD);
        let reader = Reader { remote, run, after: 0, sender };
        Stream { news, reading: tokio::spawn(reader.read()) }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

#[async_trait::async_trait]
impl Feed for Stream {
    async fn next(&mut self) -> anyhow::Result<News> {
        self.news.recv().await.unwrap_or(Ok(News::End))
    }
}

struct Reader {
    remote: Remote,
    run: RunId,
    /// The last event that came.
    after: u64,
    sender: Sender<anyhow::Result<News>>,
}

/// Why a connection is over.
enum Over {
    /// The run is, or nobody listens.
    Done,
    /// Another one may bring more. Whether this one brought anything.
    Lost { was_good: bool },
}

impl Reader {
    async fn read(mut self) {
        let mut wait = BACKOFF.0;
        let mut lost_at: Option<Instant> = None;
        loop {
            match self.connect().await {
                Ok(connection) => {
                    if lost_at.take().is_some() {
                        self.tell(format!("Connected to {} again.", self.remote.base())).await;
                    }
                    match self.receive(connection).await {
                        Ok(Over::Done) => return,
                        Ok(Over::Lost { was_good: true }) => wait = BACKOFF.0,
                        Ok(Over::Lost { was_good: false }) => {}
                        Err(error) => return self.fail(error).await,
                    }
                }
                Err(error) => {
                    let refused = error.downcast_ref::<Refused>();
                    let is_final = refused.is_some_and(|refused| !refused.is_passing());
                    let is_long = lost_at.is_some_and(|at| at.elapsed() > PATIENCE);
                    if is_final || is_long {
                        return self.fail(error).await;
                    }
                    if lost_at.is_none() {
                        lost_at = Some(Instant::now());
                        let base = self.remote.base();
                        self.tell(format!("No connection to {base}. Trying again.")).await;
                    }
                }
            }
            tokio::time::sleep(wait).await;
            wait = (2 * wait).min(BACKOFF.1);
        }
    }

    async fn connect(&self) -> anyhow::Result<Response> {
        let request = self.remote.to(Method::GET, &["runs", self.run.as_str(), "events"])?;
        let request = request.header(ACCEPT, "text/event-stream");
        let request = request.header("last-event-id", self.after.to_string());
        timeout(SILENCE, self.remote.answer(request)).await?
    }

    /// Takes what comes until nothing does. The error is no lost connection: trying again is no use.
    async fn receive(&mut self, mut connection: Response) -> anyhow::Result<Over> {
        let mut messages = Messages::default();
        let mut was_good = false;
        while let Ok(Ok(Some(bytes))) = timeout(SILENCE, connection.chunk()).await {
            for message in messages.take(&bytes) {
                let events: Vec<Event> = serde_json::from_str(&message)?;
                let Some(last) = events.last() else { continue };
                let is_next = events.first().is_some_and(|first| first.seq == self.after + 1);
                anyhow::ensure!(is_next, "the record of {} came with a gap", self.run);
                was_good = true;
                self.after = last.seq;
                let is_over = matches!(last.body, EventBody::RunEnded { .. });
                if self.sender.send(Ok(News::Events(events))).await.is_err() || is_over {
                    return Ok(Over::Done);
                }
            }
        }
        Ok(Over::Lost { was_good })
    }

    /// Nobody may listen any more: that ends with the next events.
    async fn tell(&self, text: String) {
        let _ = self.sender.send(Ok(News::Notice(text))).await;
    }

    async fn fail(self, error: anyhow::Error) {
        // As above.
        let _ = self.sender.send(Err(error)).await;
    }
}

//! The store as a whole: opened once, cheap to clone, closed in good order.

use std::collections::HashSet;
use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sluice_model::TenantId;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{broadcast, oneshot};

use crate::address::Address;
use crate::engine::{Conn, Conns, Ears, Heard};
use crate::migrate::migrate;
use crate::notice::of_payload;
use crate::writer::{Message, Signals, Work, Writer, queued};
use crate::{Admin, DbError, Keys, Notice, Queue, Tenant};

/// Connections that read.
const READERS: u32 = 4;

/// Notices that a slow listener may be behind before it loses some.
const MOST_NOTICES: usize = 4_096;

/// Sources that are kept in mind; more are written again, which changes nothing.
const MOST_SOURCES: usize = 10_000;

/// The wait before a lost connection that listens is opened again.
const PAUSE: Duration = Duration::from_secs(1);

/// A store. All clones are the same one.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    address: Address,
    readers: Conns,
    messages: UnboundedSender<Message>,
    signals: Arc<Signals>,
    /// Tenants and digests of sources that are known to be stored for them. Sources stay.
    sources: Mutex<HashSet<(TenantId, String)>>,
    queue: Mutex<QueueState>,
    ears: Option<tokio::task::AbortHandle>,
}

/// What the queue keeps in mind between claims.
#[derive(Default)]
struct QueueState {
    /// The tenant that was served last.
    served: String,
    /// The latest time for which runs were claimed.
    claimed_us: u64,
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(ears) = &self.ears {
            ears.abort();
        }
    }
}

impl Store {
    /// Opens a store: a path or `sqlite:PATH` for SQLite, which is made where it is missing, or a
    /// `postgres://` URL of an existing database. Brings its schema up to date.
    pub async fn open(address: &str) -> Result<Store, DbError> {
        Store::open_as(address, true).await
    }

    /// The control of the power-cut test: an SQLite store with `synchronous=NORMAL`, where a power
    /// cut loses what was acknowledged.
    #[doc(hidden)]
    pub async fn open_without_sync(address: &str) -> Result<Store, DbError> {
        Store::open_as(address, false).await
    }

    async fn open_as(address: &str, syncs: bool) -> Result<Store, DbError> {
        let address = Address::parse(address)?;
        let shown = address.to_string();
        let writing = Conns::open(&address, 1, true).await?;
        let mut conn = writing.take().await?;
        migrate(&mut conn, &shown).await?;
        if !syncs {
            conn.sync_less().await?;
        }
        drop(conn);
        let readers = Conns::open(&address, READERS, false).await?;
        let signals = Arc::new(Signals {
            notices: broadcast::channel(MOST_NOTICES).0,
            is_poisoned: AtomicBool::new(false),
            number: AtomicI64::new(-1),
        });
        let mut writer = Writer::new(writing, Arc::clone(&signals));
        writer.connect().await?;
        let (messages, received) = unbounded_channel();
        tokio::spawn(writer.work(received));
        let ears = match &address {
            Address::Sqlite(_) => None,
            Address::Postgres(url) => {
                let ears = Ears::open(url).await?;
                let listening = listen(url.clone(), ears, Arc::clone(&signals));
                Some(tokio::spawn(listening).abort_handle())
            }
        };
        let inner = Inner {
            address,
            readers,
            messages,
            signals,
            sources: Mutex::default(),
            queue: Mutex::default(),
            ears,
        };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// All that belongs to one tenant.
    pub fn tenant(&self, tenant: &TenantId) -> Tenant {
        Tenant::new(self.clone(), tenant.clone())
    }

    /// The runs of all tenants as executors see them.
    pub fn queue(&self) -> Queue {
        Queue::new(self.clone())
    }

    /// The store as whoever runs it sees it.
    pub fn admin(&self) -> Admin {
        Admin::new(self.clone())
    }

    /// What those who come in show, of whatever tenant they are.
    pub fn keys(&self) -> Keys {
        Keys::new(self.clone())
    }

    /// What is committed from now on, here and elsewhere. A receiver that lagged has lost notices and
    /// is to look at everything, as after [`Notice::Elsewhere`].
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.inner.signals.notices.subscribe()
    }

    /// Where the store is, without a password.
    pub fn url_for_display(&self) -> String {
        self.inner.address.to_string()
    }

    /// The file of an SQLite store.
    pub fn file(&self) -> Option<&Path> {
        match &self.inner.address {
            Address::Sqlite(path) => Some(path),
            Address::Postgres(_) => None,
        }
    }

    /// Finishes what is queued and closes all connections. Other clones answer that the store is
    /// closed from then on.
    pub async fn close(self) {
        let (closed, is_closed) = oneshot::channel();
        if self.inner.messages.send(Message::Close(closed)).is_ok() {
            // A writer that is gone has closed its connection.
            let _ = is_closed.await;
        }
        if let Some(ears) = &self.inner.ears {
            ears.abort();
        }
        self.inner.readers.close().await;
    }

    /// Queues an operation at once, before the future is polled; answers after the commit. Dropping
    /// the future does not take it back.
    pub(crate) fn write<W: Work>(
        &self,
        work: W,
    ) -> impl Future<Output = Result<W::Output, DbError>> + Send + 'static + use<W> {
        let (message, answer) = queued(work);
        // A closed queue drops the message, and with it the sender of the answer.
        let _ = self.inner.messages.send(message);
        async move { answer.await.unwrap_or(Err(DbError::Closed)) }
    }

    /// A connection to read with.
    pub(crate) async fn reader(&self) -> Result<Conn, DbError> {
        if self.inner.signals.is_poisoned.load(Ordering::Acquire) {
            return Err(DbError::Fatal("the disk failed before".to_owned()));
        }
        self.inner.readers.take().await
    }

    /// Whether a source is known to be stored for a tenant.
    pub(crate) fn knows_source(&self, tenant: &TenantId, digest: &str) -> bool {
        let sources = self.inner.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.contains(&(tenant.clone(), digest.to_owned()))
    }

    /// A source is stored for a tenant, and that is committed.
    pub(crate) fn note_source(&self, tenant: &TenantId, digest: &str) {
        let mut sources = self.inner.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.len() < MOST_SOURCES {
            sources.insert((tenant.clone(), digest.to_owned()));
        }
    }

    fn queue_state(&self) -> MutexGuard<'_, QueueState> {
        self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tenant that the queue served last.
    pub(crate) fn served(&self) -> String {
        self.queue_state().served.clone()
    }

    /// The queue has served a tenant.
    pub(crate) fn note_served(&self, tenant: String) {
        self.queue_state().served = tenant;
    }

    /// The latest time for which runs were claimed.
    pub(crate) fn claimed(&self) -> u64 {
        self.queue_state().claimed_us
    }

    /// Runs are claimed that are due at that time.
    pub(crate) fn note_claimed(&self, now_us: u64) {
        let mut state = self.queue_state();
        state.claimed_us = state.claimed_us.max(now_us);
    }
}

/// Hands on what other processes tell.
async fn listen(url: String, mut ears: Ears, signals: Arc<Signals>) {
    loop {
        let elsewhere = match ears.hear().await {
            Ok(Heard::Payload(_, number)) if number == signals.number.load(Ordering::Acquire) => {
                continue;
            }
            Ok(Heard::Payload(payload, _)) => of_payload(&payload).collect(),
            Ok(Heard::Gap) => vec![Notice::Elsewhere],
            Err(_) => {
                ears = loop {
                    tokio::time::sleep(PAUSE).await;
                    if let Ok(ears) = Ears::open(&url).await {
                        break ears;
                    }
                };
                vec![Notice::Elsewhere]
            }
        };
        for notice in elsewhere {
            // Nobody may be waiting.
            let _ = signals.notices.send(notice);
        }
    }
}

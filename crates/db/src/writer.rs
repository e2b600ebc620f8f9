//! The writer: the only one who writes, so that many operations share one commit.
//!
//! Whatever has queued up while a commit was under way goes into the next one together; a lone
//! operation is committed at once. Nobody is answered before the commit, and nobody takes one back.
//! Operations refuse by their output, never by an error; where an error does occur, each operation of
//! the group is done again in a transaction of its own, so that it hits only whoever caused it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use sqlx::SqlSafeStr;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{broadcast, oneshot};
use tokio::time::Instant;

use crate::engine::{Arg, Conn, Conns, Row};
use crate::notice::payloads;
use crate::tally::{self, Tally};
use crate::{DbError, Notice, crash_point};

/// The most operations in one commit.
const MOST_AT_ONCE: usize = 512;

/// About the most rows that one commit adds: whoever has little to write waits for those who have much.
const MOST_ROWS: usize = 4_096;

/// How often a passing error is tried again.
const TRIES: u32 = 5;

/// How often it is looked whether another process has written, where others do not tell.
const LOOK: Duration = Duration::from_millis(50);

/// Something to be written, and what comes of it. It may be run more than once and must not have
/// written anything when it refuses.
pub(crate) trait Work: Send + Sync + 'static {
    /// What the caller is answered.
    type Output: Send + 'static;

    /// Writes.
    fn run(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Output, DbError>> + Send;

    /// About how many rows it adds.
    fn rows(&self) -> usize {
        1
    }
}

/// What is known of the room in a tenant's queue without counting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    /// So many more runs may be queued.
    pub(crate) left: u64,
    /// When there was no room.
    pub(crate) full_at_us: Option<u64>,
}

/// The transaction of a group of operations.
pub(crate) struct Tx {
    conn: Option<Conn>,
    notices: Vec<Notice>,
    /// How many runs each tenant may still queue before they are counted again.
    pub(crate) allowances: HashMap<String, Allowance>,
    /// What is counted for tenants, once an operation is sure to be written.
    pub(crate) tally: Tally,
}

impl Tx {
    fn conn(&mut self) -> Result<&mut Conn, DbError> {
        self.conn.as_mut().ok_or_else(|| DbError::Unreachable("the connection was lost".to_owned()))
    }

    /// Says something to whoever waits, once it is committed.
    pub(crate) fn tell(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) async fn run(
        &mut self,
        sql: impl SqlSafeStr,
        args: Vec<Arg>,
    ) -> Result<u64, DbError> {
        self.conn()?.run(sql, args).await
    }

    /// The rows of a statement.
    pub(crate) async fn rows(
        &mut self,
        sql: impl SqlSafeStr,
        args: Vec<Arg>,
    ) -> Result<Vec<Row>, DbError> {
        self.conn()?.rows(sql, args).await
    }

    /// The first row of a statement.
    pub(crate) async fn row(
        &mut self,
        sql: impl SqlSafeStr,
        args: Vec<Arg>,
    ) -> Result<Option<Row>, DbError> {
        self.conn()?.row(sql, args).await
    }

    /// What follows a selection whose rows are to be changed.
    pub(crate) fn for_update(&self) -> &'static str {
        self.conn.as_ref().map_or("", Conn::for_update)
    }

    /// The same, leaving out rows that another process is changing.
    pub(crate) fn for_update_of_free(&self) -> &'static str {
        self.conn.as_ref().map_or("", Conn::for_update_of_free)
    }
}

type Answered<'a> = Pin<Box<dyn Future<Output = Result<(), DbError>> + Send + 'a>>;

/// An operation of any kind, and who waits for it.
pub(crate) trait Queued: Send {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> Answered<'a>;
    fn answer(self: Box<Self>, committed: Result<(), DbError>);
    fn rows(&self) -> usize;
}

struct Waiting<W: Work> {
    work: W,
    output: Option<W::Output>,
    reply: oneshot::Sender<Result<W::Output, DbError>>,
}

impl<W: Work> Queued for Waiting<W> {
    fn run<'a>(&'a mut self, tx: &'a mut Tx) -> Answered<'a> {
        Box::pin(async move {
            self.output = Some(self.work.run(tx).await?);
            Ok(())
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), DbError>) {
        let Waiting { output, reply, .. } = *self;
        let answer = committed.and_then(|()| output.ok_or(DbError::Closed));
        // Whoever asked may not wait any more; it is written all the same.
        let _ = reply.send(answer);
    }

    fn rows(&self) -> usize {
        self.work.rows()
    }
}

/// An operation for the queue, and its answer.
pub(crate) fn queued<W: Work>(work: W) -> (Message, oneshot::Receiver<Result<W::Output, DbError>>) {
    let (reply, answer) = oneshot::channel();
    (Message::Work(Box::new(Waiting { work, output: None, reply })), answer)
}

/// What the writer is sent.
pub(crate) enum Message {
    /// An operation.
    Work(Box<dyn Queued>),
    /// The last message; answered when the connection is closed.
    Close(oneshot::Sender<()>),
}

/// What the writer shares with the rest of the store.
pub(crate) struct Signals {
    /// Who waits for notices.
    pub(crate) notices: broadcast::Sender<Notice>,
    /// Set for good when the disk failed.
    pub(crate) is_poisoned: AtomicBool,
    /// The number of the writer's connection; -1 where it has none.
    pub(crate) number: AtomicI64,
}

/// The writer.
pub(crate) struct Writer {
    conns: Conns,
    tx: Tx,
    signals: Arc<Signals>,
    version_of_others: Option<i64>,
    looked: Instant,
    looks: bool,
}

impl Writer {
    pub(crate) fn new(conns: Conns, signals: Arc<Signals>) -> Writer {
        let looks = matches!(conns, Conns::Sqlite(_));
        let tx = Tx {
            conn: None,
            notices: Vec::new(),
            allowances: HashMap::new(),
            tally: Tally::default(),
        };
        Writer { conns, tx, signals, version_of_others: None, looked: Instant::now(), looks }
    }

    /// Writes until the store is closed or nobody is left who could ask.
    pub(crate) async fn work(mut self, mut messages: UnboundedReceiver<Message>) {
        let mut group: Vec<Box<dyn Queued>> = Vec::new();
        let mut closing = None;
        while closing.is_none() {
            let message = tokio::select! {
                biased;
                message = messages.recv() => message,
                () = tokio::time::sleep(LOOK), if self.looks => {
                    self.look_elsewhere().await;
                    continue;
                }
            };
            let Some(message) = message else { break };
            let mut next = Some(message);
            let mut rows = 0;
            while let Some(message) = next {
                match message {
                    Message::Work(work) => {
                        rows += work.rows();
                        group.push(work);
                    }
                    Message::Close(closed) => closing = Some(closed),
                }
                let is_full = group.len() >= MOST_AT_ONCE || rows >= MOST_ROWS || closing.is_some();
                next = if is_full { None } else { messages.try_recv().ok() };
            }
            self.commit(std::mem::take(&mut group)).await;
            if self.looked.elapsed() >= LOOK {
                self.look_elsewhere().await;
            }
        }
        messages.close();
        drop(self.tx.conn.take());
        self.conns.close().await;
        if let Some(closed) = closing {
            let _ = closed.send(());
        }
    }

    async fn commit(&mut self, mut group: Vec<Box<dyn Queued>>) {
        if self.signals.is_poisoned.load(Ordering::Acquire) {
            let text = "the disk failed before".to_owned();
            answer(group, &Err(DbError::Fatal(text)));
            return;
        }
        if group.is_empty() {
            return;
        }
        let committed = self.transaction(&mut group).await;
        let is_over = match &committed {
            Ok(()) | Err(DbError::Fatal(_) | DbError::Unknown(_) | DbError::Closed) => true,
            Err(_) => false,
        };
        if is_over {
            crash_point("before-answer");
            answer(group, &committed);
            return;
        }
        for work in group {
            let mut alone = vec![work];
            let mut committed = self.transaction(&mut alone).await;
            for tried in 1..TRIES {
                match &committed {
                    Err(error) if error.is_passing() => {
                        tokio::time::sleep(Duration::from_millis(20 << tried)).await;
                        committed = self.transaction(&mut alone).await;
                    }
                    _ => break,
                }
            }
            answer(alone, &committed);
        }
    }

    /// Runs operations in one transaction. After an error nothing of it is left, unless the error says
    /// that nobody knows.
    async fn transaction(&mut self, group: &mut [Box<dyn Queued>]) -> Result<(), DbError> {
        self.connect().await?;
        crash_point("before-begin");
        let done = self.operations(group).await;
        let committed = match done {
            Ok(()) => {
                crash_point("before-commit");
                match self.script("COMMIT").await {
                    Err(DbError::Unreachable(why)) => Err(DbError::Unknown(why)),
                    committed => committed,
                }
            }
            Err(error) => Err(error),
        };
        let notices = std::mem::take(&mut self.tx.notices);
        match committed {
            Ok(()) => {
                crash_point("after-commit");
                for notice in notices {
                    // Nobody may be waiting.
                    let _ = self.signals.notices.send(notice);
                }
                Ok(())
            }
            Err(error) => {
                self.roll_back(&error).await;
                Err(error)
            }
        }
    }

    async fn operations(&mut self, group: &mut [Box<dyn Queued>]) -> Result<(), DbError> {
        self.tx.tally = Tally::default();
        self.tx.conn()?.begin().await?;
        for work in group {
            work.run(&mut self.tx).await?;
        }
        tally::write(&mut self.tx).await?;
        if !self.looks && !self.tx.notices.is_empty() {
            let payloads = payloads(&self.tx.notices);
            self.tx.conn()?.tell_others(payloads).await?;
        }
        Ok(())
    }

    async fn roll_back(&mut self, error: &DbError) {
        if let DbError::Fatal(_) = error {
            self.signals.is_poisoned.store(true, Ordering::Release);
        }
        // A connection that was lost is of no use, nor is one that cannot even roll back.
        let is_rolled_back = self.script("ROLLBACK").await.is_ok();
        let is_lost = matches!(error, DbError::Unreachable(_) | DbError::Unknown(_));
        if (is_lost || !is_rolled_back)
            && let Some(conn) = self.tx.conn.take()
        {
            conn.discard();
        }
    }

    async fn script(&mut self, sql: &'static str) -> Result<(), DbError> {
        self.tx.conn()?.script(sql).await
    }

    /// Takes a connection where there is none.
    pub(crate) async fn connect(&mut self) -> Result<(), DbError> {
        if self.tx.conn.is_none() {
            let mut conn = self.conns.take().await?;
            self.version_of_others = conn.version_of_others().await?;
            let number = conn.number().await?.unwrap_or(-1);
            self.signals.number.store(number, Ordering::Release);
            self.tx.conn = Some(conn);
        }
        Ok(())
    }

    /// Looks whether another process has written since. The number is this connection's, so that it
    /// does not change by what was written here.
    async fn look_elsewhere(&mut self) {
        self.looked = Instant::now();
        let Some(conn) = self.tx.conn.as_mut().filter(|_| self.looks) else { return };
        // What is wrong with the connection shows at the next commit.
        let Ok(version) = conn.version_of_others().await else { return };
        if version != self.version_of_others {
            self.version_of_others = version;
            let _ = self.signals.notices.send(Notice::Elsewhere);
        }
    }
}

fn answer(group: Vec<Box<dyn Queued>>, committed: &Result<(), DbError>) {
    for work in group {
        work.answer(committed.clone());
    }
}

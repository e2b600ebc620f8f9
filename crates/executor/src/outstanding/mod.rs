//! The calls of a live attempt that are not over, each on its way: a time, a child, a person, or work
//! that is being done.

mod perform;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use sluice_db::{DbError, Looked, RunWriter, WriteError};
use sluice_model::{Answer, AskId, Call, CallId, Failure, RunId};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use crate::builtin;
use crate::journal::Journal;
use crate::shared::{RunOf, Shared};
use crate::sources::Version;
use crate::spans::Commit;

/// What became of something that was under way.
pub(crate) enum Done {
    /// A call is over.
    Called { call: CallId, outcome: Result<Answer, Box<Failure>> },
    /// A call's child run exists.
    Child { call: CallId, child: RunId },
    /// A call's question stands.
    Asked { call: CallId, ask: AskId },
    /// What has come meanwhile for children and questions.
    Looked(Looked),
    /// Events are committed.
    Committed,
    /// Another worker has the run.
    Fenced,
    /// The store does not answer.
    Broken(DbError),
}

/// How a call is on its way.
enum Way {
    /// Nothing is done yet: its tenant has made too many of late.
    Held,
    /// Until that time.
    Sleeping { due_us: u64 },
    /// Until the child ends. It is not known before it is made.
    Child { child: Option<RunId> },
    /// Until the child, which is not wanted any more, has been told so. The call is not over before:
    /// after a crash nobody else would know.
    Unwanted,
    /// Until somebody answers, or that time. While it is made or taken back, the store has the word.
    Asked { due_us: Option<u64>, is_made: bool, is_closing: bool },
    /// Something is being done.
    AtWork { task: AbortHandle },
}

/// A call that waits for its turn.
struct Held {
    turn: Instant,
    call: Call,
    since_us: u64,
    committed: Option<Commit>,
}

/// A call that a person has to allow.
pub(crate) struct Gated {
    pub(crate) call: Call,
    pub(crate) since_us: u64,
}

/// What a look has found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) cancelled: Option<String>,
    pub(crate) completed: Vec<(CallId, Result<Answer, Box<Failure>>)>,
}

/// The calls of one attempt.
pub(crate) struct Outstanding {
    pub(crate) shared: Arc<Shared>,
    run: RunOf,
    version: Arc<Version>,
    writer: RunWriter,
    ways: BTreeMap<CallId, Way>,
    /// In the order of their turns.
    held: VecDeque<Held>,
    /// Calls that a person has to allow, and those that somebody has allowed.
    gated: BTreeMap<CallId, Gated>,
    pub(crate) approved: BTreeSet<CallId>,
    tasks: JoinSet<Done>,
    looking: bool,
    look_again: bool,
    calls_per_second: u32,
    /// This attempt has started children, or gone on with some.
    pub(crate) has_children: bool,
    /// How often the run was woken, as far as this attempt has looked.
    pub(crate) wakes_seen: u64,
}

impl Outstanding {
    pub(crate) fn new(
        shared: Arc<Shared>,
        run: RunOf,
        version: Arc<Version>,
        writer: RunWriter,
        calls_per_second: u32,
        wakes_seen: u64,
    ) -> Outstanding {
        Outstanding {
            shared,
            run,
            version,
            writer,
            ways: BTreeMap::new(),
            held: VecDeque::new(),
            gated: BTreeMap::new(),
            approved: BTreeSet::new(),
            tasks: JoinSet::new(),
            looking: false,
            look_again: false,
            calls_per_second,
            has_children: false,
            wakes_seen,
        }
    }

    /// The version that the run is pinned to.
    pub(crate) fn version(&self) -> Arc<Version> {
        Arc::clone(&self.version)
    }

    /// The next thing that is done. Pends while nothing is under way.
    pub(crate) async fn done(&mut self) -> Done {
        loop {
            match self.tasks.join_next().await {
                Some(Ok(done)) => return done,
                Some(Err(error)) if error.is_panic() => {
                    std::panic::resume_unwind(error.into_panic());
                }
                // A task that was given up.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Waits for a commit beside everything else.
    pub(crate) fn watch(&mut self, committed: Commit) {
        self.tasks.spawn(async move { committed.await.map_or_else(refused, |_| Done::Committed) });
    }

    /// Gives a call up: what it fails with, where it was not over and is now. A call whose child has to
    /// be told first comes to its end after that.
    pub(crate) fn cancel(&mut self, journal: &mut Journal, call: CallId) -> Option<Failure> {
        match self.ways.remove(&call)? {
            Way::Sleeping { .. } => {}
            Way::Held => self.held.retain(|held| held.call.call != call),
            Way::Child { child } => {
                self.ways.insert(call, Way::Unwanted);
                if let Some(child) = child {
                    self.cancel_child(call, child);
                }
                // Otherwise it is cancelled as soon as it is known.
                return None;
            }
            Way::Unwanted => {
                self.ways.insert(call, Way::Unwanted);
                return None;
            }
            Way::Asked { .. } => {
                self.gated.remove(&call);
                self.tasks.spawn(builtin::close_ask(journal, call));
            }
            Way::AtWork { task } => task.abort(),
        }
        Some(builtin::given_up())
    }

    fn cancel_child(&mut self, call: CallId, child: RunId) {
        self.tasks.spawn(builtin::cancel_child(self.writer.clone(), call, child));
    }

    /// A call's child is known. False where nobody waits for it any more: it is cancelled then.
    pub(crate) fn child_made(&mut self, call: CallId, made: RunId) -> bool {
        if let Some(Way::Child { child }) = self.ways.get_mut(&call) {
            *child = Some(made);
            return true;
        }
        self.cancel_child(call, made);
        false
    }

    /// A call's question stands.
    pub(crate) fn ask_made(&mut self, call: CallId) {
        if let Some(Way::Asked { is_made, .. }) = self.ways.get_mut(&call) {
            *is_made = true;
        }
    }

    /// A call is over. Whether anybody waited for it.
    pub(crate) fn forget(&mut self, call: CallId) -> bool {
        self.ways.remove(&call).is_some()
    }

    /// Looks for what has come meanwhile; once more afterwards if it is asked for while it looks.
    pub(crate) fn look(&mut self, journal: &mut Journal) {
        if self.looking {
            self.look_again = true;
            return;
        }
        self.looking = true;
        let waiting: Vec<CallId> = self
            .ways
            .iter()
            .filter(|(_, way)| matches!(way, Way::Child { .. } | Way::Asked { .. }))
            .map(|(call, _)| *call)
            .collect();
        let looked = journal.log().look(waiting);
        self.tasks.spawn(async move { looked.await.map_or_else(refused, Done::Looked) });
    }

    /// Takes in what a look has found.
    pub(crate) fn looked(&mut self, journal: &mut Journal, looked: Looked) -> Found {
        self.looking = false;
        self.wakes_seen = self.wakes_seen.max(looked.wakes);
        if std::mem::take(&mut self.look_again) {
            self.look(journal);
        }
        let mut found = Found { cancelled: looked.cancel_reason, completed: Vec::new() };
        // A call that a person has allowed meanwhile goes its own way: what they said is not its answer.
        let is_asked = |call: &CallId| matches!(self.ways.get(call), Some(Way::Asked { .. }));
        let answers: Vec<_> = looked
            .answers
            .into_iter()
            .filter(|(call, _)| is_asked(call))
            .map(|(call, value)| (call, Ok(Answer::of(value))))
            .collect();
        let children = looked
            .children
            .into_iter()
            .map(|(call, (child, outcome))| (call, builtin::child_outcome(&child, outcome)));
        for (call, outcome) in answers.into_iter().chain(children) {
            if self.forget(call) {
                found.completed.push((call, outcome));
            }
        }
        found
    }

    /// When the first sleep or question is over.
    pub(crate) fn first_due_us(&self) -> Option<u64> {
        let due = |way: &Way| match way {
            Way::Sleeping { due_us } => Some(*due_us),
            Way::Asked { due_us, .. } => *due_us,
            Way::Held | Way::Child { .. } | Way::Unwanted | Way::AtWork { .. } => None,
        };
        self.ways.values().filter_map(due).min()
    }

    /// The sleeps that are over, first due first.
    pub(crate) fn take_slept(&mut self, now_us: u64) -> Vec<CallId> {
        let mut over: Vec<(u64, CallId)> = self
            .ways
            .iter()
            .filter_map(|(call, way)| match way {
                Way::Sleeping { due_us } if *due_us <= now_us => Some((*due_us, *call)),
                _ => None,
            })
            .collect();
        over.sort_unstable();
        for (_, call) in &over {
            self.ways.remove(call);
        }
        over.into_iter().map(|(_, call)| call).collect()
    }

    /// Closes the questions whose time is over; an answer that came before still counts.
    pub(crate) fn close_overdue(&mut self, journal: &mut Journal, now_us: u64) {
        for (call, way) in &mut self.ways {
            if let Way::Asked { due_us, is_closing, .. } = way
                && due_us.is_some_and(|due_us| due_us <= now_us)
            {
                *due_us = None;
                *is_closing = true;
                self.tasks.spawn(builtin::time_out_ask(journal, *call));
            }
        }
    }

    /// Whether something is being done that needs this process.
    pub(crate) fn is_at_work(&self) -> bool {
        self.looking
            || self.ways.values().any(|way| {
                matches!(
                    way,
                    Way::AtWork { .. }
                        | Way::Child { child: None }
                        | Way::Unwanted
                        | Way::Asked { is_made: false, .. }
                        | Way::Asked { is_closing: true, .. }
                )
            })
    }

    /// Waits until all that was set going for others (a cancel of a child, a question closed) is done.
    pub(crate) async fn settle(&mut self) -> Result<(), Done> {
        while let Some(joined) = self.tasks.join_next().await {
            match joined {
                Ok(Done::Child { call, child }) => {
                    self.child_made(call, child);
                }
                Ok(failed @ (Done::Fenced | Done::Broken(_))) => return Err(failed),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Gives up all work that nobody waits for now.
    pub(crate) fn give_up_work(&mut self) {
        for way in self.ways.values() {
            if let Way::AtWork { task } = way {
                task.abort();
            }
        }
    }
}

/// A write that was not done.
pub(crate) fn refused(error: WriteError) -> Done {
    match error {
        WriteError::Fenced => Done::Fenced,
        WriteError::Db(error) => Done::Broken(error),
    }
}

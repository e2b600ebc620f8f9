//! What the harness itself knows of the runs of one store: what it ordered, and what was acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use sluice_model::RunId;

use super::words::{Order, Said};

/// The harness's own record.
#[derive(Default)]
pub(super) struct Book {
    /// What was ordered by key, with the run once that is acknowledged.
    orders: BTreeMap<String, (Order, Option<RunId>)>,
    /// Runs for which a cancel was told to a worker.
    cancelling: BTreeSet<RunId>,
    /// Runs whose cancel was acknowledged.
    cancelled: BTreeSet<RunId>,
    /// The first answers that were acknowledged.
    answered: BTreeMap<RunId, u64>,
    keys: u64,
    answers: u64,
}

impl Book {
    pub(super) fn next_key(&mut self) -> String {
        self.keys += 1;
        format!("order-{:06}", self.keys)
    }

    /// Values for a few answers that nobody else gives.
    pub(super) fn next_answers(&mut self) -> u64 {
        self.answers += 100_000;
        self.answers
    }

    pub(super) fn ordered(&mut self, order: &Order) {
        self.orders.insert(order.key.clone(), (order.clone(), None));
    }

    pub(super) fn unacknowledged(&self) -> Vec<Order> {
        let open = self.orders.values().filter(|(_, run)| run.is_none());
        open.map(|(order, _)| order.clone()).collect()
    }

    /// The runs that were acknowledged.
    pub(super) fn acknowledged(&self) -> impl Iterator<Item = &RunId> {
        self.orders.values().filter_map(|(_, run)| run.as_ref())
    }

    /// The run of a key, where it was acknowledged; none for a key that was never ordered.
    pub(super) fn order(&self, key: &str) -> Option<(&Order, Option<&RunId>)> {
        self.orders.get(key).map(|(order, run)| (order, run.as_ref()))
    }

    pub(super) fn cancelling(&mut self, run: &RunId) {
        self.cancelling.insert(run.clone());
    }

    /// Whether a run may have been cancelled.
    pub(super) fn may_be_cancelled(&self, run: &RunId) -> bool {
        self.cancelling.contains(run)
    }

    /// Whether a run's cancel was acknowledged.
    pub(super) fn is_cancelled(&self, run: &RunId) -> bool {
        self.cancelled.contains(run)
    }

    /// The answer to a run's question that was acknowledged.
    pub(super) fn answer(&self, run: &RunId) -> Option<u64> {
        self.answered.get(run).copied()
    }

    /// Takes in what a worker said. What is wrong with it comes back.
    pub(super) fn heard(&mut self, said: Said) -> Option<String> {
        match said {
            Said::Submitted { key, run } => {
                let Some((_, known)) = self.orders.get_mut(&key) else {
                    return Some(format!("{run} was acknowledged for {key}, which nobody ordered"));
                };
                match known {
                    Some(known) if *known != run => {
                        return Some(format!("{key} was acknowledged as {known} and as {run}"));
                    }
                    _ => *known = Some(run),
                }
            }
            Said::Cancelled { run } => {
                self.cancelled.insert(run);
            }
            Said::Answered { run, value } => {
                if let Some(other) = self.answered.insert(run.clone(), value) {
                    return Some(format!("{run} took two answers, {other} and {value}"));
                }
            }
            Said::Wrong { what } => return Some(what),
            Said::Ready | Said::Drained { .. } => {}
        }
        None
    }

    /// Forgets what was ordered: every run of it has ended and was looked at.
    pub(super) fn turn_page(&mut self) {
        *self = Book { keys: self.keys, answers: self.answers, ..Book::default() };
    }
}

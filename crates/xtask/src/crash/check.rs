//! What is looked at between two workers, when nobody has the store open but the harness.

use std::collections::{BTreeMap, BTreeSet};

use sluice_db::{RunFilter, RunRow, Store};
use sluice_model::{RunId, RunState, TenantId};

use super::book::Book;
use super::ends::{self, Ended};
use super::ledger::{Ledger, Page};
use super::record::{Reader, Summary};

/// Runs that are listed at once.
const PAGE: u32 = 500;

/// What was seen of the runs of one store since it was drained last.
#[derive(Default)]
pub(super) struct Checker {
    seen: BTreeMap<RunId, Summary>,
    /// Runs that had ended when the store was drained last; they are not looked at again.
    before: BTreeSet<RunId>,
    /// What was counted.
    pub(super) runs: u64,
    pub(super) events: u64,
    pub(super) attempts: u64,
}

impl Checker {
    /// What must hold after every death.
    pub(super) async fn after_cycle(
        &mut self,
        store: &Store,
        ledger: &Ledger,
        book: &Book,
    ) -> anyhow::Result<Vec<String>> {
        let mut wrong: Vec<String> = store.admin().integrity_check().await?;
        let tenant = store.tenant(&TenantId::local());
        let rows = self.rows(store).await?;
        for row in &rows {
            let before = self.seen.get(&row.id);
            if before.is_some_and(|before| before.digests.len() as u64 == row.seq) {
                continue;
            }
            let about = |what: String| format!("{}: {what}", row.id);
            let events = tenant.history(&row.id).await?;
            let (summary, faults) = Reader::read(&events);
            wrong.extend(faults.into_iter().map(about));
            if events.len() as u64 != row.seq {
                wrong.push(about(format!("{} events, and {} in its row", events.len(), row.seq)));
            }
            if summary.outcome.is_some() != (row.state == RunState::Ended) {
                wrong.push(about(format!("its row says {}", row.state.as_str())));
            }
            if before.is_some_and(|before| !summary.digests.starts_with(&before.digests)) {
                wrong.push(about("the record is not what it was before".to_owned()));
            }
            if before.is_some_and(|before| before.outcome.is_some()) {
                wrong.push(about("the record went on after its end".to_owned()));
            }
            let verified = tenant.verify(&row.id).await?;
            if let Some(bad) = verified.first_bad {
                wrong.push(about(format!("the chain of the record: {bad}")));
            }
            self.seen.insert(row.id.clone(), summary);
        }
        let there: BTreeSet<&RunId> = rows.iter().map(|row| &row.id).collect();
        for run in book.acknowledged().chain(self.seen.keys()) {
            if !there.contains(run) {
                wrong.push(format!("{run} was there, and is gone"));
            }
        }
        for run in &ledger.runs() {
            let page = ledger.page(run);
            let faults = match self.seen.get(run) {
                Some(summary) => ends::effects(summary, &page),
                None => vec!["something was done for a run that is not there".to_owned()],
            };
            wrong.extend(faults.into_iter().map(|what| format!("{run}: {what}")));
        }
        Ok(wrong)
    }

    /// What must hold besides when nothing is left to do. What was seen is forgotten.
    pub(super) fn after_drain(&mut self, ledger: &Ledger, book: &Book) -> Vec<String> {
        let seen = std::mem::take(&mut self.seen);
        let ended: Ended<'_> = seen.iter().map(|(run, summary)| (run.clone(), summary)).collect();
        let mut wrong = ends::together(&ended, book);
        for (run, summary) in &seen {
            let page: Page = ledger.page(run);
            let faults = ends::end(run, &ended, &page, book);
            wrong.extend(faults.into_iter().map(|what| format!("{run}: {what}")));
            self.runs += 1;
            self.events += summary.digests.len() as u64;
            self.attempts += u64::from(summary.attempts);
        }
        self.before.extend(seen.into_keys());
        wrong
    }

    /// Another store is looked at from now on.
    pub(super) fn next_store(&mut self) {
        self.seen.clear();
        self.before.clear();
    }

    /// The runs that had not ended when the store was drained last, and those since.
    async fn rows(&self, store: &Store) -> anyhow::Result<Vec<RunRow>> {
        let tenant = store.tenant(&TenantId::local());
        let mut rows: Vec<RunRow> = Vec::new();
        loop {
            let before = rows.last().map(|row| row.id.clone());
            let filter = RunFilter { before, limit: Some(PAGE), ..RunFilter::default() };
            let page = tenant.runs(&filter).await?;
            let listed = page.len();
            let new = page.into_iter().take_while(|row| !self.before.contains(&row.id));
            let length = rows.len();
            rows.extend(new);
            if rows.len() - length < listed || listed < PAGE as usize {
                return Ok(rows);
            }
        }
    }
}

//! A tenant's runs: found, listed, read, and asked to end.

use sluice_model::{CallId, Event, Fork, RunId, RunState, TenantId};

use super::{MOST_BYTES, MOST_ROWS, Part, Tenant, fitting, newest, whole};
use crate::DbError;
use crate::engine::{Arg, Row, args, composed};
use crate::record::{self, COLUMNS};
use crate::wake;
use crate::writer::{Tx, Work};

/// A run as its row tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// The run.
    pub id: RunId,
    /// The flow's name.
    pub flow: String,
    /// SHA-256 of the source, in hex.
    pub source_digest: String,
    /// Digest of the runtime image, in hex.
    pub image_digest: String,
    /// Where it stands.
    pub state: RunState,
    /// How it ended: the word of [`sluice_model::Outcome::as_str`].
    pub outcome: Option<String>,
    /// The code of the failure that it ended with.
    pub code: Option<String>,
    /// When it was submitted. All times are in microseconds since the Unix epoch.
    pub created_at_us: u64,
    /// When its first attempt began.
    pub started_at_us: Option<u64>,
    /// When it ended.
    pub ended_at_us: Option<u64>,
    /// When the queue looks at it: a queued run is taken from then on, a waiting run wakes, the lease
    /// of a running one is over.
    pub due_at_us: Option<u64>,
    /// When it must be over.
    pub deadline_us: Option<u64>,
    /// Who has it.
    pub worker: Option<String>,
    /// The attempts that were started.
    pub attempts: u32,
    /// How often it was woken.
    pub wakes: u64,
    /// Leases that ran out in a row.
    pub lost: u32,
    /// Why it is to end, where somebody asked for it.
    pub cancel_reason: Option<String>,
    /// Who submitted it; none for a child.
    pub started_by: Option<String>,
    /// The call that it is a child of.
    pub parent: Option<(RunId, CallId)>,
    /// The run at the top, for a child.
    pub root: Option<RunId>,
    /// How many runs stand above it.
    pub depth: u32,
    /// The run whose record it begins with.
    pub forked_from: Option<Fork>,
    /// The number of its last event.
    pub seq: u64,
    /// CPU time of its attempts.
    pub cpu_time_us: u64,
    /// The key that it was submitted with.
    pub idempotency_key: Option<String>,
    /// Whether its record was made elsewhere.
    pub is_imported: bool,
}

const ROW: &str = "id, flow, source_digest, image_digest, state, outcome, code, created_at_us, \
    started_at_us, ended_at_us, due_at_us, deadline_us, worker, attempts, wakes, lost, \
    cancel_reason, parent_run, parent_call, root_run, depth, forked_from_run, forked_from_seq, seq, \
    cpu_time_us, idempotency_key, imported, started_by";

impl RunRow {
    fn of_row(row: &Row) -> Result<RunRow, DbError> {
        let text = |place| Ok::<_, DbError>(row.text_or_null(place)?.map(str::to_owned));
        let state = RunState::of_word(row.text(4)?);
        let call = row.count_or_null(18)?.map(CallId);
        let forked_at = row.count_or_null(22)?;
        Ok(RunRow {
            id: row.parse(0)?,
            flow: row.text(1)?.to_owned(),
            source_digest: row.text(2)?.to_owned(),
            image_digest: row.text(3)?.to_owned(),
            state: state.ok_or_else(|| DbError::corrupt("a run's state is no state"))?,
            outcome: text(5)?,
            code: text(6)?,
            created_at_us: row.count(7)?,
            started_at_us: row.count_or_null(8)?,
            ended_at_us: row.count_or_null(9)?,
            due_at_us: row.count_or_null(10)?,
            deadline_us: row.count_or_null(11)?,
            worker: text(12)?,
            attempts: row.small(13)?,
            wakes: row.count(14)?,
            lost: row.small(15)?,
            cancel_reason: text(16)?,
            parent: row.parse_or_null(17)?.zip(call),
            root: row.parse_or_null(19)?,
            depth: row.small(20)?,
            forked_from: row.parse_or_null(21)?.zip(forked_at).map(|(run, seq)| Fork { run, seq }),
            seq: row.count(23)?,
            cpu_time_us: row.count(24)?,
            idempotency_key: text(25)?,
            is_imported: row.int(26)? != 0,
            started_by: text(27)?,
        })
    }
}

/// Which runs are listed. Without anything: the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Only in this state.
    pub state: Option<RunState>,
    /// Only with this outcome: the word of [`sluice_model::Outcome::as_str`].
    pub outcome: Option<String>,
    /// Only of the flow of this name.
    pub flow: Option<String>,
    /// Only children of this run.
    pub parent: Option<RunId>,
    /// Only what this run started, and what that started.
    pub root: Option<RunId>,
    /// Only those before this one in the list.
    pub before: Option<RunId>,
    /// At most so many; 100 where it is absent, and at most 1,000.
    pub limit: Option<u32>,
}

impl Tenant {
    /// A run.
    pub async fn run(&self, run: &RunId) -> Result<Option<RunRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = format!("SELECT {ROW} FROM runs WHERE id = $1 AND tenant = $2");
        let row = conn.row(composed(sql), args![run.as_str(), self.id.as_str()]).await?;
        row.as_ref().map(RunRow::of_row).transpose()
    }

    /// Whether no run has that id.
    pub async fn is_free(&self, run: &RunId) -> Result<bool, DbError> {
        let conn = &mut self.store.reader().await?;
        let row = conn.row("SELECT id FROM runs WHERE id = $1", args![run.as_str()]).await?;
        Ok(row.is_none())
    }

    /// Runs, newest first.
    pub async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunRow>, DbError> {
        if filter.outcome.is_some() && filter.state.is_some_and(|state| state != RunState::Ended) {
            // Only what has ended has an outcome.
            return Ok(Vec::new());
        }
        let (sql, args) = listed(&self.id, filter);
        let conn = &mut self.store.reader().await?;
        let rows = conn.rows(composed(sql), args).await?;
        rows.iter().map(RunRow::of_row).collect()
    }

    /// The child that a call of a run has started.
    pub async fn child(&self, run: &RunId, call: CallId) -> Result<Option<RunId>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT id FROM runs WHERE parent_run = $1 AND parent_call = $2 AND tenant = $3";
        let row = conn.row(sql, args![run.as_str(), call.0, self.id.as_str()]).await?;
        row.map(|row| row.parse(0)).transpose()
    }

    /// The children of a run that have not ended.
    pub async fn children(&self, run: &RunId) -> Result<Vec<RunId>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = "SELECT id FROM runs WHERE parent_run = $1 AND tenant = $2 AND state <> 'ended' \
            ORDER BY id";
        let rows = conn.rows(sql, args![run.as_str(), self.id.as_str()]).await?;
        rows.iter().map(|row| row.parse(0)).collect()
    }

    /// Events of a run after a cursor, at most so many, without the bytes beside them.
    pub async fn events(&self, run: &RunId, after: u64, limit: u32) -> Result<Vec<Event>, DbError> {
        let conn = &mut self.store.reader().await?;
        let rows =
            conn.rows(composed(events_sql()), args![run.as_str(), self.id.as_str(), after, limit]);
        let rows = rows.await?;
        record::read(conn, self.id.as_str(), &rows, false).await
    }

    /// Events of a run after a cursor, at most so many, and as many as fit into so many bytes or, where
    /// nothing is said, into one answer. Without the bytes beside them.
    pub async fn some_events(
        &self,
        run: &RunId,
        after: u64,
        limit: u32,
        bytes: Option<u64>,
    ) -> Result<Part<Event>, DbError> {
        let conn = &mut self.store.reader().await?;
        let limit = limit.min(MOST_ROWS);
        let args = args![run.as_str(), self.id.as_str(), after, limit + 1];
        let rows = conn.rows(composed(events_sql()), args).await?;
        let sizes = record::sizes(conn, self.id.as_str(), &rows).await?;
        let fitting = fitting(&sizes, limit, bytes.unwrap_or(MOST_BYTES));
        let items = record::read(conn, self.id.as_str(), &rows[..fitting], false).await?;
        Ok(Part { items, has_more: rows.len() > fitting })
    }

    /// The whole record of a run, with the bytes beside its events. Empty where there is no such run.
    pub async fn history(&self, run: &RunId) -> Result<Vec<Event>, DbError> {
        let conn = &mut self.store.reader().await?;
        let args = args![run.as_str(), self.id.as_str(), 0u64, i64::MAX];
        let rows = conn.rows(composed(events_sql()), args).await?;
        record::read(conn, self.id.as_str(), &rows, true).await
    }

    /// Asks a run to end. False where it has ended, was asked before, or is not there. What it started
    /// is not asked: its executor does that.
    pub async fn cancel(&self, run: &RunId, reason: &str, at_us: u64) -> Result<bool, DbError> {
        let tenant = self.id.as_str().to_owned();
        let cancel = Cancel { tenant, run: run.clone(), reason: reason.to_owned(), at_us };
        self.store.write(cancel).await
    }
}

/// The query for a list of runs. Of a flow few have not ended, so that these are found by their state and
/// the others by their flow; what a run has started is found by that run.
pub(super) fn listed(tenant: &TenantId, filter: &RunFilter) -> (String, Vec<Arg>) {
    let RunFilter { state, outcome, flow, parent, root, before, limit } = filter;
    let is_narrow = parent.is_some() || root.is_some();
    // What has an outcome has ended.
    let state = state.filter(|_| outcome.is_none());
    let has_ended = state == Some(RunState::Ended);
    let by_flow = flow.is_some() && has_ended;
    let conditions = [
        (if by_flow { "state || '' =" } else { "state =" }, state.map(RunState::as_str)),
        ("outcome =", outcome.as_deref()),
        (if state.is_some() && !by_flow { "flow || '' =" } else { "flow =" }, flow.as_deref()),
        ("parent_run =", parent.as_ref().map(RunId::as_str)),
        ("root_run =", root.as_ref().map(RunId::as_str)),
        ("id <", before.as_ref().map(RunId::as_str)),
    ];
    whole(ROW, newest("runs", tenant, is_narrow, &conditions), *limit)
}

fn events_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM events WHERE run_id = $1 AND seq > $3 \
         AND EXISTS (SELECT 1 FROM runs WHERE id = $1 AND tenant = $2) ORDER BY seq LIMIT $4"
    )
}

struct Cancel {
    tenant: String,
    run: RunId,
    reason: String,
    at_us: u64,
}

impl Work for Cancel {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        wake::cancel(tx, &self.tenant, self.run.as_str(), &self.reason, self.at_us).await
    }
}

//! A tenant's questions: listed, and answered once.

use serde_json::Value;
use sluice_model::{AskId, CallId, MAX_VALUE_BYTES, Question, RunId, TenantId};

use super::{Large, MOST_BYTES, Part, Tenant, newest, whole};
use crate::DbError;
use crate::engine::{Arg, Row, args, composed};
use crate::record::to_json;
use crate::wake::wake;
use crate::writer::{Tx, Work};

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskState {
    /// It waits for an answer.
    Open,
    /// It was answered.
    Answered,
    /// Nobody waits for an answer any more.
    Closed,
}

impl AskState {
    /// Every state.
    pub const ALL: [AskState; 3] = [AskState::Open, AskState::Answered, AskState::Closed];

    /// The word that stands for it in JSON and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            AskState::Open => "open",
            AskState::Answered => "answered",
            AskState::Closed => "closed",
        }
    }

    /// The state that the word stands for.
    pub fn of_word(word: &str) -> Option<AskState> {
        AskState::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// A question of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct AskRow {
    /// The question's id.
    pub id: AskId,
    /// The run that asks.
    pub run: RunId,
    /// Its call.
    pub call: CallId,
    /// What is asked.
    pub question: Question,
    /// Where it stands.
    pub state: AskState,
    /// When it was put up. All times are in microseconds since the Unix epoch.
    pub created_at_us: u64,
    /// How long the run waits.
    pub due_at_us: Option<u64>,
    /// The answer.
    pub answer: Option<Value>,
    /// Who answered.
    pub answered_by: Option<String>,
    /// When.
    pub answered_at_us: Option<u64>,
}

/// Which questions are listed. Without anything: the newest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskFilter {
    /// Only of this run.
    pub run: Option<RunId>,
    /// Only in this state.
    pub state: Option<AskState>,
    /// Only for this person.
    pub assignee: Option<String>,
    /// Only those before this one in the list.
    pub before: Option<AskId>,
    /// At most so many; 100 where it is absent, and at most 1,000.
    pub limit: Option<u32>,
}

/// An answer that was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AnswerRefused {
    /// There is no such question.
    #[error("there is no question {0}")]
    NotFound(AskId),
    /// Somebody was faster.
    #[error("the question {0} was answered already")]
    AlreadyAnswered(AskId),
    /// Somebody else is asked.
    #[error("the question {ask} is for {assignee}")]
    NotForYou {
        /// The question.
        ask: AskId,
        /// Who is asked.
        assignee: String,
    },
    /// Nobody waits for an answer any more.
    #[error("nobody waits for an answer to {0} any more")]
    Closed(AskId),
    /// The answer has more bytes than an answer may have.
    #[error("the answer has {bytes} bytes, and {MAX_VALUE_BYTES} are the most")]
    TooLarge {
        /// How many, as JSON.
        bytes: usize,
    },
    /// The store did not do it.
    #[error(transparent)]
    Db(#[from] DbError),
}

const ROW: &str = "id, run_id, call, question, state, created_at_us, due_at_us, answer, \
    answered_by, answered_at_us";

impl AskRow {
    fn of_row(row: &Row) -> Result<AskRow, DbError> {
        let state = AskState::of_word(row.text(4)?);
        Ok(AskRow {
            id: row.parse(0)?,
            run: row.parse(1)?,
            call: CallId(row.count(2)?),
            question: row.json(3)?,
            state: state.ok_or_else(|| DbError::corrupt("a question's state is no state"))?,
            created_at_us: row.count(5)?,
            due_at_us: row.count_or_null(6)?,
            answer: row.json_or_null(7)?,
            answered_by: row.text_or_null(8)?.map(str::to_owned),
            answered_at_us: row.count_or_null(9)?,
        })
    }
}

impl Tenant {
    /// A question.
    pub async fn ask(&self, ask: &AskId) -> Result<Option<AskRow>, DbError> {
        let conn = &mut self.store.reader().await?;
        let sql = format!("SELECT {ROW} FROM asks WHERE id = $1 AND tenant = $2");
        let row = conn.row(composed(sql), args![ask.as_str(), self.id.as_str()]).await?;
        row.as_ref().map(AskRow::of_row).transpose()
    }

    /// Questions, newest first.
    pub async fn asks(&self, filter: &AskFilter) -> Result<Vec<AskRow>, DbError> {
        let (sql, args) = listed(&self.id, filter);
        let conn = &mut self.store.reader().await?;
        let rows = conn.rows(composed(sql), args).await?;
        rows.iter().map(AskRow::of_row).collect()
    }

    /// The same, as many as fit into one answer.
    pub async fn some_asks(&self, filter: &AskFilter) -> Result<Part<AskRow>, DbError> {
        let (rest, args) = found(&self.id, filter);
        let size = "OCTET_LENGTH(question) + COALESCE(OCTET_LENGTH(answer), 0)";
        let conn = &mut self.store.reader().await?;
        let limit = filter.limit.unwrap_or(100);
        Large { size, rest, args, most_bytes: MOST_BYTES }
            .part(conn, ROW, limit, AskRow::of_row)
            .await
    }

    /// Answers a question, and wakes the run. The first answer counts. Whether it fits the schema of
    /// the question is not looked at here.
    pub async fn answer(
        &self,
        ask: &AskId,
        value: &Value,
        by: &str,
        at_us: u64,
    ) -> Result<(), AnswerRefused> {
        let value = to_json(value)?;
        if value.len() > MAX_VALUE_BYTES {
            return Err(AnswerRefused::TooLarge { bytes: value.len() });
        }
        let answer = GiveAnswer {
            tenant: self.id.as_str().to_owned(),
            ask: ask.clone(),
            value,
            by: by.to_owned(),
            at_us,
        };
        self.store.write(answer).await?
    }
}

/// The query for questions, and its arguments.
pub(super) fn listed(tenant: &TenantId, filter: &AskFilter) -> (String, Vec<Arg>) {
    whole(ROW, found(tenant, filter), filter.limit)
}

fn found(tenant: &TenantId, filter: &AskFilter) -> (String, Vec<Arg>) {
    let AskFilter { run, state, assignee, before, limit: _ } = filter;
    let conditions = [
        ("run_id =", run.as_ref().map(RunId::as_str)),
        ("state =", state.map(AskState::as_str)),
        ("assignee =", assignee.as_deref()),
        ("id <", before.as_ref().map(AskId::as_str)),
    ];
    newest("asks", tenant, run.is_some(), &conditions)
}

struct GiveAnswer {
    tenant: String,
    ask: AskId,
    value: String,
    by: String,
    at_us: u64,
}

impl Work for GiveAnswer {
    type Output = Result<(), AnswerRefused>;

    async fn run(&self, tx: &mut Tx) -> Result<Result<(), AnswerRefused>, DbError> {
        let (ask, tenant) = (self.ask.as_str(), self.tenant.as_str());
        let sql = "UPDATE asks SET state = 'answered', answer = $3, answered_by = $4, \
            answered_at_us = $5 WHERE id = $1 AND tenant = $2 AND state = 'open' \
            AND (assignee IS NULL OR assignee = $4) RETURNING run_id";
        let args = args![ask, tenant, self.value.as_str(), self.by.as_str(), self.at_us];
        if let Some(row) = tx.row(sql, args).await? {
            wake(tx, tenant, row.text(0)?, self.at_us).await?;
            return Ok(Ok(()));
        }
        let sql = "SELECT state, assignee FROM asks WHERE id = $1 AND tenant = $2";
        let Some(row) = tx.row(sql, args![ask, tenant]).await? else {
            return Ok(Err(AnswerRefused::NotFound(self.ask.clone())));
        };
        Ok(Err(match (row.text(0)?, row.text_or_null(1)?) {
            ("open", Some(assignee)) => {
                AnswerRefused::NotForYou { ask: self.ask.clone(), assignee: assignee.to_owned() }
            }
            ("answered", _) => AnswerRefused::AlreadyAnswered(self.ask.clone()),
            _ => AnswerRefused::Closed(self.ask.clone()),
        }))
    }
}

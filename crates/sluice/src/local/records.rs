//! The store as commands see it: the runs, questions and flows of the tenant of this machine.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sluice_db::{AnswerRefused, AskFilter, AskState, FlowFilter, Notice, RunFilter, Store, Tenant};
use sluice_executor::{Feed, RecordError, Redaction};
use sluice_model::{AskId, Event, FlowDescription, RunId, RunState, TenantId};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::{Ask, SavedFlow, Summary, cannot_open, now_us};
use crate::exit::Usage;

/// How often the store is asked whether something is still going on.
const LOOK: Duration = Duration::from_millis(100);

/// Questions among which one is looked for by the beginning of its id.
const MOST_ASKS: u32 = 1_000;

/// What the store holds for the tenant of this machine.
#[derive(Clone)]
pub struct Records {
    store: Store,
    tenant: Tenant,
}

/// Which runs are listed, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// Only those that stand there.
    pub state: Option<RunState>,
    /// Only those that ended so.
    pub outcome: Option<String>,
    /// Only those of this flow.
    pub flow: Option<String>,
    /// Only those that this one started, and so on.
    pub root: Option<RunId>,
    /// Only those that are older than this one.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: u32,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The run goes on with it.
    Taken,
    /// There is no such question.
    NotFound,
    /// Another answer came first.
    Already,
    /// The question is for somebody else.
    NotFor,
    /// Nobody waits for an answer any more.
    Closed,
}

/// What is heard of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// There is something new about this run.
    About(RunId),
    /// Something happened.
    Something,
}

/// What the store tells, from now on.
pub struct Hearing(Receiver<Notice>);

impl Hearing {
    /// The next thing that is heard.
    pub async fn next(&mut self) -> Heard {
        match self.0.recv().await {
            Ok(notice) => heard(notice),
            Err(RecvError::Lagged(_)) => Heard::Something,
            // The store lives as long as whoever listens.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    /// The same where it is there already.
    pub fn try_next(&mut self) -> Option<Heard> {
        match self.0.try_recv() {
            Ok(notice) => Some(heard(notice)),
            Err(TryRecvError::Lagged(_)) => Some(Heard::Something),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }
}

fn heard(notice: Notice) -> Heard {
    match notice {
        Notice::Events { run, .. } => Heard::About(run),
        Notice::Queued | Notice::Run(_) | Notice::Elsewhere => Heard::Something,
    }
}

impl Records {
    /// Opens the store; makes it where there is none.
    pub async fn open(url: &str) -> anyhow::Result<Records> {
        let store = Store::open(url).await.map_err(cannot_open)?;
        let tenant = store.tenant(&TenantId::local());
        Ok(Records { store, tenant })
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Where it is, without a password.
    pub fn url(&self) -> String {
        self.store.url_for_display()
    }

    /// The run of that name, or of a name that begins so.
    pub async fn run(&self, text: &str) -> anyhow::Result<Summary> {
        let unknown = |message: String| {
            anyhow::Error::from(Usage::new(message).hint("`sluice runs ls` lists the runs"))
        };
        if let Ok(run) = text.parse::<RunId>() {
            let found = self.find(&run).await?;
            return found.ok_or_else(|| unknown(format!("there is no run {run}")));
        }
        let Some(after_all) = after_all(text, "run_") else {
            let message = format!("`{text}` is no id of a run, and no beginning of one");
            return Err(unknown(message));
        };
        let before = Some(after_all.parse()?);
        let runs = self.runs(&Runs { before, limit: 2, ..Runs::default() }).await?;
        let mut like = runs.into_iter().filter(|run| run.run.as_str().starts_with(text));
        match (like.next(), like.next()) {
            (Some(run), None) => Ok(run),
            (None, _) => Err(unknown(format!("there is no run that begins with {text}"))),
            (Some(one), Some(other)) => Err(Usage::new(format!("several runs begin with {text}"))
                .hint(format!("{} and {} do: write more of the id", one.run, other.run))
                .into()),
        }
    }

    /// The run of that name.
    pub async fn find(&self, run: &RunId) -> anyhow::Result<Option<Summary>> {
        Ok(self.tenant.run(run).await?.map(Summary::from))
    }

    /// A part of the list of runs.
    pub async fn runs(&self, runs: &Runs) -> anyhow::Result<Vec<Summary>> {
        let filter = RunFilter {
            state: runs.state,
            outcome: runs.outcome.clone(),
            flow: runs.flow.clone(),
            root: runs.root.clone(),
            before: runs.before.clone(),
            limit: Some(runs.limit),
            parent: None,
        };
        Ok(self.tenant.runs(&filter).await?.into_iter().map(Summary::from).collect())
    }

    /// The runs that a run started itself, in the order in which it did.
    pub async fn children_of(&self, run: &Summary) -> anyhow::Result<Vec<Summary>> {
        let filter =
            RunFilter { parent: Some(run.run.clone()), limit: Some(1_000), ..RunFilter::default() };
        let rows = self.tenant.runs(&filter).await?;
        Ok(rows.into_iter().rev().map(Summary::from).collect())
    }

    /// The whole record of a run.
    pub async fn record(&self, run: &RunId) -> anyhow::Result<Vec<Event>> {
        Ok(self.tenant.history(run).await?)
    }

    /// The record of a run from its beginning, and as it grows.
    pub fn feed(&self, run: &RunId) -> Feed {
        Feed::new(&self.store, &TenantId::local(), run.clone(), 0)
    }

    /// Asks that a run end. False where that changes nothing.
    pub async fn cancel(&self, run: &RunId, reason: &str) -> anyhow::Result<bool> {
        Ok(self.tenant.cancel(run, reason, now_us()).await?)
    }

    /// How many events the record of a run has, and what is wrong with it.
    pub async fn verify(&self, run: &RunId) -> anyhow::Result<(u64, Option<String>)> {
        let verified = self.tenant.verify(run).await?;
        Ok((verified.events, verified.first_bad.map(|flaw| flaw.to_string())))
    }

    /// What the store tells from now on.
    pub fn hearing(&self) -> Hearing {
        Hearing(self.store.notices())
    }

    /// Waits until no run is queued or running.
    pub async fn until_idle(&self) -> anyhow::Result<()> {
        while self.is_any(RunState::Queued, None).await?
            || self.is_any(RunState::Running, None).await?
        {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Waits until all that a run started is over.
    pub async fn until_over_under(&self, root: &RunId) -> anyhow::Result<()> {
        loop {
            let mut is_over = true;
            for state in [RunState::Queued, RunState::Running, RunState::Waiting] {
                is_over &= !self.is_any(state, Some(root)).await?;
            }
            if is_over {
                return Ok(());
            }
            tokio::time::sleep(LOOK / 4).await;
        }
    }

    async fn is_any(&self, state: RunState, root: Option<&RunId>) -> anyhow::Result<bool> {
        let runs = Runs { state: Some(state), root: root.cloned(), limit: 1, ..Runs::default() };
        Ok(!self.runs(&runs).await?.is_empty())
    }

    /// Questions, the newest first: those that are open, or all.
    pub async fn asks(
        &self,
        all: bool,
        before: Option<AskId>,
        limit: u32,
    ) -> anyhow::Result<Vec<Ask>> {
        let state = (!all).then_some(AskState::Open);
        let filter = AskFilter { state, before, limit: Some(limit), ..AskFilter::default() };
        Ok(self.tenant.asks(&filter).await?.into_iter().map(Ask::from).collect())
    }

    /// The questions of a run that wait for an answer, in the order in which they were asked.
    pub async fn open_asks_of(&self, run: &RunId) -> anyhow::Result<Vec<Ask>> {
        let filter = AskFilter {
            run: Some(run.clone()),
            state: Some(AskState::Open),
            limit: Some(MOST_ASKS),
            ..AskFilter::default()
        };
        Ok(self.tenant.asks(&filter).await?.into_iter().rev().map(Ask::from).collect())
    }

    /// The question of that name; or the open one whose name begins so.
    pub async fn ask(&self, text: &str) -> anyhow::Result<Ask> {
        let unknown = |message: String| {
            anyhow::Error::from(Usage::new(message).hint("`sluice asks ls` lists the questions"))
        };
        if let Ok(ask) = text.parse::<AskId>() {
            let found = self.tenant.ask(&ask).await?.map(Ask::from);
            return found.ok_or_else(|| unknown(format!("there is no question {ask}")));
        }
        if !text.starts_with("ask_") {
            let message = format!("`{text}` is no id of a question, and no beginning of one");
            return Err(unknown(message));
        }
        let asks = self.asks(false, None, MOST_ASKS).await?;
        let mut like = asks.into_iter().filter(|ask| ask.ask.as_str().starts_with(text));
        match (like.next(), like.next()) {
            (Some(ask), None) => Ok(ask),
            (None, _) => Err(unknown(format!("no open question begins with {text}"))),
            (Some(one), Some(other)) => {
                Err(Usage::new(format!("several open questions begin with {text}"))
                    .hint(format!("{} and {} do: write more of the id", one.ask, other.ask))
                    .into())
            }
        }
    }

    /// Answers a question.
    pub async fn answer(&self, ask: &AskId, value: &Value, by: &str) -> anyhow::Result<Answered> {
        Ok(match self.tenant.answer(ask, value, by, now_us()).await {
            Ok(()) => Answered::Taken,
            Err(AnswerRefused::NotFound(_)) => Answered::NotFound,
            Err(AnswerRefused::AlreadyAnswered(_)) => Answered::Already,
            Err(AnswerRefused::NotForYou { .. }) => Answered::NotFor,
            Err(AnswerRefused::Closed(_)) => Answered::Closed,
            Err(error @ AnswerRefused::TooLarge { .. }) => return Err(error.into()),
            Err(AnswerRefused::Db(error)) => return Err(error.into()),
        })
    }

    /// Saved flows by their names.
    pub async fn flows(&self, after: Option<&str>, limit: u32) -> anyhow::Result<Vec<SavedFlow>> {
        let filter = FlowFilter {
            prefix: String::new(),
            text: None,
            after: after.map(str::to_owned),
            limit: Some(limit),
        };
        Ok(self.tenant.flows(&filter).await?.into_iter().map(SavedFlow::from).collect())
    }

    /// The newest version of a flow.
    pub async fn flow(&self, name: &str) -> anyhow::Result<Option<SavedFlow>> {
        Ok(self.tenant.flow(name).await?.map(SavedFlow::from))
    }

    /// All versions of a flow, the newest first.
    pub async fn flow_versions(&self, name: &str) -> anyhow::Result<Vec<SavedFlow>> {
        let versions = self.tenant.flow_versions(name).await?;
        Ok(versions.into_iter().map(SavedFlow::from).collect())
    }

    /// Saves a flow of a source. The same source as before makes no new version.
    pub async fn save_flow(
        &self,
        flow: &FlowDescription,
        source: &Arc<str>,
    ) -> anyhow::Result<SavedFlow> {
        let described = serde_json::to_value(flow)?;
        let saved = self.tenant.save_flow(&flow.name, source, &described, now_us()).await?;
        Ok(saved.into())
    }

    /// A source by its digest.
    pub async fn source(&self, digest: &str) -> anyhow::Result<String> {
        match self.tenant.source(digest).await? {
            Some(source) => Ok(source.to_string()),
            None => anyhow::bail!("the source {digest} is not in the store"),
        }
    }

    /// A run as one file. `redact` says that it is redacted, and which words are taken out beside
    /// what is called like a secret.
    pub async fn export(&self, run: &RunId, redact: Option<&[String]>) -> anyhow::Result<String> {
        let redaction =
            Redaction { by_name: redact.is_some(), words: redact.unwrap_or_default().to_vec() };
        Ok(sluice_executor::export(&self.tenant, run, &redaction).await?)
    }

    /// Takes such a file in.
    pub async fn import(&self, text: &str) -> anyhow::Result<RunId> {
        match sluice_executor::import(&self.tenant, text).await {
            Ok(run) => Ok(run),
            Err(RecordError::Store(error)) => Err(error.into()),
            Err(error) => Err(Usage::new(error.to_string())
                .hint("a record is what `sluice runs export` wrote")
                .into()),
        }
    }
}

/// An id that comes after all that begin with that text; none where no id does.
fn after_all(text: &str, prefix: &str) -> Option<String> {
    const DIGITS: usize = 26;
    let digits = text.strip_prefix(prefix)?;
    let is_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_beginning = digits.len() < DIGITS && digits.bytes().all(is_digit);
    is_beginning.then(|| format!("{prefix}{digits}{}", "z".repeat(DIGITS - digits.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_an_id_has_an_end() {
        let after = after_all("run_01k9", "run_").expect("it is a beginning");
        assert!(after.parse::<RunId>().is_ok(), "{after}");
        assert!(after.starts_with("run_01k9zzzz"), "{after}");
        for wrong in ["01k9", "run_01K9", "ask_01", "run_%", &format!("run_{}", "0".repeat(27))] {
            assert_eq!(after_all(wrong, "run_"), None, "{wrong}");
        }
    }
}

//! What there is of one tenant: its runs with their records, its questions, its saved flows.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use sluice_model::{AskId, Event, FlowDescription, RunId, RunState};

use super::{Ask, SavedFlow, Summary};
use crate::exit::Usage;

/// Questions among which one is looked for by the beginning of its id.
const MOST_ASKS: u32 = 1_000;

/// Children of a run that are listed.
const MOST_CHILDREN: u32 = 1_000;

/// How often it is asked whether something is still going on.
const LOOK: Duration = Duration::from_millis(25);

/// Which runs are listed, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// Only those that stand there.
    pub state: Option<RunState>,
    /// Only those that ended so.
    pub outcome: Option<String>,
    /// Only those of this flow.
    pub flow: Option<String>,
    /// Only those that this one started itself.
    pub parent: Option<RunId>,
    /// Only those that this one started, and so on.
    pub root: Option<RunId>,
    /// Only those that are older than this one.
    pub before: Option<RunId>,
    /// At most so many.
    pub limit: u32,
}

/// Which questions are listed, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Asks {
    /// Those that do not wait for an answer, too.
    pub all: bool,
    /// Only those of this run.
    pub run: Option<RunId>,
    /// Only those that are older than this one.
    pub before: Option<AskId>,
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

/// What comes of a record that grows.
#[derive(Debug)]
pub enum News {
    /// The next events, at least one.
    Events(Vec<Event>),
    /// A sentence for whoever waits for them.
    Notice(String),
    /// Nothing comes after the last event.
    End,
}

/// A record as it grows.
#[async_trait]
pub trait Feed: Send {
    /// What is next, as soon as it is there. May be dropped and called again.
    async fn next(&mut self) -> anyhow::Result<News>;
}

/// All that one tenant has.
#[async_trait]
pub trait Records: Send + Sync {
    /// Where they are, without a password.
    fn place(&self) -> String;

    /// Whether somebody works on the runs without being told to.
    fn is_served(&self) -> bool;

    /// The run of that name.
    async fn find(&self, run: &RunId) -> anyhow::Result<Option<Summary>>;

    /// A part of the list of runs.
    async fn runs(&self, runs: &Runs) -> anyhow::Result<Vec<Summary>>;

    /// The whole record of a run.
    async fn record(&self, run: &RunId) -> anyhow::Result<Vec<Event>>;

    /// The record of a run from its beginning, and as it grows.
    fn feed(&self, run: &RunId) -> Box<dyn Feed>;

    /// The source that a run is pinned to.
    async fn source_of(&self, run: &Summary) -> anyhow::Result<Arc<str>>;

    /// Asks that a run end. False where that changes nothing.
    async fn cancel(&self, run: &RunId, reason: &str) -> anyhow::Result<bool>;

    /// How many events the record of a run has, and what is wrong with it.
    async fn verify(&self, run: &RunId) -> anyhow::Result<(u64, Option<String>)>;

    /// A run as one file. `redact` says that it is redacted, and which words are taken out beside what
    /// is called like a secret.
    async fn export(&self, run: &RunId, redact: Option<&[String]>) -> anyhow::Result<String>;

    /// Takes such a file in.
    async fn import(&self, text: &str) -> anyhow::Result<RunId>;

    /// A part of the list of questions.
    async fn asks(&self, asks: &Asks) -> anyhow::Result<Vec<Ask>>;

    /// The question of that name.
    async fn find_ask(&self, ask: &AskId) -> anyhow::Result<Option<Ask>>;

    /// Answers a question.
    async fn answer(&self, ask: &AskId, value: &Value, by: &str) -> anyhow::Result<Answered>;

    /// Saved flows by their names.
    async fn flows(&self, after: Option<&str>, limit: u32) -> anyhow::Result<Vec<SavedFlow>>;

    /// The newest version of a flow.
    async fn flow(&self, name: &str) -> anyhow::Result<Option<SavedFlow>>;

    /// All versions of a flow, the newest first.
    async fn flow_versions(&self, name: &str) -> anyhow::Result<Vec<SavedFlow>>;

    /// The source of a version of a flow.
    async fn source_of_flow(&self, flow: &SavedFlow) -> anyhow::Result<Arc<str>>;

    /// Saves the flows of a source. One with the same source as before gets no new version.
    async fn save_flows(
        &self,
        flows: &[FlowDescription],
        source: &Arc<str>,
    ) -> anyhow::Result<Vec<SavedFlow>>;

    /// The run of that name, or of a name that begins so.
    async fn run(&self, text: &str) -> anyhow::Result<Summary> {
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

    /// The question of that name; or the open one whose name begins so.
    async fn ask(&self, text: &str) -> anyhow::Result<Ask> {
        let unknown = |message: String| {
            anyhow::Error::from(Usage::new(message).hint("`sluice asks ls` lists the questions"))
        };
        if let Ok(ask) = text.parse::<AskId>() {
            let found = self.find_ask(&ask).await?;
            return found.ok_or_else(|| unknown(format!("there is no question {ask}")));
        }
        if !text.starts_with("ask_") {
            let message = format!("`{text}` is no id of a question, and no beginning of one");
            return Err(unknown(message));
        }
        let asks = self.asks(&Asks { limit: MOST_ASKS, ..Asks::default() }).await?;
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

    /// The runs that a run started itself, in the order in which it did.
    async fn children_of(&self, run: &RunId) -> anyhow::Result<Vec<Summary>> {
        let parent = Some(run.clone());
        let mut runs = self.runs(&Runs { parent, limit: MOST_CHILDREN, ..Runs::default() }).await?;
        runs.reverse();
        Ok(runs)
    }

    /// The questions of a run that wait for an answer, in the order in which they were asked.
    async fn open_asks_of(&self, run: &RunId) -> anyhow::Result<Vec<Ask>> {
        let run = Some(run.clone());
        let mut asks = self.asks(&Asks { run, limit: MOST_ASKS, ..Asks::default() }).await?;
        asks.reverse();
        Ok(asks)
    }

    /// Waits until all that a run started is over.
    async fn until_over_under(&self, root: &RunId) -> anyhow::Result<()> {
        loop {
            let mut is_over = true;
            for state in [RunState::Queued, RunState::Running, RunState::Waiting] {
                let (state, root) = (Some(state), Some(root.clone()));
                let going_on =
                    self.runs(&Runs { state, root, limit: 1, ..Runs::default() }).await?;
                is_over &= going_on.is_empty();
            }
            if is_over {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
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

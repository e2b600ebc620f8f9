//! The harness of the end-to-end tests: a flow's source goes in, all that became of it comes out.
//!
//! Real interpreter, real engine, nothing mocked. The runtime image is built once and shared by all
//! tests of a machine.

pub mod endpoint;
pub mod postgres;
mod recording;
pub mod server;
pub mod sqlite;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use sluice_model::{
    AttemptEnd, Capability, Code, Description, Event, EventBody, Failure, History, Limits,
    Observed, Outcome, Tree, Usage,
};
use sluice_sandbox::{Attempt, Ended, Image, ImageSource, NO_CLIENTS, Replay, Sandbox};

pub use recording::{Answers, Interference};
use recording::{RecordingDoor, now_us, suspension};

/// Where the tests keep the runtime image: `$SLUICE_CACHE_DIR`, else the target directory.
pub fn cache_dir() -> PathBuf {
    std::env::var_os("SLUICE_CACHE_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/sluice-cache"),
        PathBuf::from,
    )
}

/// The image that the tests run on, built if it is missing.
pub fn image() -> Image {
    let source = ImageSource { cache_dir: cache_dir(), hash_seed: 0 };
    source.open(&mut |_| ()).expect("the runtime image builds")
}

/// A sandbox on that image.
pub fn sandbox() -> Sandbox {
    Sandbox::new(image()).expect("the sandbox starts")
}

/// The text of a built-in flow.
pub fn built_in(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Statements as the body of a block that is indented so far.
pub fn indent(statements: &str, spaces: usize) -> String {
    let margin = " ".repeat(spaces);
    statements.lines().map(|line| [margin.as_str(), line, "\n"].concat()).collect()
}

/// One run to be made.
#[derive(Clone)]
pub struct Run {
    attempt: Attempt,
    record: Vec<Event>,
    answers: Answers,
    interference: Interference,
}

/// What became of an attempt.
pub struct Report {
    /// How it ended.
    pub ended: Ended,
    /// What it took.
    pub usage: Usage,
    /// All that the guest and its calls did now, in order. What was replayed is not here.
    pub events: Vec<EventBody>,
    /// The run's record: what the attempt began with, and what it added.
    pub record: Vec<Event>,
    /// The fold of the record.
    pub tree: Tree,
}

impl Run {
    /// A run of the only flow of a source, without input, grants or tighter limits.
    pub fn of(source: &str) -> Run {
        Run {
            attempt: Attempt {
                source: source.into(),
                code: Arc::default(),
                flow: String::new(),
                input: Value::Object(serde_json::Map::new()),
                grants: Vec::new(),
                withheld: Vec::new(),
                uses: Vec::new(),
                limits: Limits::default(),
                seed: [7; 32],
                history: Arc::default(),
                replay: Replay::Resume,
            },
            record: Vec::new(),
            answers: |_| None,
            interference: |_| None,
        }
    }

    /// Of the flow of that name.
    #[must_use]
    pub fn flow(mut self, name: &str) -> Run {
        name.clone_into(&mut self.attempt.flow);
        self
    }

    /// With that input.
    #[must_use]
    pub fn input(mut self, input: Value) -> Run {
        self.attempt.input = input;
        self
    }

    /// With what the flow asks for.
    #[must_use]
    pub fn uses(mut self, words: &[&str]) -> Run {
        self.attempt.uses = capabilities(words);
        self
    }

    /// With what the tenant grants.
    #[must_use]
    pub fn grants(mut self, words: &[&str]) -> Run {
        self.attempt.grants = capabilities(words);
        self
    }

    /// With all randomness from this seed.
    #[must_use]
    pub fn seed(mut self, seed: u8) -> Run {
        self.attempt.seed = [seed; 32];
        self
    }

    /// With other ceilings.
    #[must_use]
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Run {
        change(&mut self.attempt.limits);
        self
    }

    /// With somebody who answers calls.
    #[must_use]
    pub fn answers(mut self, answers: Answers) -> Run {
        self.answers = answers;
        self
    }

    /// Suspended as soon as it has nothing to do for long.
    #[must_use]
    pub fn suspends(self) -> Run {
        self.interferes(suspension)
    }

    /// With somebody who answers what the sandbox tells.
    #[must_use]
    pub fn interferes(mut self, interference: Interference) -> Run {
        self.interference = interference;
        self
    }

    /// Going on after a record, which has been written and read meanwhile.
    #[must_use]
    pub fn resume(mut self, record: &[Event]) -> Run {
        self.record = stored(record);
        self.attempt.history = Arc::new(History::new(self.record.clone()));
        self
    }

    /// Replaying a record and nothing more.
    #[must_use]
    pub fn replay(self, record: &[Event]) -> Run {
        let mut run = self.resume(record);
        run.attempt.replay = Replay::Only;
        run
    }

    /// Runs it in a sandbox.
    pub async fn on(self, sandbox: &Sandbox) -> Report {
        self.until(sandbox, |_| false).await
    }

    /// Runs it in a sandbox until it ends, or is cancelled after an event that `last` holds of.
    pub async fn until(
        self,
        sandbox: &Sandbox,
        last: impl Fn(&EventBody) -> bool + Send + Sync,
    ) -> Report {
        let seen = tokio::sync::Notify::new();
        let lookout = Box::new(|body: &EventBody| {
            if last(body) {
                seen.notify_one();
            }
        });
        let Run { attempt, record, answers, interference } = self;
        let only = attempt.replay == Replay::Only;
        let history = Arc::clone(&attempt.history);
        let mut door = RecordingDoor::new(record, history, answers, interference, lookout);
        if !only {
            let body = EventBody::AttemptStarted { attempt: 1, worker: "test".to_owned() };
            door.append(now_us(), Observed::default(), body);
        }
        let before = door.record.len();
        let (ended, usage) =
            sandbox.run(attempt, &mut door, seen.notified()).await.expect("the platform is sound");
        let events: Vec<_> = door.record[before..].iter().map(|e| e.body.clone()).collect();
        match &ended {
            _ if only => assert_eq!(events, [], "a replay has no effects"),
            Ended::Finished { outcome, observed } => {
                let body = EventBody::RunEnded { outcome: outcome.clone(), usage: usage.clone() };
                door.append(now_us(), observed.clone(), body);
            }
            Ended::Suspended | Ended::Exhausted => {
                let why = AttemptEnd::Suspended { wake_at_us: None };
                let body = EventBody::AttemptEnded { why, usage: usage.clone() };
                door.append(now_us(), Observed::default(), body);
            }
        }
        let record = door.record;
        let mut tree = Tree::default();
        for event in &record {
            tree.apply(event.at_us, &event.body);
        }
        Report { ended, usage, events, record, tree }
    }
}

/// A record as a store gives it back: it has been JSON, and knows the bytes of attachments apart.
fn stored(record: &[Event]) -> Vec<Event> {
    let text = serde_json::to_string(record).expect("a record is JSON");
    let mut stored: Vec<Event> = serde_json::from_str(&text).expect("a record can be read");
    for (event, original) in stored.iter_mut().zip(record) {
        if let EventBody::CallEnded { answer: Some(answer), .. } = &mut event.body
            && let EventBody::CallEnded { answer: Some(original), .. } = &original.body
        {
            answer.attachment.clone_from(&original.attachment);
        }
    }
    stored
}

fn capabilities(words: &[&str]) -> Vec<Capability> {
    words.iter().map(|word| word.parse().expect("a well-formed capability")).collect()
}

impl Report {
    /// How the run ended.
    #[track_caller]
    pub fn outcome(&self) -> &Outcome {
        match &self.ended {
            Ended::Finished { outcome, .. } => outcome,
            other => panic!("the run is not over: {other:?}"),
        }
    }

    /// What the flow returned.
    #[track_caller]
    pub fn output(&self) -> &Value {
        match self.outcome() {
            Outcome::Succeeded { output } => output,
            other => panic!("the run did not succeed: {other:#?}"),
        }
    }

    /// Why the run did not succeed.
    #[track_caller]
    pub fn failure(&self) -> &Failure {
        self.outcome()
            .failure()
            .unwrap_or_else(|| panic!("the run succeeded: {:#?}", self.outcome()))
    }

    /// Why, exactly.
    #[track_caller]
    pub fn code(&self) -> Code {
        self.failure().code
    }

    /// The tree, a line a span: depth as indentation, name, how it ended.
    pub fn outline(&self) -> String {
        let line = |(depth, span): (usize, &sluice_model::Span)| {
            let status = match &span.status {
                None => "open",
                Some(sluice_model::SpanStatus::Ok) => "ok",
                Some(sluice_model::SpanStatus::Failed { .. }) => "failed",
                Some(sluice_model::SpanStatus::Cancelled) => "cancelled",
            };
            format!("{}{} {status}\n", "  ".repeat(depth), span.name)
        };
        self.tree.walk().map(line).collect()
    }

    /// The text of each log line and printed line.
    pub fn logs(&self) -> Vec<&str> {
        let messages = self.events.iter().filter_map(|event| match event {
            EventBody::Log { message, .. } => Some(message.as_str()),
            _ => None,
        });
        messages.collect()
    }
}

/// What a source holds.
pub async fn describe(sandbox: &Sandbox, source: &str) -> Result<Description, Failure> {
    let described = sandbox.describe(source, NO_CLIENTS).await.expect("the platform is sound");
    described.map(|described| described.description)
}

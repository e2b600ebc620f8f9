//! The harness of the end-to-end tests: a flow's source goes in, all that became of it comes out.
//!
//! Real interpreter, real engine, nothing mocked. The runtime image is built once and shared by all
//! tests of a machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use sluice_model::{
    Capability, Code, Description, EventBody, Failure, Limits, Outcome, Tree, Usage,
};
use sluice_sandbox::{Attempt, Image, ImageSource, LocalDoor, Sandbox};

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
pub struct Run {
    attempt: Attempt,
}

/// What became of a run.
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// What it took.
    pub usage: Usage,
    /// All that happened, in order.
    pub events: Vec<EventBody>,
    /// The fold of the events.
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
                uses: Vec::new(),
                limits: Limits::default(),
                seed: [7; 32],
            },
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
        let mut events = Vec::new();
        let mut tree = Tree::default();
        let seen = tokio::sync::Notify::new();
        let mut door = LocalDoor::new(|at_us, body: EventBody| {
            tree.apply(at_us, &body);
            if last(&body) {
                seen.notify_one();
            }
            events.push(body);
        });
        let (outcome, usage) = sandbox
            .run(self.attempt, &mut door, seen.notified())
            .await
            .expect("the platform is sound");
        drop(door);
        Report { outcome, usage, events, tree }
    }
}

fn capabilities(words: &[&str]) -> Vec<Capability> {
    words.iter().map(|word| word.parse().expect("a well-formed capability")).collect()
}

impl Report {
    /// What the flow returned.
    #[track_caller]
    pub fn output(&self) -> &Value {
        match &self.outcome {
            Outcome::Succeeded { output } => output,
            other => panic!("the run did not succeed: {other:#?}"),
        }
    }

    /// Why the run did not succeed.
    #[track_caller]
    pub fn failure(&self) -> &Failure {
        self.outcome.failure().unwrap_or_else(|| panic!("the run succeeded: {:#?}", self.outcome))
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
    let described = sandbox.describe(source).await.expect("the platform is sound");
    described.map(|described| described.description)
}

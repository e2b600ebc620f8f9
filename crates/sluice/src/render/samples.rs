//! Made-up runs for tests of drawing.

use serde_json::Value;
use sluice_model::{
    AskId, Attributes, CallId, Code, Event, EventBody, Failure, Limits, Observed, Question,
    RetryPolicy, RunId, RunState, SpanId, SpanStatus, Start, TenantId, Tree,
};

use crate::site::{Ask, Summary};

/// A run told step by step; each step takes no time but `wait`.
#[derive(Default)]
pub struct Story {
    tree: Tree,
    events: Vec<Event>,
    now_us: u64,
}

impl Story {
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    pub fn events(&self) -> &[Event] {
        &self.events
    }

    pub fn now_us(&self) -> u64 {
        self.now_us
    }

    pub fn begin(&mut self, flow: &str) -> &mut Self {
        self.add(EventBody::RunQueued(Box::new(Start {
            tenant: TenantId::local(),
            flow: flow.to_owned(),
            source_digest: "5e".to_owned(),
            clients: std::collections::BTreeMap::new(),
            image_digest: "1a".to_owned(),
            input: Value::Null,
            seed: "07".repeat(32),
            grants: Vec::new(),
            withheld: Vec::new(),
            uses: Vec::new(),
            limits: Limits::default(),
            retry: RetryPolicy::default(),
            deadline_us: None,
            started_by: None,
            parent: None,
            forked_from: None,
            trace: None,
        })))
    }

    pub fn start(&mut self, span: u64, parent: u64, name: &str) -> &mut Self {
        self.add(EventBody::SpanStarted {
            span: SpanId(span),
            parent: SpanId(parent),
            name: name.to_owned(),
            line: None,
            attributes: Attributes::new(),
        })
    }

    pub fn set(&mut self, span: u64, name: &str, value: impl Into<Value>) -> &mut Self {
        let mut attributes = Attributes::new();
        attributes.insert(name.to_owned(), value.into());
        self.add(EventBody::SpanSet { span: SpanId(span), attributes })
    }

    pub fn progress(&mut self, span: u64, done: u64, total: Option<u64>) -> &mut Self {
        self.add(EventBody::SpanProgress { span: SpanId(span), done, total })
    }

    pub fn end(&mut self, span: u64) -> &mut Self {
        self.add(EventBody::SpanEnded { span: SpanId(span), status: SpanStatus::Ok })
    }

    pub fn fail(&mut self, span: u64, failure: Failure) -> &mut Self {
        let status = SpanStatus::Failed { failure: Box::new(failure) };
        self.add(EventBody::SpanEnded { span: SpanId(span), status })
    }

    pub fn wait(&mut self, us: u64) -> &mut Self {
        self.now_us += us;
        self
    }

    pub fn add(&mut self, body: EventBody) -> &mut Self {
        self.tree.apply(self.now_us, &body);
        let seq = self.events.len() as u64 + 1;
        self.events.push(Event { seq, at_us: self.now_us, observed: Observed::default(), body });
        self
    }
}

/// A failure by an exception.
pub fn failed(exception: &str, message: &str) -> Failure {
    let exception = Some(exception.to_owned());
    Failure { exception, ..Failure::new(Code::Exception, message) }
}

/// A run that was queued at the beginning of time.
pub fn summary(number: u64) -> Summary {
    let run = RunId::new(number, [0; 10]);
    Summary {
        root: run.clone(),
        run,
        flow: "report".to_owned(),
        state: RunState::Queued,
        outcome: None,
        code: None,
        source_digest: "5e".to_owned(),
        image_digest: "1a".to_owned(),
        created_at_us: 0,
        started_at_us: None,
        ended_at_us: None,
        due_at_us: None,
        deadline_us: None,
        attempts: 0,
        events: 1,
        cpu_time_us: 0,
        cancel_reason: None,
        started_by: None,
        parent: None,
        forked_from: None,
        is_imported: false,
    }
}

/// An open question of a run.
pub fn ask(run: &RunId, question: &str) -> Ask {
    Ask {
        ask: AskId::new(1, [0; 10]),
        run: run.clone(),
        call: CallId(1),
        question: Question {
            question: question.to_owned(),
            schema: serde_json::json!({"type": "boolean"}),
            details: Attributes::new(),
            assignee: None,
            timeout_ms: None,
        },
        state: "open".to_owned(),
        created_at_us: 0,
        due_at_us: None,
        answer: None,
        answered_by: None,
        answered_at_us: None,
    }
}

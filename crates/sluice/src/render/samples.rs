//! Made-up runs for tests of drawing.

use serde_json::Value;
use sluice_model::{Attributes, Code, Event, EventBody, Failure, Limits, SpanId, SpanStatus, Tree};

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
        self.add(EventBody::RunStarted {
            flow: flow.to_owned(),
            source_digest: "5e".to_owned(),
            image_digest: "1a".to_owned(),
            limits: Limits::default(),
        })
    }

    pub fn start(&mut self, span: u64, parent: u64, name: &str) -> &mut Self {
        self.add(EventBody::SpanStarted {
            span: SpanId(span),
            parent: SpanId(parent),
            name: name.to_owned(),
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
        self.events.push(Event { seq, at_us: self.now_us, body });
        self
    }
}

/// A failure by an exception.
pub fn failed(exception: &str, message: &str) -> Failure {
    let exception = Some(exception.to_owned());
    Failure { exception, ..Failure::new(Code::Exception, message) }
}

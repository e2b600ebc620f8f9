//! `trace`: the steps, attributes, progress and logs of a flow.

use sluice_model::{Capability, EventBody, Failure, Level, SpanId, SpanStatus, StepBudget};
use wasmtime::Result;

use crate::bindings::sluice::runtime::trace;
use crate::guest::Guest;
use crate::spans::Owner;
use crate::stop::Stop;

/// Capabilities that one step may name.
const MOST_USES: usize = 64;

impl trace::Host for Guest {
    fn start(
        &mut self,
        parent: u64,
        name: String,
        attributes: String,
        uses: Option<String>,
        line: Option<u32>,
    ) -> Result<u64> {
        let parent = SpanId(parent);
        self.spans.require(parent)?;
        self.require_short("a step's name", name.len())?;
        let line = Guest::line(line)?;
        let bytes = name.len() + attributes.len() + uses.as_ref().map_or(0, String::len);
        let attributes = self.attributes("a step's attributes", &attributes)?;
        let uses = uses.map(|words| self.capabilities(&words)).transpose()?;
        self.count_span()?;
        let span = self.spans.open(parent, name.clone(), Owner::Guest, uses)?;
        let budget = StepBudget::of(span, &attributes);
        self.spans.set_budget(span, budget.map_err(|error| Stop::fault(error.to_string()))?);
        let body = EventBody::SpanStarted { span, parent, name, line, attributes };
        self.recorder.record(body, bytes)?;
        Ok(span.0)
    }

    fn end(&mut self, span: u64, status: trace::Status) -> Result<()> {
        let span = SpanId(span);
        let mut bytes = 0;
        let status = match status {
            trace::Status::Ok => SpanStatus::Ok,
            trace::Status::Cancelled => SpanStatus::Cancelled,
            trace::Status::Failed(failure) => {
                self.require_short("a step's failure", failure.len())?;
                bytes = failure.len();
                let failure: Failure = serde_json::from_str(&failure).map_err(|error| {
                    Stop::fault(format!("a step's failure is not the error object: {error}"))
                })?;
                SpanStatus::Failed { failure: Box::new(failure.of_step()) }
            }
        };
        for below in self.spans.end(span)? {
            let status = SpanStatus::Cancelled;
            self.recorder.record_end(EventBody::SpanEnded { span: below, status })?;
        }
        Ok(self.recorder.record(EventBody::SpanEnded { span, status }, bytes)?)
    }

    fn set(&mut self, span: u64, attributes: String) -> Result<()> {
        let span = SpanId(span);
        self.spans.require(span)?;
        let bytes = attributes.len();
        let attributes = self.attributes("a step's attributes", &attributes)?;
        Ok(self.recorder.record(EventBody::SpanSet { span, attributes }, bytes)?)
    }

    fn progress(&mut self, span: u64, done: u64, total: Option<u64>) -> Result<()> {
        let span = SpanId(span);
        self.spans.require(span)?;
        Ok(self.recorder.record(EventBody::SpanProgress { span, done, total }, 0)?)
    }

    fn log(
        &mut self,
        span: u64,
        level: trace::Level,
        message: String,
        attributes: String,
    ) -> Result<()> {
        let span = SpanId(span);
        self.spans.require(span)?;
        self.require_short("a log message", message.len())?;
        let bytes = message.len() + attributes.len();
        let attributes = self.attributes("a log line's attributes", &attributes)?;
        let level = match level {
            trace::Level::Debug => Level::Debug,
            trace::Level::Info => Level::Info,
            trace::Level::Warning => Level::Warning,
            trace::Level::Error => Level::Error,
        };
        let body = EventBody::Log { span, level, message, attributes, stream: None };
        Ok(self.recorder.record(body, bytes)?)
    }
}

impl Guest {
    fn capabilities(&self, words: &str) -> std::result::Result<Vec<Capability>, Stop> {
        self.require_short("a step's `uses`", words.len())?;
        let uses: Vec<Capability> = serde_json::from_str(words).map_err(|error| {
            Stop::fault(format!("a step's `uses` are not a JSON array of capabilities: {error}"))
        })?;
        if uses.len() > MOST_USES {
            return Err(Stop::fault(format!("a step's `uses` are more than {MOST_USES}")));
        }
        Ok(uses)
    }
}

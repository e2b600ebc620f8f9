//! Spans that are over, told to whoever exports them: each once its end is committed, by the attempt that
//! committed it. A later attempt folds the record so far and tells only of what ends from then on.

mod committed;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sluice_db::NewEvent;
use sluice_model::{
    AttemptEnd, Attributes, Call, CallId, CallKind, Event, EventBody, Failure, Outcome, Request,
    SpanId, SpanStatus, TraceContext, TraceSpanId,
};

use crate::gen_ai;
use crate::shared::RunOf;
use crate::trace::RunTrace;
pub(crate) use committed::{Commit, Told};
use committed::{Waiting, lock};

/// Events of one span that are kept at most.
const MOST_EVENTS: usize = 128;

/// Bytes of the events of one span that are kept at most, roughly.
const MOST_EVENT_BYTES: usize = 64 << 10;

/// Who is told of spans that are over.
pub trait SpanSink: Send + Sync {
    /// Whether spans of that run are wanted at all.
    fn wants(&self, trace: &RunTrace) -> bool;

    /// Spans that are over and committed. Must not wait: it is called by the run itself.
    fn take(&self, spans: Vec<FinishedSpan>);
}

/// A span that is over. Names, messages and what the flow gave are texts that nobody trusts.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedSpan {
    /// The trace and the span itself.
    pub context: TraceContext,
    /// The span above it.
    pub parent: Option<TraceSpanId>,
    /// Whether the span above is another system's.
    pub is_parent_remote: bool,
    /// Whether it is a call that left this machine.
    pub leaves: bool,
    /// Its name.
    pub name: String,
    /// In microseconds since the Unix epoch.
    pub started_at_us: u64,
    /// Likewise.
    pub ended_at_us: u64,
    /// Those of the flow, and ours, which begin with `sluice.`.
    pub attributes: Attributes,
    /// What happened in it, in order.
    pub events: Vec<SpanEvent>,
    /// How many events more there were.
    pub dropped_events: u32,
    /// How it ended.
    pub status: SpanStatus,
}

/// Something that happened in a span.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanEvent {
    /// In microseconds since the Unix epoch.
    pub at_us: u64,
    /// What; for a log line its text.
    pub name: String,
    /// More of it.
    pub attributes: Attributes,
}

impl FinishedSpan {
    /// Roughly how many bytes it takes.
    pub fn size_bytes(&self) -> usize {
        let message = match &self.status {
            SpanStatus::Failed { failure } => failure.message.len(),
            SpanStatus::Ok | SpanStatus::Cancelled => 0,
        };
        let events: usize = self.events.iter().map(SpanEvent::size_bytes).sum();
        200 + self.name.len() + message + size_of_attributes(&self.attributes) + events
    }
}

impl SpanEvent {
    fn size_bytes(&self) -> usize {
        50 + self.name.len() + size_of_attributes(&self.attributes)
    }
}

fn size_of_attributes(attributes: &Attributes) -> usize {
    let size = |(name, value): (&String, &serde_json::Value)| {
        let value = value.as_str().map_or_else(|| value.to_string().len(), str::len);
        20 + name.len() + value
    };
    attributes.iter().map(size).sum()
}

/// The spans of a run that are open.
pub(crate) struct Spans {
    sink: Arc<dyn SpanSink>,
    run: RunOf,
    trace: RunTrace,
    attempt: u32,
    open: BTreeMap<SpanId, Open>,
    /// Turns of models that are not over.
    turns: BTreeMap<CallId, SpanId>,
    /// Spans whose end is not known to be committed, by the number of the append.
    waiting: Arc<Mutex<Waiting>>,
    appends: u64,
}

struct Open {
    parent: SpanId,
    name: String,
    line: Option<u32>,
    attributes: Attributes,
    started_at_us: u64,
    call: Option<Call>,
    events: Vec<SpanEvent>,
    event_bytes: usize,
    dropped_events: u32,
}

impl Open {
    fn new(parent: SpanId, name: &str, attributes: Attributes, started_at_us: u64) -> Open {
        Open {
            parent,
            name: name.to_owned(),
            line: None,
            attributes,
            started_at_us,
            call: None,
            events: Vec::new(),
            event_bytes: 0,
            dropped_events: 0,
        }
    }

    fn happened(&mut self, at_us: u64, name: &str, attributes: Attributes) {
        let event = SpanEvent { at_us, name: name.to_owned(), attributes };
        let bytes = self.event_bytes + event.size_bytes();
        if self.events.len() == MOST_EVENTS || bytes > MOST_EVENT_BYTES {
            self.dropped_events += 1;
            return;
        }
        self.event_bytes = bytes;
        self.events.push(event);
    }
}

impl Spans {
    /// The spans that the record so far left open; none where nobody wants them.
    pub(crate) fn after(
        record: &[Event],
        run: &RunOf,
        sink: Option<&Arc<dyn SpanSink>>,
    ) -> Option<Spans> {
        let trace = RunTrace::of(&run.id, run.start.trace.as_ref());
        let sink = sink.filter(|sink| sink.wants(&trace))?;
        let queued_at_us = record.first()?.at_us;
        let root = Open::new(SpanId::RUN, &run.start.flow, Attributes::new(), queued_at_us);
        let mut spans = Spans {
            sink: Arc::clone(sink),
            run: run.clone(),
            trace,
            attempt: 0,
            open: BTreeMap::from([(SpanId::RUN, root)]),
            turns: BTreeMap::new(),
            waiting: Arc::default(),
            appends: 0,
        };
        for event in record {
            spans.apply(event.at_us, &event.body);
        }
        Some(spans)
    }

    /// Takes in events that are about to be appended. The answer makes known that they are committed.
    pub(crate) fn appending(&mut self, events: &[NewEvent]) -> Told {
        let mut over = Vec::new();
        for event in events {
            if let Some((span, open)) = self.apply(event.at_us, &event.body) {
                over.push(self.finished(span, open, event.at_us, &event.body));
            }
        }
        self.appends += 1;
        if !over.is_empty() {
            lock(&self.waiting).insert(self.appends, over);
        }
        let (sink, waiting) = (Arc::clone(&self.sink), Arc::clone(&self.waiting));
        Told { sink, waiting, append: self.appends }
    }

    /// Takes one event in; the span that it ends, if it ends one.
    fn apply(&mut self, at_us: u64, body: &EventBody) -> Option<(SpanId, Open)> {
        match body {
            EventBody::SpanStarted { span, parent, name, line, attributes } => {
                let open = Open::new(*parent, name, attributes.clone(), at_us);
                self.open.insert(*span, Open { line: *line, ..open });
            }
            EventBody::SpanSet { span, attributes } => {
                if let Some(open) = self.open.get_mut(span) {
                    open.attributes.extend(attributes.clone());
                }
            }
            EventBody::SpanEnded { span, .. } => {
                return self.open.remove(span).map(|open| (*span, open));
            }
            EventBody::RunEnded { .. } => {
                return self.open.remove(&SpanId::RUN).map(|open| (SpanId::RUN, open));
            }
            EventBody::CallStarted { call } => {
                if let Some(open) = self.open.get_mut(&call.span) {
                    if let Request::Llm(asked) = &call.request {
                        open.attributes.extend(gen_ai::asked(asked));
                        self.turns.insert(call.call, call.span);
                    }
                    open.call = Some(Call { attachment: None, ..call.clone() });
                }
            }
            EventBody::CallEnded { call, answer, .. } => {
                let span = self.turns.remove(call).and_then(|span| self.open.get_mut(&span));
                if let (Some(open), Some(answer)) = (span, answer) {
                    open.attributes.extend(gen_ai::answered(answer));
                }
            }
            EventBody::Log { span, level, message, attributes, stream } => {
                let mut attributes = of_the_flow(attributes.clone());
                set(&mut attributes, "sluice.log.level", serde_json::to_value(level).ok());
                set(&mut attributes, "sluice.log.stream", serde_json::to_value(stream).ok());
                self.happened(*span, at_us, message, attributes);
            }
            EventBody::CallRefused { parent, capability, failure } => {
                let mut attributes = of_failure(failure);
                attributes.insert("sluice.capability".to_owned(), capability.as_str().into());
                self.happened(*parent, at_us, "call refused", attributes);
            }
            EventBody::CallRetried { call } | EventBody::CallApproved { call } => {
                let what = match body {
                    EventBody::CallApproved { .. } => "call allowed",
                    _ => "call performed again",
                };
                let span = self.open.iter().find_map(|(span, open)| {
                    open.call.as_ref().is_some_and(|it| it.call == *call).then_some(*span)
                });
                if let Some(span) = span {
                    self.happened(span, at_us, what, Attributes::new());
                }
            }
            EventBody::AttemptStarted { attempt, worker } => {
                self.attempt = *attempt;
                let mut attributes = Attributes::new();
                attributes.insert("sluice.attempt".to_owned(), (*attempt).into());
                attributes.insert("sluice.worker".to_owned(), worker.as_str().into());
                self.happened(SpanId::RUN, at_us, "attempt started", attributes);
            }
            EventBody::AttemptEnded { why, .. } => {
                let (name, mut attributes) = match why {
                    AttemptEnd::Suspended { .. } => ("attempt suspended", Attributes::new()),
                    AttemptEnd::Released => ("attempt released", Attributes::new()),
                    AttemptEnd::Retried { failure, .. } => ("attempt failed", of_failure(failure)),
                };
                attributes.insert("sluice.attempt".to_owned(), self.attempt.into());
                self.happened(SpanId::RUN, at_us, name, attributes);
            }
            EventBody::RunQueued(_)
            | EventBody::SpanProgress { .. }
            | EventBody::CallCancelled { .. }
            | EventBody::Waiting { .. } => {}
        }
        None
    }

    fn happened(&mut self, span: SpanId, at_us: u64, name: &str, attributes: Attributes) {
        if let Some(open) = self.open.get_mut(&span) {
            open.happened(at_us, name, attributes);
        }
    }

    fn finished(&self, span: SpanId, open: Open, at_us: u64, end: &EventBody) -> FinishedSpan {
        let is_run = span == SpanId::RUN;
        let status = match end {
            EventBody::SpanEnded { status, .. } => status.clone(),
            EventBody::RunEnded { outcome, .. } => match outcome.failure() {
                Some(failure) => SpanStatus::Failed { failure: Box::new(failure.clone()) },
                None => SpanStatus::Ok,
            },
            _ => SpanStatus::Cancelled,
        };
        let mut attributes = of_the_flow(open.attributes);
        let start = &self.run.start;
        set(&mut attributes, "sluice.run.id", Some(self.run.id.as_str().into()));
        set(&mut attributes, "sluice.flow.name", Some(start.flow.as_str().into()));
        set(&mut attributes, "sluice.tenant.id", Some(self.run.tenant.as_str().into()));
        set(&mut attributes, "sluice.attempt", Some(self.attempt.into()));
        set(&mut attributes, "code.line.number", open.line.map(Into::into));
        if let Some(call) = &open.call {
            set(&mut attributes, "sluice.call.id", Some(call.call.0.into()));
            set(&mut attributes, "sluice.call.kind", Some(call.request.kind().as_str().into()));
        }
        match &status {
            SpanStatus::Ok => {}
            SpanStatus::Failed { failure } => attributes.extend(of_failure(failure)),
            SpanStatus::Cancelled => set(&mut attributes, "sluice.cancelled", Some(true.into())),
        }
        if let EventBody::RunEnded { outcome, usage } = end {
            self.of_run(&mut attributes, outcome);
            set(&mut attributes, "sluice.run.cpu_time_us", Some(usage.cpu_time_us.into()));
        } else {
            set(&mut attributes, "sluice.span.number", Some(span.0.into()));
        }
        FinishedSpan {
            context: self.trace.context(span),
            parent: if is_run {
                self.trace.parent()
            } else {
                Some(self.trace.span_id(open.parent))
            },
            is_parent_remote: is_run && start.trace.is_some() && start.parent.is_none(),
            leaves: open.call.is_some_and(|call| leaves(&call.request)),
            name: open.name,
            started_at_us: open.started_at_us,
            ended_at_us: at_us.max(open.started_at_us),
            attributes,
            events: open.events,
            dropped_events: open.dropped_events,
            status,
        }
    }

    fn of_run(&self, attributes: &mut Attributes, outcome: &Outcome) {
        let start = &self.run.start;
        set(attributes, "sluice.run.outcome", Some(outcome.as_str().into()));
        set(attributes, "sluice.source.digest", Some(start.source_digest.as_str().into()));
        set(attributes, "sluice.image.digest", Some(start.image_digest.as_str().into()));
        let parent = start.parent.as_ref().map(|parent| parent.run.as_str().into());
        set(attributes, "sluice.run.parent", parent);
        let fork = start.forked_from.as_ref();
        set(attributes, "sluice.run.forked_from", fork.map(|fork| fork.run.as_str().into()));
    }
}

fn set(attributes: &mut Attributes, name: &str, value: Option<serde_json::Value>) {
    if let Some(value) = value.filter(|value| !value.is_null()) {
        attributes.insert(name.to_owned(), value);
    }
}

/// A flow's own, without those that would pass for ours.
fn of_the_flow(mut attributes: Attributes) -> Attributes {
    attributes.retain(|name, _| !name.starts_with("sluice."));
    attributes
}

fn of_failure(failure: &Failure) -> Attributes {
    let mut attributes = Attributes::new();
    set(&mut attributes, "error.type", Some(failure.code.as_str().into()));
    set(&mut attributes, "sluice.failure.kind", serde_json::to_value(failure.kind).ok());
    let exception = failure.exception.as_deref().map(Into::into);
    set(&mut attributes, "sluice.failure.exception", exception);
    attributes
}

fn leaves(request: &Request) -> bool {
    matches!(request.kind(), CallKind::Rpc | CallKind::Http | CallKind::Llm)
}

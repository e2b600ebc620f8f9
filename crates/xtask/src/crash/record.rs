//! What must hold of one run's record at every moment, and what else the harness needs of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use sluice_model::{
    Answer, Call, CallId, Code, Event, EventBody, Failure, Outcome, Request, SpanId, Start,
};

use super::performer::{is_once, label};

/// What a record says.
#[derive(Clone, Debug, Default)]
pub(super) struct Summary {
    pub(super) start: Option<Start>,
    pub(super) attempts: u32,
    pub(super) effects: BTreeMap<CallId, EffectCall>,
    pub(super) outcome: Option<Outcome>,
    /// A digest of all events up to each: what may never change again.
    pub(super) digests: Vec<u64>,
}

/// A call that is an effect.
#[derive(Clone, Debug, Default)]
pub(super) struct EffectCall {
    pub(super) label: String,
    /// It may be done once only.
    pub(super) is_once: bool,
    /// How often the record says that it was begun.
    pub(super) begun: u32,
    /// The receipt, where it was answered.
    pub(super) receipt: Option<u64>,
}

/// Goes through a record once.
pub(super) struct Reader {
    summary: Summary,
    wrong: Vec<String>,
    calls: HashMap<CallId, OpenCall>,
    spans: HashMap<SpanId, bool>,
    /// Calls whose end must be followed by no other.
    ended_calls: BTreeSet<CallId>,
    is_between_attempts: bool,
}

struct OpenCall {
    /// The attempt that performs it.
    attempt: u32,
}

impl Reader {
    /// What a record says, and what is wrong with it.
    pub(super) fn read(events: &[Event]) -> (Summary, Vec<String>) {
        let mut reader = Reader {
            summary: Summary::default(),
            wrong: Vec::new(),
            calls: HashMap::new(),
            spans: HashMap::new(),
            ended_calls: BTreeSet::new(),
            is_between_attempts: true,
        };
        let mut digest = DefaultHasher::new();
        for (place, event) in (1..).zip(events) {
            if event.seq != place {
                reader.fault(event, &format!("it stands in place {place}"));
            }
            serde_json::json!(event).to_string().hash(&mut digest);
            reader.summary.digests.push(digest.finish());
            reader.event(event);
        }
        if reader.summary.outcome.is_some() {
            if !reader.calls.is_empty() {
                reader.wrong.push("the run has ended and calls are open".to_owned());
            }
            if reader.spans.values().any(|is_open| *is_open) {
                reader.wrong.push("the run has ended and spans are open".to_owned());
            }
        }
        (reader.summary, reader.wrong)
    }

    fn fault(&mut self, event: &Event, what: &str) {
        self.wrong.push(format!("event {} ({}): {what}", event.seq, event.body.kind()));
    }

    fn event(&mut self, event: &Event) {
        if self.summary.outcome.is_some() {
            self.fault(event, "it comes after the end");
        }
        if event.seq == 1 && !matches!(event.body, EventBody::RunQueued(_)) {
            self.fault(event, "the record begins with it");
        }
        let is_host_start =
            matches!(event.body, EventBody::RunQueued(_) | EventBody::AttemptStarted { .. });
        if self.is_between_attempts && !is_host_start {
            self.fault(event, "no attempt is under way");
        }
        match &event.body {
            EventBody::RunQueued(start) => {
                if event.seq != 1 {
                    self.fault(event, "the run was queued before");
                }
                self.summary.start = Some((**start).clone());
            }
            EventBody::AttemptStarted { attempt, .. } => {
                self.summary.attempts += 1;
                if *attempt != self.summary.attempts {
                    let number = self.summary.attempts;
                    self.fault(event, &format!("attempt {attempt} is number {number}"));
                }
                self.is_between_attempts = false;
            }
            EventBody::AttemptEnded { .. } => self.is_between_attempts = true,
            EventBody::SpanStarted { span, .. } => {
                if self.spans.insert(*span, true).is_some() {
                    self.fault(event, "its number was taken");
                }
            }
            EventBody::SpanEnded { span, .. } => {
                if self.spans.insert(*span, false) != Some(true) {
                    self.fault(event, "its span is not open");
                }
            }
            EventBody::CallStarted { call } => self.call_started(event, call),
            EventBody::CallRetried { call } => self.call_retried(event, *call),
            EventBody::CallEnded { call, answer, failure } => {
                self.call_ended(event, *call, answer.as_ref(), failure.as_deref());
            }
            EventBody::RunEnded { outcome, .. } => self.summary.outcome = Some(outcome.clone()),
            EventBody::SpanSet { .. }
            | EventBody::SpanProgress { .. }
            | EventBody::Log { .. }
            | EventBody::Waiting { .. }
            | EventBody::CallCancelled { .. }
            | EventBody::CallApproved { .. }
            | EventBody::CallRefused { .. } => {}
        }
        if let EventBody::CallRefused { failure, .. } = &event.body {
            self.fault(event, &failure.message);
        }
    }

    fn call_started(&mut self, event: &Event, call: &Call) {
        let open = OpenCall { attempt: self.summary.attempts };
        let is_known = self.calls.insert(call.call, open).is_some();
        if is_known || self.ended_calls.contains(&call.call) {
            self.fault(event, "its number was taken");
        }
        if matches!(call.request, Request::Rpc(_)) {
            let effect = EffectCall {
                label: label(call).unwrap_or_default().to_owned(),
                is_once: is_once(call),
                begun: 1,
                receipt: None,
            };
            self.summary.effects.insert(call.call, effect);
        }
    }

    fn call_retried(&mut self, event: &Event, call: CallId) {
        let attempt = self.summary.attempts;
        match self.calls.get_mut(&call) {
            None => self.fault(event, "its call is not open"),
            Some(open) if open.attempt == attempt => {
                self.fault(event, "its call was begun in the same attempt");
            }
            Some(open) => open.attempt = attempt,
        }
        match self.summary.effects.get_mut(&call) {
            Some(effect) if !effect.is_once => effect.begun += 1,
            _ => self.fault(event, "its call may not be done again"),
        }
    }

    fn call_ended(
        &mut self,
        event: &Event,
        call: CallId,
        answer: Option<&Answer>,
        failure: Option<&Failure>,
    ) {
        let Some(open) = self.calls.remove(&call) else {
            return self.fault(event, "its call is not open");
        };
        self.ended_calls.insert(call);
        let is_cut = open.attempt < self.summary.attempts;
        let Some(effect) = self.summary.effects.get_mut(&call) else { return };
        effect.receipt = answer.and_then(|answer| answer.value.get("receipt")?.as_u64());
        let problem = match failure.map(|failure| failure.code) {
            None if effect.receipt.is_none() => Some("it has no receipt"),
            None if is_cut => Some("a later attempt than the one that did it has the answer"),
            Some(Code::OutcomeUnknown) if !effect.is_once => Some("it could have been done again"),
            Some(Code::OutcomeUnknown) if !is_cut => {
                Some("no attempt was cut off while it was done")
            }
            None | Some(Code::OutcomeUnknown | Code::Cancelled) => None,
            Some(_) => Some("the effect failed"),
        };
        if let Some(problem) = problem {
            let message = failure.map_or("", |failure| failure.message.as_str());
            self.fault(event, &format!("{problem} {message}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(bodies: &[Value]) -> (Summary, Vec<String>) {
        let start = json!({"kind": "run_queued", "tenant": "local", "flow": "steps",
            "source_digest": "", "image_digest": "", "input": {}, "seed": "", "grants": [],
            "uses": [], "limits": {}});
        let event = |(seq, body): (u64, &Value)| {
            let mut event = body.clone();
            event["seq"] = seq.into();
            event["at_us"] = 0.into();
            serde_json::from_value(event).expect("the example is an event")
        };
        let events: Vec<Event> =
            (1..).zip(std::iter::once(&start).chain(bodies)).map(event).collect();
        Reader::read(&events)
    }

    fn attempt(number: u32) -> Value {
        json!({"kind": "attempt_started", "attempt": number, "worker": "w"})
    }

    fn started(method: &str) -> Value {
        json!({"kind": "call_started", "call": 1, "span": 1, "request": {"operation": "rpc",
            "service": "ledger", "method": method, "params": {"label": "a"}}})
    }

    fn answered() -> Value {
        json!({"kind": "call_ended", "call": 1, "answer": {"value": {"receipt": 7}}})
    }

    #[test]
    fn an_effect_that_was_cut_off_is_begun_again() {
        let retried = json!({"kind": "call_retried", "call": 1});
        let (summary, wrong) =
            read(&[attempt(1), started("append"), attempt(2), retried.clone(), answered()]);
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(summary.effects[&CallId(1)].begun, 2);
        assert_eq!(summary.effects[&CallId(1)].receipt, Some(7));
        let within_one = [attempt(1), started("append"), retried.clone()];
        let what_may_not = [attempt(1), started("once"), attempt(2), retried];
        for wrong in [read(&within_one).1, read(&what_may_not).1] {
            assert_eq!(wrong.len(), 1, "{wrong:?}");
        }
    }

    #[test]
    fn what_two_workers_wrote_is_told() {
        let twice = [attempt(1), started("append"), answered(), answered()];
        let late = [attempt(1), started("append"), attempt(2), answered()];
        let misnumbered = [attempt(1), attempt(1)];
        let unattended = [started("append")];
        for bodies in [&twice[..], &late, &misnumbered, &unattended] {
            let (_, wrong) = read(bodies);
            assert_eq!(wrong.len(), 1, "{wrong:?}");
        }
    }
}

//! `calls`: the one way from a flow to the world. Every kind of call passes the same checks here, in
//! the same order: size, form, grant; then its span is opened, and it goes through the door.

use std::fmt::Write as _;
use std::time::Duration;

use sha2::{Digest, Sha256};
use sluice_model::{
    Attachment, Call, CallId, CallKind, Capability, Code, Completion, EventBody, Failure, Request,
    SpanId, StepBudget,
};
use wasmtime::Result;

use crate::bindings::sluice::runtime::calls;
use crate::guest::Guest;
use crate::recorder::LONG_WAIT_MS;
use crate::spans::Owner;
use crate::stop::Stop;

impl calls::Host for Guest {
    fn start(
        &mut self,
        span: u64,
        request: calls::Request,
        line: Option<u32>,
    ) -> Result<std::result::Result<u64, String>> {
        let parent = SpanId(span);
        self.spans.require(parent)?;
        let line = Guest::line(line)?;
        self.count_call(&request)?;
        let bytes = request.arguments.len();
        let beside = request.attachment.len();
        let kind = CallKind::ALL[request.kind as usize];
        let attachment = attachment(request.attachment);
        let Permitted { request, needs_approval, bytes_added } =
            match self.permitted(parent, kind, &request.arguments) {
                Ok(permitted) => permitted,
                Err(Refusal { capability, failure }) => {
                    let text = failure_text(&failure);
                    let bytes = bytes + text.len();
                    let body = EventBody::CallRefused { parent, capability, failure };
                    self.recorder.record(body, bytes)?;
                    return Ok(Err(text));
                }
            };

        self.count_span()?;
        let name = request.span_name();
        let call = CallId(self.last_call);
        let span = self.spans.open(parent, name.clone(), Owner::Host, None)?;
        let attributes = sluice_model::Attributes::new();
        let body = EventBody::SpanStarted { span, parent, name, line, attributes };
        self.recorder.record(body, bytes)?;
        let call_made = Call { call, span, request, attachment, needs_approval };
        self.recorder.start(call_made, bytes + beside + bytes_added)?;
        self.calls.insert(call, Outstanding { span, given_up: false });
        Ok(Ok(call.0))
    }

    async fn next(&mut self, timeout_ms: Option<u64>) -> Result<Vec<calls::Completion>> {
        let has_calls = !self.calls.is_empty();
        if let Some(told) = self.recorder.next(timeout_ms, has_calls)? {
            return self.give_again(told);
        }
        self.arrive();
        let mut timeout = timeout_ms.map(Duration::from_millis);
        if let Some(timeout_ms) = timeout_ms
            && timeout_ms >= LONG_WAIT_MS
            && self.arrived.is_empty()
        {
            timeout = Some(self.recorder.wait(timeout_ms)?);
            // The wait is an event: what comes of it is counted from there.
            if let Some(told) = self.recorder.next(Some(0), has_calls)? {
                return self.give_again(told);
            }
            self.arrive();
        }
        let waits = timeout.map_or(has_calls, |timeout| !timeout.is_zero());
        if self.arrived.is_empty() && waits {
            self.block(timeout).await;
        }
        let arrived = std::mem::take(&mut self.arrived);
        self.recorder.deliver(arrived.iter().map(|completion| completion.call).collect());
        Ok(arrived.into_iter().map(|completion| self.give(completion)).collect::<Result<_, _>>()?)
    }

    fn cancel(&mut self, call: u64) -> Result<()> {
        let call = CallId(call);
        if let Some(outstanding) = self.calls.get_mut(&call)
            && !outstanding.given_up
        {
            outstanding.given_up = true;
            self.recorder.cancel(call)?;
        }
        Ok(())
    }
}

/// A call that was not given back to the guest yet.
#[derive(Debug)]
pub(crate) struct Outstanding {
    span: SpanId,
    given_up: bool,
}

/// A call that is performed.
struct Permitted {
    request: Request,
    /// Whether a person has to allow it too.
    needs_approval: bool,
    /// The size of what the host added to it.
    bytes_added: usize,
}

/// A call that is not performed.
struct Refusal {
    capability: String,
    failure: Box<Failure>,
}

impl Guest {
    fn count_call(&mut self, request: &calls::Request) -> std::result::Result<(), Stop> {
        self.require_short("a call's arguments", request.arguments.len())?;
        let limit = self.limits.payload_bytes;
        if request.attachment.len() as u64 > limit {
            let message = format!("an attachment is longer than {limit} bytes");
            return Err(Stop::limit(Code::LimitStringSize, message, limit));
        }
        self.calls_started += 1;
        self.last_call += 1;
        let limit = self.limits.calls;
        if self.calls_started > limit {
            let message = format!("the flow started more than {limit} calls");
            return Err(Stop::limit(Code::LimitCalls, message, limit));
        }
        Ok(())
    }

    /// The request, if its arguments are its kind's and the grants allow it, with what performers are to hold to.
    fn permitted(
        &mut self,
        parent: SpanId,
        kind: CallKind,
        arguments: &str,
    ) -> std::result::Result<Permitted, Refusal> {
        let invalid = |reason: String| Refusal {
            capability: kind.as_str().to_owned(),
            failure: Box::new(
                Failure::new(Code::CallInvalid, reason)
                    .hint("docs/calls.md lists the arguments of each kind of call."),
            ),
        };
        let arguments = serde_json::from_str(arguments)
            .map_err(|error| invalid(format!("the arguments are not a JSON object: {error}")))?;
        let mut request =
            Request::parse(kind, arguments).map_err(|error| invalid(error.to_string()))?;
        let needs_approval =
            self.grants.check(&request, self.spans.narrowings(parent)).map_err(|failure| {
                let needed = request.capability().map(|needed| needed.to_string());
                Refusal { capability: needed.unwrap_or_default(), failure }
            })?;
        let bytes_added = match &mut request {
            Request::Flow { grants, .. } => {
                *grants = self.effective(parent).to_vec();
                bytes_of_words(grants)
            }
            Request::Http(call) => {
                let of_http =
                    |word: &&Capability| matches!(word.kind(), CallKind::Http | CallKind::Secret);
                call.grants = self.effective(parent).iter().filter(of_http).cloned().collect();
                bytes_of_words(&call.grants)
            }
            Request::Llm(call) => {
                call.budgets = self.spans.budgets(parent);
                call.budgets.push(StepBudget {
                    span: SpanId::RUN,
                    tokens: Some(self.limits.model_tokens),
                    cost_micros: Some(self.limits.model_cost_micros),
                });
                call.budgets.len() * BUDGET_BYTES
            }
            _ => 0,
        };
        Ok(Permitted { request, needs_approval, bytes_added })
    }

    /// What holds within an open step. It is worked out once for calls in a row.
    fn effective(&mut self, step: SpanId) -> &[Capability] {
        let is_known = self.effective.as_ref().is_some_and(|(of, _)| *of == step);
        if !is_known {
            self.effective = Some((step, self.grants.effective(self.spans.narrowings(step))));
        }
        self.effective.as_ref().map_or(&[], |(_, words)| words)
    }

    /// Takes what is complete by now: first what a record brought, then what the door did.
    fn arrive(&mut self) {
        if let Some(record) = self.recorder.take_used_up() {
            let waited_for =
                record.ended().into_iter().filter(|call| self.calls.contains_key(call));
            self.arrived.extend(waited_for.filter_map(|call| record.completion(call)));
        }
        while let Some(completion) = self.inbox.try_recv() {
            self.arrived.push_back(completion);
        }
    }

    /// Waits for a completion, for ever where there is no timeout.
    async fn block(&mut self, timeout: Option<Duration>) {
        self.recorder.idle(timeout);
        let first = match timeout {
            Some(timeout) => tokio::time::timeout(timeout, self.inbox.recv()).await.ok().flatten(),
            None => self.inbox.recv().await,
        };
        self.recorder.busy();
        self.arrived.extend(first);
        self.arrive();
    }

    /// Gives the guest what a record says that it was given.
    fn give_again(&mut self, told: Vec<CallId>) -> Result<Vec<calls::Completion>> {
        let mut given = Vec::with_capacity(told.len());
        for call in told {
            let waits = self.calls.contains_key(&call);
            if let Some(completion) = self.recorder.completion(call, waits)? {
                given.push(self.give(completion)?);
            }
        }
        Ok(given)
    }

    /// Turns a completion into the guest's words. What it brings is counted here, where a replay comes
    /// by with the same, and not when it arrived.
    fn give(&mut self, completion: Completion) -> std::result::Result<calls::Completion, Stop> {
        let Completion { call, outcome } = completion;
        if let Some(Outstanding { span, .. }) = self.calls.remove(&call) {
            self.spans.end_call(span);
        }
        let outcome = match outcome {
            Ok(answer) => {
                let value = answer.value.to_string();
                let beside = answer.attachment.as_ref().map_or(0, |beside| beside.size_bytes);
                self.recorder.count_bytes(value.len() as u64 + beside)?;
                let attachment = answer.attachment.map(bytes_of).transpose()?.unwrap_or_default();
                Ok(calls::Answer { value, attachment })
            }
            Err(failure) => {
                let text = failure_text(&failure);
                self.recorder.count_bytes(text.len() as u64)?;
                Err(text)
            }
        };
        Ok(calls::Completion { call: call.0, outcome })
    }
}

/// What the budget of a step counts for in the record.
const BUDGET_BYTES: usize = 64;

fn bytes_of_words(words: &[Capability]) -> usize {
    words.iter().map(|word| word.to_string().len()).sum()
}

/// The bytes beside a call, with their digest; none where there are none.
fn attachment(bytes: Vec<u8>) -> Option<Attachment> {
    if bytes.is_empty() {
        return None;
    }
    let mut digest = String::new();
    for byte in Sha256::digest(&bytes) {
        let _ = write!(digest, "{byte:02x}");
    }
    Some(Attachment { digest, size_bytes: bytes.len() as u64, bytes: bytes.into() })
}

fn bytes_of(attachment: Attachment) -> std::result::Result<Vec<u8>, Stop> {
    let Attachment { digest, size_bytes, bytes } = attachment;
    if bytes.len() as u64 == size_bytes {
        return Ok(bytes.to_vec());
    }
    let message = format!("the bytes of the attachment {digest} are not at hand");
    Err(Stop(Box::new(Failure::new(Code::PlatformError, message))))
}

/// The error object as the guest reads it.
fn failure_text(failure: &Failure) -> String {
    serde_json::to_string(failure).unwrap_or_default()
}

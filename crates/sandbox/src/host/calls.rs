//! `calls`: the one way from a flow to the world. Every kind of call passes the same checks here, in
//! the same order: size, form, grant; then its span is opened, and it goes through the door.

use std::time::Duration;

use sluice_model::{Call, CallId, CallKind, Code, Completion, EventBody, Failure, Request, SpanId};
use wasmtime::Result;

use crate::bindings::sluice::runtime::calls;
use crate::guest::Guest;
use crate::spans::Owner;
use crate::stop::Stop;

impl calls::Host for Guest {
    fn start(
        &mut self,
        span: u64,
        request: calls::Request,
    ) -> Result<std::result::Result<u64, String>> {
        let parent = SpanId(span);
        self.spans.require(parent)?;
        self.count_call(&request)?;
        let bytes = request.arguments.len();
        let kind = CallKind::ALL[request.kind as usize];
        let request = match self.permitted(parent, kind, &request.arguments) {
            Ok(request) => request,
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
        let call = CallId(self.calls_started);
        let span = self.spans.open(parent, name.clone(), Owner::Host, None)?;
        let attributes = sluice_model::Attributes::new();
        self.recorder.record(EventBody::SpanStarted { span, parent, name, attributes }, bytes)?;
        let started = Call { call, span, request };
        self.recorder.record(EventBody::CallStarted { call: started.clone() }, bytes)?;
        self.recorder.start(started);
        self.calls.insert(call, Outstanding { span, given_up: false });
        Ok(Ok(call.0))
    }

    async fn next(&mut self, timeout_ms: Option<u64>) -> Result<Vec<calls::Completion>> {
        self.arrive();
        if self.arrived.is_empty() && (timeout_ms.is_some() || !self.calls.is_empty()) {
            let first = match timeout_ms {
                Some(0) => None,
                Some(timeout_ms) => {
                    let timeout = Duration::from_millis(timeout_ms);
                    tokio::time::timeout(timeout, self.inbox.recv()).await.ok().flatten()
                }
                None => self.inbox.recv().await,
            };
            self.arrived.extend(first);
            self.arrive();
        }
        let arrived = std::mem::take(&mut self.arrived);
        Ok(arrived.into_iter().filter_map(|completion| self.deliver(completion)).collect())
    }

    fn cancel(&mut self, call: u64) -> Result<()> {
        let call = CallId(call);
        if let Some(outstanding) = self.calls.get_mut(&call)
            && !outstanding.given_up
        {
            outstanding.given_up = true;
            self.recorder.cancel(call);
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
        let limit = self.limits.calls;
        if self.calls_started > limit {
            let message = format!("the flow started more than {limit} calls");
            return Err(Stop::limit(Code::LimitCalls, message, limit));
        }
        Ok(())
    }

    /// The request, if its arguments are its kind's and the grants cover it.
    fn permitted(
        &self,
        parent: SpanId,
        kind: CallKind,
        arguments: &str,
    ) -> std::result::Result<Request, Refusal> {
        let invalid = |reason: String| Refusal {
            capability: kind.as_str().to_owned(),
            failure: Box::new(
                Failure::new(Code::CallInvalid, reason)
                    .hint("docs/calls.md lists the arguments of each kind of call."),
            ),
        };
        let arguments = serde_json::from_str(arguments)
            .map_err(|error| invalid(format!("the arguments are not a JSON object: {error}")))?;
        let request =
            Request::parse(kind, arguments).map_err(|error| invalid(error.to_string()))?;
        if let Some(needed) = request.capability() {
            self.grants
                .check(&needed, self.spans.narrowings(parent))
                .map_err(|failure| Refusal { capability: needed.to_string(), failure })?;
        }
        Ok(request)
    }

    /// Takes what the door has completed since.
    fn arrive(&mut self) {
        while let Ok(completion) = self.inbox.try_recv() {
            self.arrived.push_back(completion);
        }
    }

    /// Turns a completion into the guest's words. One that nobody waits for is dropped.
    fn deliver(&mut self, completion: Completion) -> Option<calls::Completion> {
        let Completion { call, outcome } = completion;
        let Outstanding { span, .. } = self.calls.remove(&call)?;
        self.spans.end_call(span);
        let outcome = match outcome {
            Ok(answer) => {
                Ok(calls::Answer { value: answer.value.to_string(), attachment: answer.attachment })
            }
            Err(failure) => Err(failure_text(&failure)),
        };
        Some(calls::Completion { call: call.0, outcome })
    }
}

/// The error object as the guest reads it.
fn failure_text(failure: &Failure) -> String {
    serde_json::to_string(failure).unwrap_or_default()
}

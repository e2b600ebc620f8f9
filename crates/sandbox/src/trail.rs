//! Follows the events of a guest to know, at its end, what was open and where it failed. The guest
//! has no say in it.

use std::collections::{BTreeMap, BTreeSet};

use sluice_model::{CallId, EventBody, Failure, SpanId, SpanStatus};

#[derive(Debug)]
struct Known {
    parent: SpanId,
    name: String,
    open: bool,
}

/// The spans of a guest so far, and the one whose failure is on its way out.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    spans: BTreeMap<SpanId, Known>,
    calls: BTreeMap<CallId, SpanId>,
    failing: Option<(SpanId, String)>,
}

impl Trail {
    pub(crate) fn apply(&mut self, event: &EventBody) {
        match event {
            EventBody::SpanStarted { span, parent, name, .. } => {
                let known = Known { parent: *parent, name: name.clone(), open: true };
                self.spans.insert(*span, known);
            }
            EventBody::SpanEnded { span, status } => {
                if let Some(known) = self.spans.get_mut(span) {
                    known.open = false;
                }
                if let SpanStatus::Failed { failure } = status {
                    self.fail(*span, &failure.message);
                }
            }
            EventBody::CallStarted { call } => {
                self.calls.insert(call.call, call.span);
            }
            EventBody::CallEnded { call, .. } => {
                self.calls.remove(call);
            }
            _ => {}
        }
    }

    /// Where one failure leaves span after span outward, the innermost of them is where it was.
    fn fail(&mut self, span: SpanId, message: &str) {
        let passing = self.failing.as_ref().is_some_and(|(inner, inner_message)| {
            inner_message == message && self.outward(*inner).any(|id| id == span)
        });
        if !passing {
            self.failing = Some((span, message.to_owned()));
        }
    }

    /// The span that a failure of the guest's with this message came out of; what is open now when it
    /// came from no span that ended.
    pub(crate) fn origin(&self, failure: &Failure) -> SpanId {
        match &self.failing {
            Some((span, message)) if *message == failure.message => *span,
            _ => self.innermost(),
        }
    }

    /// The step that was opened last and is open; the run itself when there is none.
    pub(crate) fn innermost(&self) -> SpanId {
        let of_calls: BTreeSet<SpanId> = self.calls.values().copied().collect();
        self.open().find(|span| !of_calls.contains(span)).unwrap_or(SpanId::RUN)
    }

    /// The calls that have no answer yet.
    pub(crate) fn calls(&self) -> Vec<CallId> {
        self.calls.keys().copied().collect()
    }

    /// The span of a call that has no answer yet.
    pub(crate) fn span_of(&self, call: CallId) -> Option<SpanId> {
        self.calls.get(&call).copied()
    }

    /// The spans that are open, last opened first.
    pub(crate) fn open(&self) -> impl Iterator<Item = SpanId> {
        self.spans.iter().rev().filter(|(_, known)| known.open).map(|(id, _)| *id)
    }

    /// Names from the outermost span to this one.
    pub(crate) fn path(&self, span: SpanId) -> Vec<String> {
        let mut path: Vec<String> =
            self.outward(span).filter_map(|id| Some(self.spans.get(&id)?.name.clone())).collect();
        path.reverse();
        path
    }

    fn outward(&self, span: SpanId) -> impl Iterator<Item = SpanId> {
        let parent = |id: &SpanId| Some(self.spans.get(id)?.parent);
        std::iter::successors(Some(span), parent).take_while(|id| *id != SpanId::RUN)
    }
}

#[cfg(test)]
mod tests {
    use sluice_model::{Attributes, Code};

    use super::*;

    fn trail(events: &[(u64, Option<u64>, &str)]) -> Trail {
        let mut trail = Trail::default();
        for (span, parent, text) in events {
            trail.apply(&match parent {
                Some(parent) => EventBody::SpanStarted {
                    span: SpanId(*span),
                    parent: SpanId(*parent),
                    name: (*text).to_owned(),
                    line: None,
                    attributes: Attributes::new(),
                },
                None => EventBody::SpanEnded {
                    span: SpanId(*span),
                    status: if text.is_empty() {
                        SpanStatus::Ok
                    } else {
                        SpanStatus::Failed { failure: failure(text) }
                    },
                },
            });
        }
        trail
    }

    fn failure(message: &str) -> Box<Failure> {
        Box::new(Failure::new(Code::Exception, message))
    }

    #[test]
    fn a_failure_came_from_the_innermost_span_that_it_left() {
        let trail =
            trail(&[(1, Some(0), "outer"), (2, Some(1), "inner"), (2, None, "x"), (1, None, "x")]);
        let origin = trail.origin(&failure("x"));
        assert_eq!(trail.path(origin), ["outer", "inner"]);
    }

    #[test]
    fn a_failure_that_was_caught_is_not_where_the_next_one_came_from() {
        let trail =
            trail(&[(1, Some(0), "outer"), (2, Some(1), "inner"), (2, None, "x"), (1, None, "y")]);
        assert_eq!(trail.path(trail.origin(&failure("y"))), ["outer"]);
        assert_eq!(trail.origin(&failure("z")), SpanId::RUN);
    }

    #[test]
    fn a_stop_came_from_the_span_that_is_open() {
        let trail = trail(&[(1, Some(0), "outer"), (2, Some(1), "done"), (2, None, "")]);
        assert_eq!(trail.path(trail.origin(&failure("stopped"))), ["outer"]);
    }
}

//! The tree of a run: a fold over its events. Terminal, browser and tests all draw from this.

use std::collections::BTreeMap;

use crate::{Attributes, EventBody, SpanId, SpanStatus};

/// Every span of a run as far as its events tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    spans: BTreeMap<SpanId, Span>,
    roots: Vec<SpanId>,
}

/// One node.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Its number.
    pub id: SpanId,
    /// The span that it stands under; the run itself for a root.
    pub parent: SpanId,
    /// Text that nobody trusts.
    pub name: String,
    /// Its line in the flow's source, from 1, as the guest says.
    pub line: Option<u32>,
    /// As last set.
    pub attributes: Attributes,
    /// Units done, and in all.
    pub progress: Option<(u64, Option<u64>)>,
    /// In microseconds since the Unix epoch.
    pub started_at_us: u64,
    /// Absent while it is open.
    pub ended_at_us: Option<u64>,
    /// Absent while it is open.
    pub status: Option<SpanStatus>,
    /// In the order in which they were opened.
    pub children: Vec<SpanId>,
}

impl Tree {
    /// Takes one event more. Events that are not about spans change nothing, nor do events about
    /// spans that were never opened: a fold never fails.
    pub fn apply(&mut self, at_us: u64, event: &EventBody) {
        match event {
            EventBody::SpanStarted { span, parent, name, line, attributes } => {
                self.open(Span {
                    id: *span,
                    parent: *parent,
                    name: name.clone(),
                    line: *line,
                    attributes: attributes.clone(),
                    progress: None,
                    started_at_us: at_us,
                    ended_at_us: None,
                    status: None,
                    children: Vec::new(),
                });
            }
            EventBody::SpanSet { span, attributes } => {
                if let Some(span) = self.spans.get_mut(span) {
                    span.attributes.extend(attributes.clone());
                }
            }
            EventBody::SpanProgress { span, done, total } => {
                if let Some(span) = self.spans.get_mut(span) {
                    span.progress = Some((*done, *total));
                }
            }
            EventBody::SpanEnded { span, status } => {
                if let Some(span) = self.spans.get_mut(span) {
                    span.ended_at_us = Some(at_us);
                    span.status = Some(status.clone());
                }
            }
            EventBody::RunQueued(_)
            | EventBody::AttemptStarted { .. }
            | EventBody::AttemptEnded { .. }
            | EventBody::Waiting { .. }
            | EventBody::CallCancelled { .. }
            | EventBody::CallApproved { .. }
            | EventBody::CallRetried { .. }
            | EventBody::Log { .. }
            | EventBody::CallStarted { .. }
            | EventBody::CallRefused { .. }
            | EventBody::CallEnded { .. }
            | EventBody::RunEnded { .. } => {}
        }
    }

    fn open(&mut self, span: Span) {
        match self.spans.get_mut(&span.parent) {
            Some(parent) => parent.children.push(span.id),
            None => self.roots.push(span.id),
        }
        self.spans.insert(span.id, span);
    }

    /// The spans directly under the run, in the order in which they were opened.
    pub fn roots(&self) -> &[SpanId] {
        &self.roots
    }

    /// One span.
    pub fn span(&self, id: SpanId) -> Option<&Span> {
        self.spans.get(&id)
    }

    /// How many spans there are.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether no span was opened yet.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Every span with its depth (0 for a root), parents before their children.
    pub fn walk(&self) -> impl Iterator<Item = (usize, &Span)> {
        let mut stack: Vec<(usize, SpanId)> = self.roots.iter().rev().map(|id| (0, *id)).collect();
        std::iter::from_fn(move || {
            let (depth, id) = stack.pop()?;
            let span = self.spans.get(&id)?;
            stack.extend(span.children.iter().rev().map(|child| (depth + 1, *child)));
            Some((depth, span))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(span: u64, parent: u64, name: &str) -> EventBody {
        EventBody::SpanStarted {
            span: SpanId(span),
            parent: SpanId(parent),
            name: name.to_owned(),
            line: None,
            attributes: Attributes::new(),
        }
    }

    #[test]
    fn spans_stand_under_their_parents_in_the_order_of_their_start() {
        let mut tree = Tree::default();
        let events = [
            started(1, 0, "load"),
            started(2, 1, "first"),
            started(3, 1, "second"),
            EventBody::SpanEnded { span: SpanId(2), status: SpanStatus::Ok },
            started(4, 0, "save"),
            EventBody::SpanEnded { span: SpanId(9), status: SpanStatus::Ok },
        ];
        for (at_us, event) in (10..).zip(&events) {
            tree.apply(at_us, event);
        }
        let walked: Vec<_> = tree
            .walk()
            .map(|(depth, span)| (depth, span.name.as_str(), span.ended_at_us))
            .collect();
        assert_eq!(
            walked,
            [(0, "load", None), (1, "first", Some(13)), (1, "second", None), (0, "save", None)]
        );
    }
}

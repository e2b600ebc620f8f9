//! The open spans of a guest, as the host knows them: nothing the guest says about them is believed.

use std::collections::BTreeMap;

use sluice_model::{Capability, Code, SpanId, StepBudget};

use crate::stop::Stop;

/// How deep spans may be nested: what the host does for one is proportional to its depth.
const MOST_DEPTH: usize = 128;

/// Who opened a span, and so may end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Guest,
    Host,
}

#[derive(Debug)]
struct OpenSpan {
    parent: SpanId,
    name: String,
    owner: Owner,
    uses: Option<Vec<Capability>>,
    budget: Option<StepBudget>,
    depth: usize,
}

/// The spans that are open, and the number of the next one.
#[derive(Debug)]
pub(crate) struct OpenSpans {
    open: BTreeMap<SpanId, OpenSpan>,
    next: u64,
}

impl OpenSpans {
    /// None is open; the numbers go on after `last`.
    pub(crate) fn after(last: u64) -> OpenSpans {
        OpenSpans { open: BTreeMap::new(), next: last + 1 }
    }

    /// Stops the run unless `span` is an open step; the run itself always is.
    pub(crate) fn require(&self, span: SpanId) -> Result<(), Stop> {
        let is_step = |open: &OpenSpan| open.owner == Owner::Guest;
        if span == SpanId::RUN || self.open.get(&span).is_some_and(is_step) {
            Ok(())
        } else {
            Err(Stop::fault(format!("{span} is not an open step")))
        }
    }

    /// Opens a span under an open one. Stops the run where they are nested too deep.
    pub(crate) fn open(
        &mut self,
        parent: SpanId,
        name: String,
        owner: Owner,
        uses: Option<Vec<Capability>>,
    ) -> Result<SpanId, Stop> {
        let depth = self.open.get(&parent).map_or(0, |parent| parent.depth + 1);
        if depth > MOST_DEPTH {
            let message = format!("steps are nested more than {MOST_DEPTH} deep");
            return Err(Stop::limit(Code::LimitSpans, message, MOST_DEPTH as u64));
        }
        let id = SpanId(self.next);
        self.next += 1;
        self.open.insert(id, OpenSpan { parent, name, owner, uses, budget: None, depth });
        Ok(id)
    }

    /// Says what an open span may spend on models.
    pub(crate) fn set_budget(&mut self, span: SpanId, budget: Option<StepBudget>) {
        if let Some(open) = self.open.get_mut(&span) {
            open.budget = budget;
        }
    }

    /// What the steps from `span` outward may spend, where they say so.
    pub(crate) fn budgets(&self, span: SpanId) -> Vec<StepBudget> {
        self.ancestors(span).filter_map(|(_, open)| open.budget).collect()
    }

    /// Closes a span that the guest opened, and what it left open beneath: the spans below, last
    /// opened first. Spans of calls stay open, under the run: the host ends them.
    pub(crate) fn end(&mut self, span: SpanId) -> Result<Vec<SpanId>, Stop> {
        if span == SpanId::RUN {
            return Err(Stop::fault("a guest cannot end the run's own span"));
        }
        self.require(span)?;
        let below: Vec<SpanId> = self
            .open
            .range(span..)
            .rev()
            .filter(|(id, open)| open.owner == Owner::Guest && self.is_below(**id, span))
            .map(|(id, _)| *id)
            .collect();
        for id in below.iter().chain([&span]) {
            self.open.remove(id);
        }
        Ok(below)
    }

    /// Closes a span of the host's own.
    pub(crate) fn end_call(&mut self, span: SpanId) {
        self.open.remove(&span);
    }

    fn is_below(&self, id: SpanId, ancestor: SpanId) -> bool {
        self.ancestors(id).skip(1).any(|(id, _)| id == ancestor)
    }

    /// The span and the open spans above it, inner to outer.
    fn ancestors(&self, span: SpanId) -> impl Iterator<Item = (SpanId, &OpenSpan)> {
        let mut next = span;
        std::iter::from_fn(move || {
            let id = next;
            let open = self.open.get(&id)?;
            next = open.parent;
            Some((id, open))
        })
    }

    /// Name and capabilities of each step from `span` outward that narrows them.
    pub(crate) fn narrowings(&self, span: SpanId) -> impl Iterator<Item = (&str, &[Capability])> {
        self.ancestors(span)
            .filter_map(|(_, open)| Some((open.name.as_str(), open.uses.as_deref()?)))
    }

    /// The step that was opened last and is still open; the run itself when there is none.
    pub(crate) fn innermost(&self) -> SpanId {
        let step = self.open.iter().rev().find(|(_, open)| open.owner == Owner::Guest);
        step.map_or(SpanId::RUN, |(id, _)| *id)
    }
}

//! What a run and its spans are called in traces that other systems read. All of it follows from the run's
//! id and what it is pinned to, so whoever tells of a span twice tells of the same span.

use sha2::{Digest as _, Sha256};
use sluice_model::{RunId, SpanId, TraceContext, TraceId, TraceParent, TraceSpanId};

/// The names of a run in traces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunTrace {
    run: RunId,
    above: Option<TraceContext>,
    own: TraceParent,
}

impl RunTrace {
    /// Those of a run: in the trace that it is pinned to, else in one of its own.
    pub fn of(run: &RunId, trace: Option<&TraceContext>) -> RunTrace {
        let span = span_id(run, SpanId::RUN);
        let own = match trace {
            Some(above) => above.traceparent.at(span),
            None => TraceParent::new(trace_id(run), span),
        };
        RunTrace { run: run.clone(), above: trace.cloned(), own }
    }

    /// The trace.
    pub fn trace_id(&self) -> TraceId {
        self.own.trace
    }

    /// Whether whoever began the trace wants it recorded.
    pub fn is_sampled(&self) -> bool {
        self.own.is_sampled()
    }

    /// The span above the run itself, of another run or another system.
    pub fn parent(&self) -> Option<TraceSpanId> {
        self.above.as_ref().map(|above| above.traceparent.span)
    }

    /// What a span of the run is called.
    pub fn span_id(&self, span: SpanId) -> TraceSpanId {
        span_id(&self.run, span)
    }

    /// What whoever is called from a span is told: the headers `traceparent` and `tracestate`.
    pub fn context(&self, span: SpanId) -> TraceContext {
        TraceContext {
            traceparent: self.own.at(self.span_id(span)),
            tracestate: self.above.as_ref().and_then(|above| above.tracestate.clone()),
        }
    }
}

fn trace_id(run: &RunId) -> TraceId {
    let hash = Sha256::new().chain_update("sluice trace ").chain_update(run.as_str());
    let mut bytes = first(&hash.finalize());
    loop {
        if let Some(id) = TraceId::new(bytes) {
            return id;
        }
        bytes[0] = 1;
    }
}

fn span_id(run: &RunId, span: SpanId) -> TraceSpanId {
    let hash = Sha256::new().chain_update("sluice span ").chain_update(run.as_str());
    let mut bytes = first(&hash.chain_update(span.0.to_le_bytes()).finalize());
    loop {
        if let Some(id) = TraceSpanId::new(bytes) {
            return id;
        }
        bytes[0] = 1;
    }
}

fn first<const N: usize>(hash: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.copy_from_slice(&hash[..N]);
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const ABOVE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    #[test]
    fn names_follow_from_the_run_and_differ() {
        let runs = [RunId::new(1, [1; 10]), RunId::new(1, [2; 10])];
        let named = |run| RunTrace::of(run, None);
        assert_eq!(named(&runs[0]), named(&runs[0]));
        let traces: HashSet<_> = runs.iter().map(|run| named(run).trace_id()).collect();
        let spans: HashSet<_> = runs
            .iter()
            .flat_map(|run| (0..100).map(move |span| named(run).span_id(SpanId(span))))
            .collect();
        assert_eq!((traces.len(), spans.len()), (2, 200));
        assert!(named(&runs[0]).is_sampled() && named(&runs[0]).parent().is_none());
    }

    #[test]
    fn a_run_in_somebody_elses_trace_stays_in_it() {
        let run = RunId::new(1, [1; 10]);
        let above = TraceContext::parse(ABOVE, ["rojo=1"]).expect("it is sound");
        let named = RunTrace::of(&run, Some(&above));
        assert_eq!(named.trace_id(), above.traceparent.trace);
        assert_eq!(named.parent(), Some(above.traceparent.span));
        assert!(!named.is_sampled());
        let told = named.context(SpanId(3));
        assert_eq!(told.traceparent.span, named.span_id(SpanId(3)));
        assert_eq!((told.tracestate.as_deref(), told.traceparent.flags()), (Some("rojo=1"), 0));
    }
}

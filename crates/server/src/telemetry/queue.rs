//! Spans that wait to be sent: bounded in number and bytes, and never a reason to wait for whoever brings
//! them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sluice_executor::FinishedSpan;
use tokio::sync::Notify;

pub(super) struct Queue {
    most_spans: usize,
    most_bytes: usize,
    state: Mutex<State>,
    /// Something has come, or nothing more will.
    changed: Notify,
    /// It is time to send, whether or not spans have gathered for long.
    urgent: Notify,
}

#[derive(Default)]
struct State {
    spans: VecDeque<(FinishedSpan, usize)>,
    bytes: usize,
    is_closed: bool,
}

impl Queue {
    pub(super) fn new(most_spans: usize, most_bytes: usize) -> Queue {
        let (changed, urgent) = (Notify::new(), Notify::new());
        Queue { most_spans, most_bytes, state: Mutex::default(), changed, urgent }
    }

    /// Takes spans in as far as there is room. How many were dropped.
    pub(super) fn push(&self, spans: Vec<FinishedSpan>) -> u64 {
        let mut dropped = 0;
        let mut state = self.lock();
        for span in spans {
            let size = span.size_bytes();
            let is_full = state.spans.len() >= self.most_spans
                || state.bytes.saturating_add(size) > self.most_bytes;
            if state.is_closed || is_full {
                dropped += 1;
                continue;
            }
            state.bytes += size;
            state.spans.push_back((span, size));
        }
        let is_half_full =
            state.spans.len() * 2 >= self.most_spans || state.bytes * 2 >= self.most_bytes;
        drop(state);
        self.changed.notify_one();
        if is_half_full {
            self.urgent.notify_one();
        }
        dropped
    }

    /// Nothing more comes.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_one();
        self.urgent.notify_one();
    }

    /// Forgets what waits. How many those were.
    pub(super) fn clear(&self) -> u64 {
        let mut state = self.lock();
        state.bytes = 0;
        state.spans.drain(..).count() as u64
    }

    /// The next spans to send, after they had time to gather; none where nothing more comes.
    pub(super) async fn batch(
        &self,
        most_spans: usize,
        most_bytes: usize,
        gather: Duration,
    ) -> Option<Vec<FinishedSpan>> {
        loop {
            let (is_empty, is_closed) = {
                let state = self.lock();
                (state.spans.is_empty(), state.is_closed)
            };
            match (is_empty, is_closed) {
                (true, true) => return None,
                (true, false) => self.changed.notified().await,
                (false, true) => return Some(self.taken(most_spans, most_bytes)),
                (false, false) => {
                    if self.lock().spans.len() < most_spans {
                        tokio::select! {
                            () = self.urgent.notified() => {}
                            () = tokio::time::sleep(gather) => {}
                        }
                    }
                    return Some(self.taken(most_spans, most_bytes));
                }
            }
        }
    }

    /// At least one, however large it is.
    fn taken(&self, most_spans: usize, most_bytes: usize) -> Vec<FinishedSpan> {
        let mut state = self.lock();
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some((_, size)) = state.spans.front() {
            bytes += size;
            if taken.len() == most_spans || !taken.is_empty() && bytes > most_bytes {
                break;
            }
            if let Some((span, size)) = state.spans.pop_front() {
                state.bytes -= size;
                taken.push(span);
            }
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use sluice_executor::RunTrace;
    use sluice_model::{Attributes, RunId, SpanId, SpanStatus};

    use super::*;

    fn spans(names: &[&str]) -> Vec<FinishedSpan> {
        let trace = RunTrace::of(&RunId::new(1, [1; 10]), None);
        let span = |name: &&str| FinishedSpan {
            context: trace.context(SpanId(1)),
            parent: None,
            is_parent_remote: false,
            leaves: false,
            name: (*name).to_owned(),
            started_at_us: 0,
            ended_at_us: 0,
            attributes: Attributes::new(),
            events: Vec::new(),
            dropped_events: 0,
            status: SpanStatus::Ok,
        };
        names.iter().map(span).collect()
    }

    async fn names(queue: &Queue, most_spans: usize, most_bytes: usize) -> Option<Vec<String>> {
        let batch = queue.batch(most_spans, most_bytes, Duration::ZERO).await?;
        Some(batch.into_iter().map(|span| span.name).collect())
    }

    #[tokio::test]
    async fn what_does_not_fit_is_dropped_and_what_is_taken_makes_room() {
        let queue = Queue::new(2, 1 << 20);
        assert_eq!(queue.push(spans(&["a", "b", "c"])), 1);
        assert_eq!(names(&queue, 1, 1 << 20).await, Some(vec!["a".to_owned()]));
        assert_eq!(queue.push(spans(&["d", "e"])), 1);
        assert_eq!(names(&queue, 9, 1).await, Some(vec!["b".to_owned()]));
        queue.close();
        assert_eq!(queue.push(spans(&["f"])), 1);
        assert_eq!(names(&queue, 9, 1 << 20).await, Some(vec!["d".to_owned()]));
        assert_eq!(names(&queue, 9, 1 << 20).await, None);
    }

    #[test]
    fn bytes_are_bounded_too() {
        let queue = Queue::new(100, 1_000);
        let long = "x".repeat(700);
        assert_eq!(queue.push(spans(&[&long, &long])), 1);
        assert_eq!(queue.push(spans(&[&"x".repeat(2_000)])), 1);
        assert_eq!(queue.clear(), 1);
        assert_eq!(queue.push(spans(&[&long])), 0);
    }
}

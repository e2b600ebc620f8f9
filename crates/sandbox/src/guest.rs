//! What the host keeps about one guest: the data of its store.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use sluice_model::{
    Attributes, CallId, Capability, Code, Completion, EventBody, History, Level, Limits, SpanId,
    Stream,
};
use tokio::sync::mpsc::UnboundedSender;
use wasmtime::component::HasData;

use crate::budget::Budget;
use crate::door::ToDoor;
use crate::grants::Grants;
use crate::host::calls::Outstanding;
use crate::host::process::Lines;
use crate::inbox::Inbox;
use crate::meter::Meter;
use crate::observer::Told;
use crate::recorder::Recorder;
use crate::replay::{Cursor, Replay};
use crate::spans::OpenSpans;
use crate::stop::Stop;

/// One guest, seen from the host. Each interface of `wit/` is implemented on it in `host/`.
pub(crate) struct Guest {
    pub(crate) limits: Limits,
    pub(crate) grants: Grants,
    /// What holds within the step that last made a call which is told so.
    pub(crate) effective: Option<(SpanId, Vec<Capability>)>,
    pub(crate) budget: Budget,
    pub(crate) spans: OpenSpans,
    pub(crate) recorder: Recorder,
    /// Calls that were started and not yet given back.
    pub(crate) calls: BTreeMap<CallId, Outstanding>,
    pub(crate) calls_started: u64,
    /// The number of the last call.
    pub(crate) last_call: u64,
    pub(crate) spans_started: u64,
    /// Completions on their way to the guest.
    pub(crate) inbox: Inbox,
    pub(crate) arrived: VecDeque<Completion>,
    pub(crate) random: ChaCha20Rng,
    pub(crate) output_left: u64,
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
}

/// What one guest begins with.
pub(crate) struct Beginning {
    pub(crate) limits: Limits,
    pub(crate) grants: Grants,
    pub(crate) seed: [u8; 32],
    pub(crate) history: Arc<History>,
    pub(crate) replay: Replay,
}

impl Beginning {
    /// Without any authority, randomness or record.
    pub(crate) fn bare(limits: Limits) -> Beginning {
        Beginning {
            limits,
            grants: Grants::new(Vec::new(), Vec::new(), Vec::new()),
            seed: [0; 32],
            history: Arc::default(),
            replay: Replay::Resume,
        }
    }
}

impl HasData for Guest {
    type Data<'a> = &'a mut Guest;
}

impl Guest {
    pub(crate) fn new(
        beginning: Beginning,
        meter: Meter,
        told: Told,
        outbox: UnboundedSender<ToDoor>,
        inbox: Inbox,
    ) -> Guest {
        let Beginning { limits, grants, seed, history, replay } = beginning;
        let (last_span, last_call) = history.numbers_before();
        let replay = Cursor::new(history, replay);
        Guest {
            grants,
            effective: None,
            budget: Budget::new(&limits, meter),
            spans: OpenSpans::after(last_span),
            recorder: Recorder::new(outbox, told, replay, &limits),
            calls: BTreeMap::new(),
            calls_started: 0,
            last_call,
            spans_started: 0,
            inbox,
            arrived: VecDeque::new(),
            random: ChaCha20Rng::from_seed(seed),
            output_left: limits.output_bytes,
            stdout: Lines::default(),
            stderr: Lines::default(),
            limits,
        }
    }

    /// Stops the run when a text from the guest is longer than it may be.
    pub(crate) fn require_short(&self, what: &str, bytes: usize) -> Result<(), Stop> {
        let limit = self.limits.string_bytes;
        if bytes as u64 <= limit {
            return Ok(());
        }
        let message = format!("{what} of {bytes} bytes is longer than {limit}");
        Err(Stop::limit(Code::LimitStringSize, message, limit))
    }

    /// Attributes from the guest: a JSON object of bearable size.
    pub(crate) fn attributes(&self, what: &str, json: &str) -> Result<Attributes, Stop> {
        self.require_short(what, json.len())?;
        if json == "{}" {
            return Ok(Attributes::new());
        }
        serde_json::from_str(json)
            .map_err(|error| Stop::fault(format!("{what} are not a JSON object: {error}")))
    }

    /// A line of the flow's source, from the guest: as CPython numbers lines.
    pub(crate) fn line(line: Option<u32>) -> Result<Option<u32>, Stop> {
        match line {
            Some(line) if line == 0 || i32::try_from(line).is_err() => {
                Err(Stop::fault(format!("{line} is no number of a line")))
            }
            line => Ok(line),
        }
    }

    /// Counts one span more.
    pub(crate) fn count_span(&mut self) -> Result<(), Stop> {
        self.spans_started += 1;
        let limit = self.limits.spans;
        if self.spans_started <= limit {
            return Ok(());
        }
        let message = format!("the flow opened more than {limit} spans");
        Err(Stop::limit(Code::LimitSpans, message, limit))
    }

    /// Records a printed line.
    pub(crate) fn print_line(&mut self, stream: Stream, line: String) -> Result<(), Stop> {
        let bytes = line.len();
        let body = EventBody::Log {
            span: self.spans.innermost(),
            level: Level::Info,
            message: line,
            attributes: Attributes::new(),
            stream: Some(stream),
        };
        self.recorder.record(body, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_that_a_source_may_have() {
        for line in [None, Some(1), Some(i32::MAX.unsigned_abs())] {
            assert_eq!(Guest::line(line).ok(), Some(line));
        }
        for line in [0, 1 << 31, u32::MAX] {
            assert!(Guest::line(Some(line)).is_err(), "{line}");
        }
    }
}

//! Where a guest's events leave it: stamped, counted and measured.

use std::time::{SystemTime, UNIX_EPOCH};

use sluice_model::{CallId, Code, EventBody, Limits};
use tokio::sync::mpsc::UnboundedSender;

use crate::door::ToDoor;
use crate::stop::Stop;

/// Counts what a guest makes and sends it on. Nothing here waits; the counts bound the queue.
#[derive(Debug)]
pub(crate) struct Recorder {
    outbox: UnboundedSender<ToDoor>,
    events_left: u64,
    bytes_left: u64,
    events_limit: u64,
    bytes_limit: u64,
}

impl Recorder {
    pub(crate) fn new(outbox: UnboundedSender<ToDoor>, limits: &Limits) -> Recorder {
        Recorder {
            outbox,
            events_left: limits.events,
            bytes_left: limits.event_bytes,
            events_limit: limits.events,
            bytes_limit: limits.event_bytes,
        }
    }

    /// Records a fact that the guest caused. `bytes` is the size of what the guest supplied.
    pub(crate) fn record(&mut self, body: EventBody, bytes: usize) -> Result<(), Stop> {
        self.events_left = self.events_left.checked_sub(1).ok_or_else(|| {
            let limit = self.events_limit;
            Stop::limit(Code::LimitEvents, format!("the run made more than {limit} events"), limit)
        })?;
        self.bytes_left = self.bytes_left.checked_sub(bytes as u64).ok_or_else(|| {
            let limit = self.bytes_limit;
            let message = format!("the events of the run hold more than {limit} bytes");
            Stop::limit(Code::LimitEvents, message, limit)
        })?;
        self.send(ToDoor::Event { at_us: now_us(), body });
        Ok(())
    }

    /// Records how something ended whose beginning was counted.
    pub(crate) fn record_end(&mut self, body: EventBody) {
        self.send(ToDoor::Event { at_us: now_us(), body });
    }

    pub(crate) fn start(&mut self, call: sluice_model::Call) {
        self.send(ToDoor::Start(call));
    }

    pub(crate) fn cancel(&mut self, call: CallId) {
        self.send(ToDoor::Cancel(call));
    }

    /// The driver holds the other end as long as the guest lives, so nothing is lost.
    fn send(&mut self, message: ToDoor) {
        let _ = self.outbox.send(message);
    }
}

/// Microseconds since the Unix epoch.
pub(crate) fn now_us() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_micros()).unwrap_or(u64::MAX)
}

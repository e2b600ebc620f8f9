//! Drives one guest: polls it, carries messages between it and the door, and ends it when it is
//! cancelled or its wall time is over.

use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};

use sluice_model::{Code, Completion, EventBody, Failure, Limits, SpanStatus, Usage};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::door::{Door, ToDoor};
use crate::grants::Grants;
use crate::guest::Guest;
use crate::meter::Meter;
use crate::recorder::now_us;
use crate::sandbox::Finished;
use crate::stop::Stop;
use crate::trail::Trail;

/// How a guest ended.
pub(crate) enum End {
    /// It came to an end by itself, or by a stop from within.
    Finished(Finished),
    /// It was ended from outside.
    Stopped(Stop),
}

/// This side of one guest.
pub(crate) struct Driver {
    from_guest: UnboundedReceiver<ToDoor>,
    to_guest: UnboundedSender<Completion>,
    meter: Meter,
    wall_time: Duration,
    began: Instant,
    /// Where the guest is.
    pub(crate) trail: Trail,
}

impl Driver {
    /// A guest, not yet instantiated, and the driver for it.
    pub(crate) fn new(limits: Limits, grants: Grants, seed: [u8; 32]) -> (Driver, Guest) {
        let (outbox, from_guest) = unbounded_channel();
        let (to_guest, inbox) = unbounded_channel();
        let meter = Meter::default();
        let driver = Driver {
            from_guest,
            to_guest,
            meter: meter.clone(),
            wall_time: Duration::from_millis(limits.wall_time_ms),
            began: Instant::now(),
            trail: Trail::default(),
        };
        (driver, Guest::new(limits, grants, seed, meter, outbox, inbox))
    }

    /// Runs the guest to its end. Every event that it made has reached the door when this returns,
    /// every call that has no answer is given up, and every span has ended.
    pub(crate) async fn drive(
        &mut self,
        door: &mut dyn Door,
        cancel: impl Future<Output = ()>,
        guest: impl Future<Output = Finished>,
    ) -> End {
        let end = {
            let mut guest = pin!(self.meter.metered(guest));
            let mut cancel = pin!(cancel);
            let mut wall_time = pin!(tokio::time::sleep(self.wall_time));
            loop {
                tokio::select! {
                    biased;
                    () = &mut cancel => break End::Stopped(Stop::cancelled()),
                    () = &mut wall_time => break End::Stopped(wall_time_over(self.wall_time)),
                    Some(message) = self.from_guest.recv() => {
                        carry(&mut self.trail, door, message);
                    }
                    completion = door.completed() => {
                        record(&mut self.trail, door, &completion);
                        let _ = self.to_guest.send(completion);
                    }
                    finished = &mut guest => break End::Finished(finished),
                }
            }
        };
        while let Ok(message) = self.from_guest.try_recv() {
            carry(&mut self.trail, door, message);
        }
        for call in self.trail.calls() {
            door.send(ToDoor::Cancel(call));
            let failure = Failure::new(Code::Cancelled, "the run ended before the call did");
            record(&mut self.trail, door, &Completion { call, outcome: Err(Box::new(failure)) });
        }
        for span in self.trail.open() {
            let body = EventBody::SpanEnded { span, status: SpanStatus::Cancelled };
            door.send(ToDoor::Event { at_us: now_us(), body });
        }
        end
    }

    /// What it took so far.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            cpu_time_us: self.meter.cpu_time_us(),
            wall_time_us: u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX),
            memory_bytes: self.meter.memory_bytes(),
        }
    }
}

/// Records that a call is over, when it is, whether or not the guest ever asks for it.
fn record(trail: &mut Trail, door: &mut dyn Door, completion: &Completion) {
    let call = completion.call;
    let Some(span) = trail.span_of(call) else { return };
    let (answer, failure) = match completion.outcome.clone() {
        Ok(answer) => (Some(answer), None),
        Err(failure) => (None, Some(failure)),
    };
    let status = match &failure {
        None => SpanStatus::Ok,
        Some(failure) if failure.code == Code::Cancelled => SpanStatus::Cancelled,
        Some(failure) => SpanStatus::Failed { failure: failure.clone() },
    };
    for body in
        [EventBody::CallEnded { call, answer, failure }, EventBody::SpanEnded { span, status }]
    {
        carry(trail, door, ToDoor::Event { at_us: now_us(), body });
    }
}

fn carry(trail: &mut Trail, door: &mut dyn Door, message: ToDoor) {
    if let ToDoor::Event { body, .. } = &message {
        trail.apply(body);
    }
    door.send(message);
}

fn wall_time_over(wall_time: Duration) -> Stop {
    let limit_ms = u64::try_from(wall_time.as_millis()).unwrap_or(u64::MAX);
    let message = format!("the run did not end within {limit_ms} ms");
    Stop::limit(Code::LimitWallTime, message, limit_ms)
}

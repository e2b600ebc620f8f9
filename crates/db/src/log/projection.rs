//! What events make of the row of their run: the one place that says so.

use sluice_model::{AttemptEnd, EventBody};

use crate::NewEvent;
use crate::engine::Arg;

/// The change of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Projection {
    /// The last attempt that was started, and when.
    pub(crate) started: Option<(u32, u64)>,
    /// How the attempt left the run.
    leave: Option<Leave>,
    /// The time of the last event.
    pub(crate) at_us: u64,
    /// Calls that failed: whoever was asked need not answer any more.
    pub(crate) failed_calls: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Leave {
    /// Until then, or until something comes, unless it was woken more often than so.
    Wait { due_at_us: Option<u64>, wakes_seen: u64, cpu_time_us: u64 },
    /// To be taken up from then on, or at once if it was woken more often than so.
    Queue { due_at_us: u64, wakes_seen: u64, cpu_time_us: u64 },
    /// Over.
    End { outcome: &'static str, code: Option<&'static str>, cpu_time_us: u64 },
}

impl Projection {
    /// What the events make of the row. `wakes_seen`: how many wakes whoever writes them has looked
    /// at.
    pub(crate) fn of(events: &[NewEvent], wakes_seen: u64) -> Projection {
        let mut projection = Projection::default();
        for event in events {
            projection.at_us = event.at_us;
            match &event.body {
                EventBody::AttemptStarted { attempt, .. } => {
                    projection.started = Some((*attempt, event.at_us));
                }
                EventBody::AttemptEnded { why, usage } => {
                    let cpu_time_us = usage.cpu_time_us;
                    projection.leave = Some(match why {
                        AttemptEnd::Suspended { wake_at_us } => {
                            Leave::Wait { due_at_us: *wake_at_us, wakes_seen, cpu_time_us }
                        }
                        AttemptEnd::Released => {
                            Leave::Queue { due_at_us: event.at_us, wakes_seen, cpu_time_us }
                        }
                        AttemptEnd::Retried { due_at_us, .. } => {
                            Leave::Queue { due_at_us: *due_at_us, wakes_seen, cpu_time_us }
                        }
                    });
                }
                EventBody::RunEnded { outcome, usage } => {
                    projection.leave = Some(Leave::End {
                        outcome: outcome.as_str(),
                        code: outcome.failure().map(|failure| failure.code.as_str()),
                        cpu_time_us: usage.cpu_time_us,
                    });
                }
                EventBody::CallEnded { call, failure: Some(_), .. } => {
                    projection.failed_calls.push(call.0);
                }
                _ => {}
            }
        }
        projection
    }

    /// Whether the run is over.
    pub(crate) fn is_end(&self) -> bool {
        matches!(self.leave, Some(Leave::End { .. }))
    }

    /// Whether it ended well, and whether it failed. A run that was cancelled did neither.
    pub(crate) fn ends(&self) -> (bool, bool) {
        match self.leave {
            Some(Leave::End { outcome, .. }) => {
                (outcome == "succeeded", matches!(outcome, "failed" | "timed_out"))
            }
            _ => (false, false),
        }
    }

    /// CPU time that is told of for the first time, where `before` was told of. The end of a run tells
    /// of all its attempts, the end of an attempt of that one.
    pub(crate) fn cpu_time_us(&self, before: u64) -> u64 {
        match &self.leave {
            None => 0,
            Some(Leave::Wait { cpu_time_us, .. } | Leave::Queue { cpu_time_us, .. }) => {
                *cpu_time_us
            }
            Some(Leave::End { cpu_time_us, .. }) => cpu_time_us.saturating_sub(before),
        }
    }

    /// Whether the lease is given back.
    pub(crate) fn leaves(&self) -> bool {
        self.leave.is_some()
    }

    /// The assignments of an `UPDATE runs`, each after a comma; their arguments are added to the
    /// others.
    pub(crate) fn assignments(&self, args: &mut Vec<Arg>) -> String {
        let mut place = |value: Arg| {
            args.push(value);
            args.len()
        };
        let mut sql = String::new();
        if let Some((attempt, at_us)) = self.started {
            let (attempt, at) = (place(attempt.into()), place(at_us.into()));
            sql =
                format!(", attempts = ${attempt}, started_at_us = COALESCE(started_at_us, ${at})");
        }
        let left = match &self.leave {
            None => return sql,
            Some(Leave::Wait { due_at_us, wakes_seen, cpu_time_us }) => {
                let (due, now) = (place((*due_at_us).into()), place(self.at_us.into()));
                let (seen, cpu) = (place((*wakes_seen).into()), place((*cpu_time_us).into()));
                format!(
                    "state = CASE WHEN wakes > ${seen} THEN 'queued' ELSE 'waiting' END, \
                     due_at_us = CASE WHEN wakes > ${seen} THEN ${now} ELSE ${due} END, \
                     cpu_time_us = cpu_time_us + ${cpu}"
                )
            }
            Some(Leave::Queue { due_at_us, wakes_seen, cpu_time_us }) => {
                let (due, now) = (place((*due_at_us).into()), place(self.at_us.into()));
                let (seen, cpu) = (place((*wakes_seen).into()), place((*cpu_time_us).into()));
                format!(
                    "state = 'queued', \
                     due_at_us = CASE WHEN wakes > ${seen} THEN ${now} ELSE ${due} END, \
                     cpu_time_us = cpu_time_us + ${cpu}"
                )
            }
            Some(Leave::End { outcome, code, cpu_time_us }) => {
                let (outcome, code) = (place((*outcome).into()), place((*code).into()));
                let (at, cpu) = (place(self.at_us.into()), place((*cpu_time_us).into()));
                format!(
                    "state = 'ended', due_at_us = NULL, outcome = ${outcome}, code = ${code}, \
                     ended_at_us = ${at}, cpu_time_us = ${cpu}"
                )
            }
        };
        format!("{sql}, {left}, worker = NULL, lost = 0")
    }
}

//! Stopping a guest from within a host function or from the engine's own checks.

use std::fmt;

use sluice_model::{Code, Failure};

/// The error that a host function returns to end the guest: nothing the guest does can catch it.
#[derive(Clone, Debug)]
pub(crate) struct Stop(pub(crate) Box<Failure>);

impl Stop {
    /// The guest did what no honest SDK does.
    pub(crate) fn fault(message: impl Into<String>) -> Stop {
        Stop(Box::new(
            Failure::new(Code::GuestFault, message)
                .hint("Call the host through the `sluice` package only."),
        ))
    }

    /// A ceiling was reached. `limit` is the ceiling in the unit of its name.
    pub(crate) fn limit(code: Code, message: impl Into<String>, limit: u64) -> Stop {
        Stop(Box::new(Failure::new(code, message).hint(limit_hint(code)).detail("limit", limit)))
    }

    /// Somebody ended the run.
    pub(crate) fn cancelled() -> Stop {
        Stop(Box::new(Failure::new(Code::Cancelled, "the run was cancelled")))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Stop {}

fn limit_hint(code: Code) -> &'static str {
    match code {
        Code::LimitCpuTime => "Look for a loop that does not end, or ask for more CPU time.",
        Code::LimitWallTime => "Look for a wait that does not end, or ask for more time.",
        Code::LimitMemory => "Keep less in memory at once, or ask for more memory.",
        Code::LimitOutput => "Print less; return large results instead.",
        Code::LimitSpans => "Open one step for many items, and report with `step.progress`.",
        Code::LimitEvents => "Log and report less often; keep and ask for less at once.",
        Code::LimitCalls => "Ask for more at once, or ask for more calls.",
        Code::LimitStack => "Recurse less deeply, or work with a list of what is left to do.",
        _ => "Pass less text at once.",
    }
}

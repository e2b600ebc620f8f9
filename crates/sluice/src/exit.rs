//! How the process ends: one code a reason, documented in docs/cli.md and in `sluice --help`.

use std::process::ExitCode;

use sluice_model::{Code, Failure, FailureKind};

/// Why the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All went well.
    Ok,
    /// The flow failed, or Sluice itself did.
    Failed,
    /// The command line makes no sense.
    Usage,
    /// A check found an error.
    CheckFailed,
    /// The flow asked for what it was not granted.
    CapabilityDenied,
    /// The run reached one of its ceilings.
    LimitExceeded,
    /// Somebody interrupted it.
    Interrupted,
    /// Whoever read standard output went away: what a shell reports for SIGPIPE.
    ClosedPipe,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::CheckFailed => 3,
            Exit::CapabilityDenied => 5,
            Exit::LimitExceeded => 6,
            Exit::Interrupted => 130,
            Exit::ClosedPipe => 141,
        }
    }

    /// What the failure of a run means. A flow that was asked for and is not there is wrong usage,
    /// and so is a server that nobody logged in to.
    pub fn of_failure(failure: &Failure) -> Exit {
        match (failure.kind, failure.code) {
            (_, Code::FlowNotFound | Code::FlowAmbiguous | Code::Unauthenticated) => Exit::Usage,
            (FailureKind::CapabilityDenied, _) => Exit::CapabilityDenied,
            (FailureKind::LimitExceeded, _) => Exit::LimitExceeded,
            (FailureKind::Cancelled, _) => Exit::Interrupted,
            (
                FailureKind::FlowError
                | FailureKind::SourceError
                | FailureKind::InputError
                | FailureKind::CallError
                | FailureKind::GuestFault
                | FailureKind::ReplayError
                | FailureKind::RequestError
                | FailureKind::PlatformError,
                _,
            ) => Exit::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// A command line that makes no sense: what is wrong with it, and what to write instead.
#[derive(Debug)]
pub struct Usage {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Usage {
    /// Wrong usage, with nothing but a sentence.
    pub fn new(message: impl Into<String>) -> Usage {
        Usage { message: message.into(), hint: None }
    }

    /// The same with what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Usage {
        self.hint = Some(hint.into());
        self
    }
}

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Usage {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_that_a_script_tells_apart_have_codes_of_their_own() {
        let code = |code| Exit::of_failure(&Failure::new(code, "")).code();
        assert_eq!(code(Code::Exception), 1);
        assert_eq!(code(Code::FlowFailed), 1);
        assert_eq!(code(Code::SourceInvalid), 1);
        assert_eq!(code(Code::InputInvalid), 1);
        assert_eq!(code(Code::GuestTrapped), 1);
        assert_eq!(code(Code::PlatformError), 1);
        assert_eq!(code(Code::FlowNotFound), 2);
        assert_eq!(code(Code::FlowAmbiguous), 2);
        assert_eq!(code(Code::CapabilityDenied), 5);
        assert_eq!(code(Code::LimitCpuTime), 6);
        assert_eq!(code(Code::LimitWallTime), 6);
        assert_eq!(code(Code::Cancelled), 130);
    }
}

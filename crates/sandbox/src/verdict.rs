//! Judges how a guest ended: what it says about itself is read with care, what the engine says is
//! translated, and where it was is known to the host alone.

use sluice_model::{Code, Failure, Limits, Outcome, SpanId};
use wasmtime::Trap;

use crate::SandboxError;
use crate::driver::End;
use crate::engine::WASM_STACK_BYTES;
use crate::sandbox::{Finished, Returned};
use crate::stop::Stop;
use crate::trail::Trail;

/// How a guest ended.
pub(crate) enum Verdict {
    Returned(Returned),
    Failed(Box<Failure>),
}

impl Verdict {
    /// `Err` where the platform and not the guest is at fault.
    pub(crate) fn of(end: End, trail: &Trail, limits: &Limits) -> Result<Verdict, SandboxError> {
        let failure = match end {
            End::Suspended => {
                return Err(SandboxError::guest("a suspended guest has no outcome"));
            }
            End::Stopped(Stop(failure)) => placed(failure, trail.innermost(), trail),
            End::Finished(Finished {
                result: Err(error),
                never_began: true,
                memory_refused: None,
                ..
            }) => {
                return Err(SandboxError::guest(error));
            }
            End::Finished(Finished { result, memory_refused, .. }) => match result {
                Ok(Ok(returned)) => match too_long(returned.document.len(), limits) {
                    None => return Ok(Verdict::Returned(returned)),
                    Some(failure) => placed(failure, trail.innermost(), trail),
                },
                Ok(Err(text)) => {
                    let failure = guests_failure(&text, limits, memory_refused);
                    let origin = trail.origin(&failure);
                    placed(failure, origin, trail)
                }
                Err(error) => {
                    let failure = trap_failure(&error, limits, memory_refused);
                    placed(failure, trail.innermost(), trail)
                }
            },
        };
        Ok(Verdict::Failed(failure))
    }

    /// The outcome of a run that ended so.
    pub(crate) fn into_outcome(self) -> Outcome {
        match self {
            Verdict::Failed(failure) => Outcome::from_failure(*failure),
            Verdict::Returned(Returned { document, .. }) => match serde_json::from_str(&document) {
                Ok(output) => Outcome::Succeeded { output },
                Err(error) => Outcome::from_failure(
                    *Stop::fault(format!("the output is not JSON: {error}")).0,
                ),
            },
        }
    }
}

/// Says where the failure happened: the host's word, whatever the guest wrote there.
pub(crate) fn placed(mut failure: Box<Failure>, span: SpanId, trail: &Trail) -> Box<Failure> {
    failure.step = trail.path(span);
    failure.span = Some(span);
    failure
}

fn too_long(bytes: usize, limits: &Limits) -> Option<Box<Failure>> {
    let limit = limits.payload_bytes;
    let message = || format!("the output of {bytes} bytes is longer than {limit}");
    (bytes as u64 > limit).then(|| Stop::limit(Code::LimitStringSize, message(), limit).0)
}

/// The error object of a guest, if it is one that a guest can make.
fn guests_failure(
    text: &str,
    limits: &Limits,
    memory_refused: Option<Box<Failure>>,
) -> Box<Failure> {
    if let Some(failure) = too_long(text.len(), limits) {
        return failure;
    }
    let failure: Failure = match serde_json::from_str(text) {
        Ok(failure) => failure,
        Err(error) => {
            return Stop::fault(format!("the failure is not the error object: {error}")).0;
        }
    };
    if !failure.code.is_guests() {
        return Stop::fault(format!("a guest cannot fail with `{}`", failure.code.as_str())).0;
    }
    let failure = failure.of_guest();
    match memory_refused {
        Some(refused) if failure.exception.as_deref() == Some("MemoryError") => {
            Box::new(Failure { frames: failure.frames, ..*refused })
        }
        _ => Box::new(failure),
    }
}

fn trap_failure(
    error: &wasmtime::Error,
    limits: &Limits,
    memory_refused: Option<Box<Failure>>,
) -> Box<Failure> {
    if let Some(Stop(failure)) = error.downcast_ref::<Stop>() {
        return failure.clone();
    }
    if let Some(refused) = memory_refused {
        return refused;
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => {
            let message = "the interpreter's own stack is full";
            Stop::limit(Code::LimitStack, message, WASM_STACK_BYTES as u64).0
        }
        _ if error.root_cause().to_string().starts_with("too much data is being copied") => {
            let limit = limits.payload_bytes;
            let message = "more data crosses the door at once than it may";
            Stop::limit(Code::LimitStringSize, message, limit).0
        }
        Some(trap) => trapped(trap.to_string()),
        None => trapped(format!("{error:#}")),
    }
}

fn trapped(reason: String) -> Box<Failure> {
    Box::new(
        Failure::new(Code::GuestTrapped, "the interpreter crashed")
            .hint(
                "A wait for a lock or a queue that no other thread can end does this, since there \
                 are no threads. Anything else is a fault of the interpreter: please report it.",
            )
            .detail("trap", reason),
    )
}

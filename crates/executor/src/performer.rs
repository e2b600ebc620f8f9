//! Who performs the calls that leave this machine: one performer a kind of call, given to the
//! executor by whoever puts the parts together.

use async_trait::async_trait;
use sluice_db::DbError;
use sluice_model::{Answer, Call, Failure, RunId, TenantId, TraceContext};

/// What a performer may know about the call that it performs.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// Whose run it is.
    pub tenant: TenantId,
    /// The run.
    pub run: RunId,
    /// What its randomness comes from: the same for the run and its forks.
    pub seed: String,
    /// What the other side is told of where the call stands: the headers `traceparent` and `tracestate`.
    pub trace: TraceContext,
    /// The same for each time that this call is performed, and for no other call: `RUN/CALL`.
    pub idempotency_key: String,
    /// The longest answer that the run takes, in bytes.
    pub answer_bytes: u64,
}

impl CallContext {
    /// The longest answer where the performer takes one of so many bytes at most.
    pub fn at_most(&self, bytes: usize) -> usize {
        usize::try_from(self.answer_bytes).unwrap_or(usize::MAX).min(bytes)
    }
}

/// Performs one kind of call. The intent is in the record when `perform` is called, unless the call is read-only:
/// then a worker that is lost may have performed one that no record has.
#[async_trait]
pub trait Performer: Send + Sync {
    /// Whether the call may be performed again, with the same key, when a worker died while it was
    /// under way. Otherwise it ends as `outcome_unknown`.
    fn is_idempotent(&self, call: &Call) -> bool;

    /// Whether the call changes nothing and costs nothing, so that nobody has to know of it who was not told what
    /// it brought: it leaves at once, and its intent is in the record with what comes next.
    fn is_read_only(&self, _call: &Call) -> bool {
        false
    }

    /// Brings up to date what the two above go by. An attempt waits for it before it goes on with calls of another,
    /// and where it fails, the run is left to the next attempt: by what is not known, calls would end for good.
    async fn prepare(&self) -> Result<(), DbError> {
        Ok(())
    }

    /// Performs it. Dropped where nobody waits for the answer any more.
    async fn perform(&self, context: CallContext, call: Call) -> Result<Answer, Box<Failure>>;
}

//! Who performs the calls that leave this machine: one performer a kind of call, given to the
//! executor by whoever puts the parts together.

use async_trait::async_trait;
use sluice_model::{Answer, Call, Failure, RunId, TenantId, TraceContext};

/// What a performer may know about the call that it performs.
#[derive(Clone, Debug)]
pub struct CallContext {
    /// Whose run it is.
    pub tenant: TenantId,
    /// The run.
    pub run: RunId,
    /// What the other side is told of where the call stands: the headers `traceparent` and `tracestate`.
    pub trace: TraceContext,
    /// The same for each time that this call is performed, and for no other call: `RUN/CALL`.
    pub idempotency_key: String,
}

/// Performs one kind of call. The intent is in the record when `perform` is called.
#[async_trait]
pub trait Performer: Send + Sync {
    /// Whether the call may be performed again, with the same key, when a worker died while it was
    /// under way. Otherwise it ends as `outcome_unknown`.
    fn is_idempotent(&self, call: &Call) -> bool;

    /// Performs it. Dropped where nobody waits for the answer any more.
    async fn perform(&self, context: CallContext, call: Call) -> Result<Answer, Box<Failure>>;
}

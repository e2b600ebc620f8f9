//! The CPU time that a tenant has left of the day, as one attempt may take it.

use std::sync::Arc;

use sluice_model::{Code, Failure, Limits, Outcome, Quota};

use crate::fresh::now_us;

/// What was left when the attempt began.
pub(crate) struct Day {
    pub(crate) quota: Arc<Quota>,
    pub(crate) cpu_ms_left: u64,
}

impl Day {
    /// The limits of the attempt: those of the run, and no more CPU time than is left.
    pub(crate) fn narrowed(&self, limits: &Limits) -> Limits {
        Limits { cpu_time_ms: limits.cpu_time_ms.min(self.cpu_ms_left), ..limits.clone() }
    }

    /// The outcome as the tenant should hear of it: where the run was stopped by what was left rather
    /// than by its own limit, it is the quota that it met.
    pub(crate) fn judged(&self, outcome: Outcome, limits: &Limits) -> Outcome {
        match outcome {
            Outcome::Failed { failure }
                if failure.code == Code::LimitCpuTime && self.cpu_ms_left < limits.cpu_time_ms =>
            {
                let Failure { kind, code, message, hint, details, .. } =
                    self.quota.cpu_used_up(now_us());
                Outcome::from_failure(Failure { kind, code, message, hint, details, ..*failure })
            }
            outcome => outcome,
        }
    }
}

//! Methods of services: found by the name of the service, called for the run's tenant.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use sluice_db::{DbError, ServiceRow};
use sluice_model::{Answer, Call, Code, Failure, Request, RpcCall};
use sluice_rpc::{Address, CallLimits, Caller, RpcFailure};

use super::{Outside, broken, not_ours};
use crate::clients::{Effects, Listed};
use crate::performer::{CallContext, Performer};

/// How long a call waits for its answer where the flow does not say, and at most.
const TIMEOUT: (Duration, Duration) = (Duration::from_mins(1), Duration::from_mins(15));

pub(super) struct Rpc(pub(super) Outside);

#[async_trait]
impl Performer for Rpc {
    /// Services get the key of the call; whether they heed it, their documents say.
    fn is_idempotent(&self, call: &Call) -> bool {
        self.0.services.known().is_some_and(|known| does(&known, call, Effects::is_idempotent))
    }

    /// By a document that was looked at a moment ago: it may have been another one before.
    fn is_read_only(&self, call: &Call) -> bool {
        self.0.services.fresh().is_some_and(|fresh| does(&fresh, call, Effects::is_read_only))
    }

    async fn prepare(&self) -> Result<(), DbError> {
        self.0.services.all(&self.0.store).await.map(drop)
    }

    async fn perform(&self, context: CallContext, call: Call) -> Result<Answer, Box<Failure>> {
        let Request::Rpc(RpcCall { service, method, params, timeout_ms }) = call.request else {
            return Err(not_ours());
        };
        let address = self.address(&service).await?;
        let answer_bytes = context.at_most(CallLimits::default().answer_bytes);
        let tenant = context.tenant.as_str().to_owned();
        let caller = Caller {
            owner: tenant.clone(),
            claims: Some(json!({ "tenant": tenant }).to_string()),
            user: Some(tenant.clone()),
            context: Some(tenant),
            traceparent: Some(context.trace.traceparent.to_string()),
            idempotency_key: Some(context.idempotency_key),
        };
        let timeout = timeout_ms.map_or(TIMEOUT.0, Duration::from_millis).min(TIMEOUT.1);
        let limits = CallLimits { timeout, answer_bytes, ..CallLimits::default() };
        let answered = self.0.rpc.call(&address, &method, &params, &caller, limits).await;
        answered.map(Answer::of).map_err(|failure| Box::new(told(&service, &failure)))
    }
}

impl Rpc {
    async fn address(&self, service: &str) -> Result<Address, Box<Failure>> {
        let is_it = |it: &&ServiceRow| it.name == service;
        let Outside { services, store, .. } = &self.0;
        let mut listed = services.all(store).await.map_err(|error| broken(&error))?;
        if !listed.services.iter().any(|it| is_it(&it)) {
            // Another process may have put it in since.
            listed = services.read(store).await.map_err(|error| broken(&error))?;
        }
        let services = &listed.services;
        let Some(found) = services.iter().find(is_it) else {
            let names: Vec<&str> = services.iter().map(|it| it.name.as_str()).take(8).collect();
            let hint = match names.as_slice() {
                [] => "Whoever runs this Sluice can put one in: `sluice services add`.".to_owned(),
                names => format!("There is {}.", names.join(", ")),
            };
            let message = format!("there is no service `{service}` here");
            let failure = Failure::new(Code::ServiceUnavailable, message);
            return Err(Box::new(failure.hint(hint).detail("nothing_done", true)));
        };
        found.address.parse().map_err(|error| {
            let message = format!("the address of the service `{service}` is none: {error}");
            Box::new(Failure::new(Code::ServiceUnavailable, message).detail("nothing_done", true))
        })
    }
}

/// Whether a call's method does that, by what is known of the service.
fn does(listed: &Listed, call: &Call, what: fn(&Effects, &str) -> bool) -> bool {
    let Request::Rpc(RpcCall { service, method, .. }) = &call.request else { return false };
    listed.effects(service).is_some_and(|effects| what(effects, method))
}

fn told(service: &str, failure: &RpcFailure) -> Failure {
    match failure {
        RpcFailure::Service(_) => failure.failure(Code::RpcFailed),
        RpcFailure::TimedOut { .. } => failure
            .failure(Code::CallTimedOut)
            .hint("It may have been done all the same: find out at the service."),
        RpcFailure::Invalid(_) => failure.failure(Code::CallInvalid),
        RpcFailure::Lost(_) => failure
            .failure(Code::OutcomeUnknown)
            .hint("Find out at the service, then call again or go on."),
        RpcFailure::Unreachable(_)
        | RpcFailure::NotJsonRpc(_)
        | RpcFailure::TooLarge { .. }
        | RpcFailure::TooMany { .. } => {
            let message = format!("the service `{service}`: {failure}");
            let told = Failure {
                retryable: matches!(failure, RpcFailure::Unreachable(_)),
                ..Failure::new(Code::ServiceUnavailable, message)
            };
            told.hint("`sluice services ls` says which services answer.")
                .detail("nothing_done", failure.nothing_done())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_never_asked_is_tried_again_unasked() {
        for (failure, retryable) in [
            (RpcFailure::Unreachable("refused".to_owned()), true),
            (RpcFailure::TimedOut { limit_ms: 5 }, false),
            (RpcFailure::Lost("it hung up".to_owned()), false),
            (RpcFailure::NotJsonRpc("<html>".to_owned()), false),
        ] {
            assert_eq!(told("calendar", &failure).retryable, retryable, "{failure}");
        }
    }
}

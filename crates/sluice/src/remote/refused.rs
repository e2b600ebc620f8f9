//! Answers that say why not: the problem of RFC 9457 as the failure that it holds, so that it is drawn
//! and ends a command like any other.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode, Url};
use serde::Deserialize;
use sluice_model::{Code, Failure, FailureKind};

use crate::site::Refusable;

/// A request that a server did not carry out.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub failure: Box<Failure>,
    status: StatusCode,
    retry_after: Option<Duration>,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.failure.message)
    }
}

impl std::error::Error for Refused {}

/// What of a problem is read.
#[derive(Deserialize)]
struct ProblemBody {
    failure: Box<Failure>,
}

impl Refused {
    /// What the answer says. One that is no problem of ours came from something in between.
    pub async fn of(answer: Response, base: &Url) -> Refused {
        let status = answer.status();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|text| text.parse().ok()).map(Duration::from_secs);
        let body = answer.text().await.unwrap_or_default();
        let failure = if let Ok(problem) = serde_json::from_str::<ProblemBody>(&body) {
            problem.failure
        } else {
            let message = format!("{base} answered `{status}` and did not say why");
            Box::new(Failure::new(Code::Unavailable, message).hint("is it a Sluice server?"))
        };
        let refused = Refused { failure, status, retry_after };
        if refused.failure.code != Code::Unauthenticated {
            return refused;
        }
        let hint = how_to_log_in(base);
        Refused { failure: Box::new(refused.failure.hint(hint)), ..refused }
    }

    /// How long to wait before a request is repeated that was one too many.
    pub(super) fn one_too_many(&self) -> Option<Duration> {
        let wait = self.retry_after.unwrap_or(Duration::from_secs(1));
        (self.failure.code == Code::RateLimited).then_some(wait)
    }

    /// Whether the same may go better later.
    pub(super) fn is_passing(&self) -> bool {
        self.status.is_server_error() || self.failure.code == Code::RateLimited
    }
}

/// Nobody is logged in.
pub(super) fn not_logged_in(base: &Url) -> Refused {
    let message = format!("you are not logged in to {base}");
    let failure = Failure::new(Code::Unauthenticated, message).hint(how_to_log_in(base));
    Refused { failure: Box::new(failure), status: StatusCode::UNAUTHORIZED, retry_after: None }
}

fn how_to_log_in(base: &Url) -> String {
    format!("log in with `sluice login {base}`, or set SLUICE_TOKEN")
}

/// What there is; none where the server says that it is not there.
pub(super) fn found<T>(answer: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
    match answer {
        Ok(thing) => Ok(Some(thing)),
        Err(error) => match error.downcast_ref::<Refused>() {
            Some(refused) if refused.failure.code == Code::NotFound => Ok(None),
            _ => Err(error),
        },
    }
}

/// What was done, or why a flow or its author is at fault.
pub(super) fn told_apart<T>(answer: anyhow::Result<T>) -> Refusable<T> {
    match answer {
        Ok(done) => Ok(Ok(done)),
        Err(error) => match error.downcast::<Refused>() {
            Ok(refused) => match refused.failure.kind {
                FailureKind::RequestError | FailureKind::PlatformError => Err(refused.into()),
                _ => Ok(Err(refused.failure)),
            },
            Err(error) => Err(error),
        },
    }
}

//! Answers that say why not, as RFC 9457 problems with the codes of docs/errors.md.

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{MediaType, Operation, Response, SchemaObject};
use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_db::{AnswerRefused, DbError, KeepError};
use sluice_executor::{NotSubmitted, now_us};
use sluice_model::{Code, Failure, FailureKind, Scope};

use crate::reply::head;

/// Why a request was not carried out.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    failure: Box<Failure>,
    fields: Vec<Field>,
    status: StatusCode,
    retry_after_s: Option<u64>,
}

/// A part of a request that is at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Field {
    /// Where: a JSON pointer into the body, or the name of a parameter or header.
    pub(crate) place: String,
    /// What is wrong there.
    pub(crate) problem: String,
}

/// The body of every answer that is no success: RFC 9457.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ProblemBody {
    /// Where the code is explained, relative to this server.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The code in words.
    pub(crate) title: String,
    /// The status of the answer.
    pub(crate) status: u16,
    /// What happened, in one sentence.
    pub(crate) detail: String,
    /// Why, exactly: a heading of docs/errors.md.
    pub(crate) code: Code,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// The parts of the request that are at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fields: Vec<Field>,
    /// All there is to say, in the form of docs/errors.md.
    pub(crate) failure: Failure,
}

impl Problem {
    /// A problem with the status that its code has.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Problem {
        Problem::from(Box::new(Failure::new(code, message)))
    }

    /// There is no such thing for whoever asks.
    pub(crate) fn not_found(what: impl std::fmt::Display) -> Problem {
        Problem::new(Code::NotFound, format!("there is no {what}"))
    }

    /// The token does not allow it.
    pub(crate) fn scope_missing(scope: Scope) -> Problem {
        let message = format!("the token does not have the scope `{}`", scope.as_str());
        let failure = Failure::new(Code::ScopeMissing, message)
            .hint("Use a token that has it; whoever owns the tenant makes new ones.")
            .detail("scope", scope.as_str());
        Problem::from(Box::new(failure))
    }

    /// One part of the request is at fault.
    pub(crate) fn field(place: impl Into<String>, problem: impl Into<String>) -> Problem {
        let field = Field { place: place.into(), problem: problem.into() };
        let message = format!("`{}`: {}", field.place, field.problem);
        Problem { fields: vec![field], ..Problem::new(Code::RequestInvalid, message) }
    }

    /// The same with what to do next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.failure.hint = Some(hint.into());
        self
    }

    /// The same with another status.
    #[must_use]
    pub(crate) fn status(mut self, status: StatusCode) -> Problem {
        self.status = status;
        self
    }

    /// The same with when it may go better.
    #[must_use]
    pub(crate) fn retry_after(mut self, seconds: u64) -> Problem {
        self.retry_after_s = Some(seconds.max(1));
        self
    }

    /// The same of a value that stands there in the body: what is at fault within it is told by its place
    /// in the body.
    #[must_use]
    pub(crate) fn within(mut self, place: &str) -> Problem {
        if matches!(self.failure.code, Code::InputInvalid | Code::AnswerInvalid) {
            for field in &mut self.fields {
                field.place.insert_str(0, place);
            }
        }
        self
    }

    /// The error object.
    pub(crate) fn failure(&self) -> &Failure {
        &self.failure
    }

    /// The body of the answer.
    pub(crate) fn body(self) -> ProblemBody {
        ProblemBody {
            kind: format!("/v1/errors/{}", self.failure.code.as_str()),
            title: self.failure.code.as_str().replace('_', " "),
            status: self.status.as_u16(),
            detail: self.failure.message.clone(),
            code: self.failure.code,
            hint: self.failure.hint.clone(),
            fields: self.fields,
            failure: *self.failure,
        }
    }
}

fn status_of(failure: &Failure) -> StatusCode {
    match failure.code {
        Code::RequestInvalid => StatusCode::UNPROCESSABLE_ENTITY,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::ScopeMissing | Code::CapabilityDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Conflict | Code::ReplayDiverged => StatusCode::CONFLICT,
        Code::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Code::RequestTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::RateLimited | Code::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => match failure.kind {
            FailureKind::PlatformError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        },
    }
}

/// When a tenant that has all it may have can have more by itself: when runs leave the queue, and when the
/// next day begins. What is stored and what one run may ask for stays as it is.
fn opens_in_s(failure: &Failure, now_us: u64) -> Option<u64> {
    if failure.code != Code::QuotaExceeded {
        return None;
    }
    let detail = |name| failure.details.get(name);
    match detail("opens_at_us").and_then(serde_json::Value::as_u64) {
        Some(at_us) => Some(at_us.saturating_sub(now_us).div_ceil(1_000_000).max(1)),
        None => detail("quota").is_some_and(|quota| quota == "queued").then_some(1),
    }
}

impl From<Box<Failure>> for Problem {
    fn from(failure: Box<Failure>) -> Problem {
        let fields = failure
            .details
            .get("problems")
            .map(|problems| serde_json::from_value(problems.clone()).unwrap_or_default());
        let retry_after_s = opens_in_s(&failure, now_us());
        Problem {
            status: status_of(&failure),
            fields: fields.unwrap_or_default(),
            failure,
            retry_after_s,
        }
    }
}

impl From<DbError> for Problem {
    fn from(error: DbError) -> Problem {
        if matches!(error, DbError::ZeroByte) {
            return Problem::new(Code::RequestInvalid, "a text of the request has a zero byte");
        }
        tracing::error!(%error, "the store failed");
        match error {
            DbError::Closed => Problem::new(Code::Unavailable, "the server is stopping"),
            _ => Problem::new(Code::PlatformError, "the store failed")
                .hint("Whoever runs this server finds more in its log."),
        }
        .retry_after(5)
    }
}

impl From<NotSubmitted> for Problem {
    fn from(error: NotSubmitted) -> Problem {
        match error {
            NotSubmitted::Refused(failure) => failure.into(),
            NotSubmitted::Store(error) => error.into(),
        }
    }
}

impl From<KeepError> for Problem {
    fn from(error: KeepError) -> Problem {
        match error {
            KeepError::Refused(failure) => failure.into(),
            KeepError::Db(error) => error.into(),
        }
    }
}

impl From<AnswerRefused> for Problem {
    fn from(error: AnswerRefused) -> Problem {
        let message = error.to_string();
        match error {
            AnswerRefused::NotFound(ask) => Problem::not_found(format!("question {ask}")),
            AnswerRefused::NotForYou { .. } => {
                Problem::new(Code::Conflict, message).status(StatusCode::FORBIDDEN)
            }
            AnswerRefused::TooLarge { .. } => Problem::new(Code::RequestTooLarge, message),
            AnswerRefused::AlreadyAnswered(_) | AnswerRefused::Closed(_) => {
                Problem::new(Code::Conflict, message)
            }
            AnswerRefused::Db(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let (status, retry_after_s) = (self.status, self.retry_after_s);
        let mut response = (status, Json(self.clone().body())).into_response();
        // For who asked within this process.
        response.extensions_mut().insert(self);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"sluice\""));
        }
        response
    }
}

/// Every operation may answer with a problem.
impl OperationOutput for Problem {
    type Inner = ProblemBody;

    fn operation_response(ctx: &mut GenContext, _operation: &mut Operation) -> Option<Response> {
        let json_schema = ctx.schema.subschema_for::<ProblemBody>();
        let schema = SchemaObject { json_schema, example: None, external_docs: None };
        let media = MediaType { schema: Some(schema), ..MediaType::default() };
        Some(Response {
            description: "Why the request was not carried out.".to_owned(),
            headers: [
                head("Retry-After", "Seconds after which it may go better, where that is known."),
                head("WWW-Authenticate", "With 401: what to come in with."),
            ]
            .into_iter()
            .collect(),
            content: [("application/problem+json".to_owned(), media)].into_iter().collect(),
            ..Response::default()
        })
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        Self::operation_response(ctx, operation).into_iter().map(|it| (None, it)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sluice_model::Quota;

    use super::*;

    #[test]
    fn a_quota_says_when_it_opens_where_it_does() {
        let full = |quota: &str| Failure::new(Code::QuotaExceeded, "full").detail("quota", quota);
        assert_eq!(opens_in_s(&full("queued"), 7), Some(1));
        assert_eq!(opens_in_s(&full("stored_bytes"), 7), None);
        assert_eq!(opens_in_s(&full("limits.cpu_time_ms"), 7), None);
        let now_us = 86_400_000_000 - 90_500_000;
        let used_up = Quota::default().cpu_used_up(now_us);
        assert_eq!(opens_in_s(&used_up, now_us), Some(91));
        assert_eq!(opens_in_s(&Failure::new(Code::Conflict, "no"), 7), None);
    }

    #[test]
    fn a_place_is_one_of_the_body() {
        let problems =
            json!([{ "place": "/name", "problem": "no" }, { "place": "", "problem": "no" }]);
        let failure = Failure::new(Code::InputInvalid, "no").detail("problems", problems);
        let fields = Problem::from(Box::new(failure)).within("/input").body().fields;
        let places: Vec<&str> = fields.iter().map(|field| field.place.as_str()).collect();
        assert_eq!(places, ["/input/name", "/input"]);
    }
}

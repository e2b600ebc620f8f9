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
use sluice_executor::NotSubmitted;
use sluice_model::{Code, Failure, FailureKind, Scope};

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

impl From<Box<Failure>> for Problem {
    fn from(failure: Box<Failure>) -> Problem {
        let fields = failure
            .details
            .get("problems")
            .map(|problems| serde_json::from_value(problems.clone()).unwrap_or_default());
        let retry_after_s = (failure.code == Code::QuotaExceeded).then_some(1);
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
        let mut response = (status, Json(self.body())).into_response();
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

//! Answers that say yes: a status, a JSON body, and headers.

use std::time::Duration;

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{Operation, Response};
use axum::Json;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use schemars::JsonSchema;
use serde::Serialize;
use sluice_model::TraceParent;

use crate::trace::TRACEPARENT;

/// A JSON answer with that status.
pub(crate) struct Reply<T, const STATUS: u16 = 200> {
    body: T,
    headers: HeaderMap,
}

impl<T, const STATUS: u16> Reply<T, STATUS> {
    /// The answer.
    pub(crate) fn new(body: T) -> Self {
        Reply { body, headers: HeaderMap::new() }
    }

    /// The same with where the new thing is.
    #[must_use]
    pub(crate) fn at(self, path: impl AsRef<str>) -> Self {
        self.header(LOCATION, path.as_ref())
    }

    /// The same with the state that `If-Match` may name.
    #[must_use]
    pub(crate) fn etag(self, tag: impl std::fmt::Display) -> Self {
        self.header(ETAG, &format!("\"{tag}\""))
    }

    /// The same with the span of a trace that it is about.
    #[must_use]
    pub(crate) fn traced(self, span: TraceParent) -> Self {
        self.header(TRACEPARENT, &span.to_string())
    }

    /// The same with a header more. A value that no header can have is left out.
    #[must_use]
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

impl<T: Serialize, const STATUS: u16> IntoResponse for Reply<T, STATUS> {
    fn into_response(self) -> axum::response::Response {
        let status = StatusCode::from_u16(STATUS).unwrap_or(StatusCode::OK);
        (status, self.headers, Json(self.body)).into_response()
    }
}

impl<T: JsonSchema, const STATUS: u16> OperationOutput for Reply<T, STATUS> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<Response> {
        Json::<T>::operation_response(ctx, operation)
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        Self::operation_response(ctx, operation).into_iter().map(|it| (Some(STATUS), it)).collect()
    }
}

/// The answer to what may take long: 200 where it is done, else 202.
pub(crate) struct Accepted<T> {
    reply: Reply<T>,
    is_done: bool,
}

impl<T> Accepted<T> {
    /// The answer.
    pub(crate) fn new(body: T, is_done: bool) -> Self {
        Accepted { reply: Reply::new(body), is_done }
    }

    /// The same with where the new thing is.
    #[must_use]
    pub(crate) fn at(self, path: impl AsRef<str>) -> Self {
        Accepted { reply: self.reply.at(path), ..self }
    }

    /// The same with the span of a trace that it is about.
    #[must_use]
    pub(crate) fn traced(self, span: TraceParent) -> Self {
        Accepted { reply: self.reply.traced(span), ..self }
    }

    /// The same, saying how long was waited at most.
    #[must_use]
    pub(crate) fn applied(self, wait: Duration) -> Self {
        let name = HeaderName::from_static("preference-applied");
        Accepted { reply: self.reply.header(name, &format!("wait={}", wait.as_secs())), ..self }
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> axum::response::Response {
        let mut response = self.reply.into_response();
        if !self.is_done {
            *response.status_mut() = StatusCode::ACCEPTED;
        }
        response
    }
}

impl<T: JsonSchema> OperationOutput for Accepted<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<Response> {
        Json::<T>::operation_response(ctx, operation)
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        let Some(response) = Self::operation_response(ctx, operation) else { return Vec::new() };
        vec![(Some(200), response.clone()), (Some(202), response)]
    }
}

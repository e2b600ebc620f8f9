//! Answers that say yes: a status, a JSON body, and headers, which the description of the API has, too.

use std::marker::PhantomData;
use std::time::Duration;

use aide::OperationOutput;
use aide::generate::GenContext;
use aide::openapi::{
    Header, HeaderStyle, MediaType, Operation, ParameterSchemaOrContent, ReferenceOr, Response,
    SchemaObject, StatusCode as StatusCodeOf,
};
use aide::transform::TransformOperation;
use axum::Json;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::IntoResponse;
use schemars::{JsonSchema, json_schema};
use serde::Serialize;
use sluice_model::TraceParent;

use crate::trace::TRACEPARENT;

/// The headers of a kind of answer.
pub(crate) trait Heads {
    /// Their names, and what each says.
    const HEADS: &'static [(&'static str, &'static str)];
}

/// Without headers of its own.
pub(crate) enum Plain {}

/// With the state of the thing.
pub(crate) enum Tagged {}

/// With where the new thing is.
pub(crate) enum Located {}

impl Heads for Plain {
    const HEADS: &'static [(&'static str, &'static str)] = &[];
}

impl Heads for Tagged {
    const HEADS: &'static [(&'static str, &'static str)] =
        &[("ETag", "The state of the thing, for `If-Match`.")];
}

impl Heads for Located {
    const HEADS: &'static [(&'static str, &'static str)] =
        &[("Location", "The path of what is new.")];
}

/// With where the new run is, and its span.
pub(crate) enum Begun {}

impl Heads for Begun {
    const HEADS: &'static [(&'static str, &'static str)] = &[
        ("Location", "The path of the new run."),
        ("traceparent", "The span of the run, by W3C Trace Context."),
    ];
}

/// A JSON answer with that status and headers of that kind.
pub(crate) struct Reply<T, const STATUS: u16 = 200, H = Plain> {
    body: T,
    headers: HeaderMap,
    heads: PhantomData<fn() -> H>,
}

impl<T, const STATUS: u16> Reply<T, STATUS> {
    /// The answer.
    pub(crate) fn new(body: T) -> Self {
        Reply { body, headers: HeaderMap::new(), heads: PhantomData }
    }

    /// The same with where the new thing is, if there is one.
    #[must_use]
    pub(crate) fn at(self, path: Option<String>) -> Reply<T, STATUS, Located> {
        match path {
            Some(path) => self.with(LOCATION, &path),
            None => Reply { body: self.body, headers: self.headers, heads: PhantomData },
        }
    }

    /// The same with the state that `If-Match` may name.
    #[must_use]
    pub(crate) fn etag(self, tag: impl std::fmt::Display) -> Reply<T, STATUS, Tagged> {
        self.with(ETAG, &format!("\"{tag}\""))
    }

    /// The same with where the new run is, and its span of its trace.
    #[must_use]
    pub(crate) fn begun(self, begun: Option<(String, TraceParent)>) -> Reply<T, STATUS, Begun> {
        let (path, span) = begun.unzip();
        let reply: Reply<T, STATUS> = match span {
            Some(span) => self.with(TRACEPARENT, &span.to_string()),
            None => self,
        };
        let Reply { body, headers, .. } = reply.at(path);
        Reply { body, headers, heads: PhantomData }
    }

    /// A value that no header can have is left out.
    fn with<H>(mut self, name: HeaderName, value: &str) -> Reply<T, STATUS, H> {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        Reply { body: self.body, headers: self.headers, heads: PhantomData }
    }
}

impl<T: Serialize, const STATUS: u16, H> IntoResponse for Reply<T, STATUS, H> {
    fn into_response(self) -> axum::response::Response {
        let status = StatusCode::from_u16(STATUS).unwrap_or(StatusCode::OK);
        (status, self.headers, Json(self.body)).into_response()
    }
}

impl<T: JsonSchema, const STATUS: u16, H: Heads> OperationOutput for Reply<T, STATUS, H> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<Response> {
        let mut response = Json::<T>::operation_response(ctx, operation)?;
        response.headers.extend(H::HEADS.iter().map(|(name, about)| head(name, about)));
        Some(response)
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        Self::operation_response(ctx, operation).into_iter().map(|it| (Some(STATUS), it)).collect()
    }
}

/// A header of an answer, as the description of the API has it.
pub(crate) fn head(name: &str, about: &str) -> (String, ReferenceOr<Header>) {
    let header = Header {
        description: Some(about.to_owned()),
        style: HeaderStyle::Simple,
        required: false,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(text()),
        example: None,
        examples: [].into_iter().collect(),
        extensions: [].into_iter().collect(),
    };
    (name.to_owned(), ReferenceOr::Item(header))
}

fn text() -> SchemaObject {
    let json_schema = json_schema!({ "type": "string" });
    SchemaObject { json_schema, external_docs: None, example: None }
}

/// Says that an operation may be answered with bytes of these media types.
pub(crate) fn answers<'t>(
    mut operation: TransformOperation<'t>,
    media_types: &[&str],
    about: &str,
) -> TransformOperation<'t> {
    let responses = operation.inner_mut().responses.get_or_insert_default();
    let response = responses
        .responses
        .entry(StatusCodeOf::Code(200))
        .or_insert_with(|| ReferenceOr::Item(Response::default()));
    if let ReferenceOr::Item(response) = response {
        about.clone_into(&mut response.description);
        for media_type in media_types {
            let media = MediaType { schema: Some(text()), ..MediaType::default() };
            response.content.insert((*media_type).to_owned(), media);
        }
    }
    operation
}

/// The answer to what may take long: 200 where it is done, else 202.
pub(crate) struct Accepted<T> {
    reply: Reply<T, 202, Begun>,
    waited: Option<Duration>,
    is_done: bool,
}

impl<T> Accepted<T> {
    /// The answer, with where the new run is and its span, and how long was waited for its end at most.
    pub(crate) fn new(
        body: T,
        begun: (String, TraceParent),
        waited: Option<Duration>,
        is_done: bool,
    ) -> Self {
        Accepted { reply: Reply::new(body).begun(Some(begun)), waited, is_done }
    }
}

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> axum::response::Response {
        let mut response = self.reply.into_response();
        if self.is_done {
            *response.status_mut() = StatusCode::OK;
        }
        let waited = self.waited.map(|waited| format!("wait={}", waited.as_secs()));
        if let Some(Ok(waited)) = waited.map(HeaderValue::try_from) {
            response.headers_mut().insert("preference-applied", waited);
        }
        response
    }
}

impl<T: JsonSchema> OperationOutput for Accepted<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, operation: &mut Operation) -> Option<Response> {
        let mut response = Reply::<T, 202, Begun>::operation_response(ctx, operation)?;
        let about = "How long was waited for the end of the run at most.";
        response.headers.extend([head("Preference-Applied", about)]);
        Some(response)
    }

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut Operation,
    ) -> Vec<(Option<u16>, Response)> {
        let Some(response) = Self::operation_response(ctx, operation) else { return Vec::new() };
        vec![(Some(200), response.clone()), (Some(202), response)]
    }
}

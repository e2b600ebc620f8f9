//! What requests bring: bodies, parameters and parts of the path, with problems that name the place.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::{MediaType, Operation, RequestBody, SchemaObject};
use aide::operation::set_body;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use schemars::{JsonSchema, json_schema};
use serde::de::DeserializeOwned;
use sluice_model::Code;

use crate::problem::Problem;
use crate::serve::is_too_slow;

/// A JSON body.
pub(crate) struct Body<T>(pub(crate) T);

/// A body of lines of JSON.
pub(crate) struct Lines(pub(crate) String);

/// What a body of lines is.
pub(crate) const LINES: &str = "application/x-ndjson";

/// The parameters behind the `?`.
pub(crate) struct Params<T>(pub(crate) T);

/// The parts of the path that vary.
pub(crate) struct At<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::field("Content-Type", "send `application/json`")
                .status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        of_json(&bytes).map(Body)
    }
}

/// Reads a body as what it should be.
pub(crate) fn of_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A list of values in the order of the members would be taken, too.
    if bytes.trim_ascii_start().first().is_some_and(|first| *first == b'[') {
        return Err(Problem::field("", "the body is an object"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = pointer(error.path());
        Problem::field(place, error.inner().to_string()).status(status_of(error.inner()))
    })?;
    reader
        .end()
        .map_err(|error| Problem::field("", error.to_string()).status(StatusCode::BAD_REQUEST))?;
    Ok(value)
}

/// Reads a value as what it should be.
pub(crate) fn of_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| Problem::field(pointer(error.path()), error.inner().to_string()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media = media.split(';').next().unwrap_or("").trim();
    media.eq_ignore_ascii_case("application/json")
}

fn status_of(error: &serde_json::Error) -> StatusCode {
    match error.classify() {
        serde_json::error::Category::Data => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => "/?".to_owned(),
        })
        .collect()
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(crate) fn unread(rejection: BytesRejection) -> Problem {
    if is_too_slow(&rejection) {
        return Problem::field("", "the body did not come in time")
            .status(StatusCode::REQUEST_TIMEOUT);
    }
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(Code::RequestTooLarge, "the body is larger than this server takes")
        }
        status => Problem::field("", rejection.body_text()).status(status),
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Params(params)),
            Err(rejection) => Err(Problem::field("query", rejection.body_text())),
        }
    }
}

/// A part of the path that is no id of the kind reads as an id that nothing has.
impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(parts)) => Ok(At(parts)),
            Err(rejection) => Err(Problem::new(Code::NotFound, rejection.body_text())),
        }
    }
}

/// Whatever it is called: clients that send a file seldom know what it is.
impl<S: Send + Sync> FromRequest<S> for Lines {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        let text = String::from_utf8(bytes.into());
        text.map(Lines).map_err(|_| Problem::field("", "it is no UTF-8"))
    }
}

impl OperationInput for Lines {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let json_schema = json_schema!({ "type": "string" });
        let schema = SchemaObject { json_schema, external_docs: None, example: None };
        let media = MediaType { schema: Some(schema), ..MediaType::default() };
        let content = [(LINES.to_owned(), media)].into_iter().collect();
        set_body(ctx, operation, RequestBody { content, required: true, ..RequestBody::default() });
    }
}

impl<T: JsonSchema> OperationInput for Body<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        axum::Json::<T>::operation_input(ctx, operation);
    }
}

impl<T: JsonSchema> OperationInput for Params<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        Query::<T>::operation_input(ctx, operation);
    }
}

impl<T: JsonSchema> OperationInput for At<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        Path::<T>::operation_input(ctx, operation);
    }
}

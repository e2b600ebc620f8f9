//! The whole of the API as one router, and its description for programs.

use std::sync::Arc;

use aide::axum::ApiRouter;
use aide::openapi::{Info, OpenApi, SecurityScheme, Server};
use aide::transform::TransformOpenApi;
use axum::extract::{DefaultBodyLimit, Extension};
use axum::http::header::{CACHE_CONTROL, HeaderName, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use sluice_model::{Code, Scope};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::edge::Edge;
use crate::mcp;
use crate::problem::Problem;
use crate::requests;
use crate::routes;

/// Every path of the server.
pub fn router(edge: Edge) -> Router {
    let (routes, document) = described();
    let (body_bytes, counted) = (edge.settings().body_bytes, edge.clone());
    routes
        .route("/v1/openapi.json", get(document_of))
        .merge(routes::plain())
        .route("/mcp", any(mcp::http))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .with_state(edge)
        .layer(Extension(Arc::new(document)))
        .layer(DefaultBodyLimit::max(body_bytes))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(counted, requests::logged))
        .layer(always(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(HeaderName::from_static("referrer-policy"), "no-referrer"))
        .layer(SetResponseHeaderLayer::if_not_present(
            CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
}

/// The description of the API in the form of `OpenAPI`, made from the handlers.
pub fn openapi() -> OpenApi {
    described().1
}

fn described() -> (Router<Edge>, OpenApi) {
    // Enum values and numbers are described where they are used, and every answer may be a problem.
    aide::generate::on_error(|error| tracing::error!(%error, "the API cannot be described"));
    aide::generate::extract_schemas(true);
    aide::generate::inferred_empty_response_status(204);
    let mut document = OpenApi {
        info: Info {
            title: "Sluice".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: Some("Runs flows that nobody has to trust.".to_owned()),
            ..Info::default()
        },
        servers: vec![Server { url: "/".to_owned(), ..Server::default() }],
        ..OpenApi::default()
    };
    let routes: ApiRouter<Edge> = routes::described();
    let routes = routes.finish_api_with(&mut document, about);
    (routes, document)
}

fn about(document: TransformOpenApi<'_>) -> TransformOpenApi<'_> {
    let scopes: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let scheme = SecurityScheme::Http {
        scheme: "bearer".to_owned(),
        bearer_format: None,
        description: Some(format!(
            "A token with the scope of the operation: {}.",
            scopes.join(", ")
        )),
        extensions: serde_json::Map::new().into_iter().collect(),
    };
    document.security_scheme("token", scheme)
}

async fn document_of(Extension(document): Extension<Arc<OpenApi>>) -> Response {
    Json(&*document).into_response()
}

async fn no_such_path(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::not_found(format!("path {path}")).hint("`/v1/openapi.json` lists all paths.")
}

async fn no_such_method(method: Method) -> Problem {
    Problem::new(Code::RequestInvalid, format!("the path does not take {method}"))
        .status(StatusCode::METHOD_NOT_ALLOWED)
        .hint("The header `Allow` names what it takes.")
}

fn panicked(_panic: Box<dyn std::any::Any + Send>) -> Response {
    Problem::new(Code::PlatformError, "the server failed").into_response()
}

fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

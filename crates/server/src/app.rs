//! The whole of the API as one router, and its description for programs.

use aide::axum::ApiRouter;
use aide::openapi::{Info, OpenApi, SecurityScheme, Server};
use aide::transform::TransformOpenApi;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use axum::{Extension, Router};
use sluice_model::{Code, Scope};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::edge::Edge;
use crate::mcp;
use crate::problem::Problem;
use crate::reference;
use crate::requests;
use crate::routes;
use crate::web;

/// What holds for all operations.
const ABOUT: &str = "\
Requests carry `Authorization: Bearer TOKEN`. A token belongs to one tenant, and all that a request reaches \
is that tenant's; what is another's is answered like what does not exist. `POST /v1/login` buys the first \
token with a login code; `POST /v1/tokens` makes more, each with scopes.\n\n\
What is no success is `application/problem+json` (RFC 9457), with a `code` that `/v1/errors/CODE` explains, \
a `hint`, and the `fields` at fault, each with its `place` in the request.\n\n\
Lists take `limit` and `after`, and end with `next`: the cursor of the next part, or `null`. Times end in \
`_at_us` and are microseconds since the Unix epoch.";

/// Every path of the server.
pub fn router(edge: Edge) -> Router {
    let (body_bytes, counted) = (edge.settings().body_bytes, edge.clone());
    let paths = paths();
    let api = Api(inner(paths.clone(), &edge));
    paths
        .route("/mcp", any(mcp::http).layer(Extension(api)))
        .fallback(elsewhere)
        .method_not_allowed_fallback(no_such_method)
        .with_state(edge)
        .layer(DefaultBodyLimit::max(body_bytes))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(counted, requests::logged))
        .layer(always(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(REFERRER_POLICY, "no-referrer"))
        .layer(always(X_FRAME_OPTIONS, "DENY"))
        .layer(usually(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .layer(usually(CACHE_CONTROL, "no-store"))
}

/// The API for requests from within this process. Each brings the identity that makes it.
#[derive(Clone)]
pub(crate) struct Api(pub(crate) Router);

/// The same for a process that serves nobody else.
pub(crate) fn within(edge: &Edge) -> Router {
    inner(paths(), edge)
}

fn paths() -> Router<Edge> {
    let (routes, document) = described();
    routes.merge(reference::routes(document)).merge(routes::plain())
}

fn inner(paths: Router<Edge>, edge: &Edge) -> Router {
    paths
        .fallback(async |uri: Uri| no_such_path(&uri))
        .method_not_allowed_fallback(no_such_method)
        .with_state(edge.clone())
        .layer(DefaultBodyLimit::max(edge.settings().body_bytes))
        .layer(CatchPanicLayer::custom(panicked))
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
            description: Some(ABOUT.to_owned()),
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

async fn elsewhere(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    web::at(&method, &uri, &headers).unwrap_or_else(|| no_such_path(&uri).into_response())
}

fn no_such_path(uri: &Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::not_found(format!("path {path}"))
        .hint("`/docs` and `/v1/openapi.json` list all paths.")
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

fn usually(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

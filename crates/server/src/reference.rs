//! Pages for people: what this server is, and its API drawn from the same description that programs read.
//! No script is in them and none may run: who reads about tokens may have one in the next tab.

mod html;
mod operation;
mod page;
mod schema;

use std::sync::Arc;

use aide::openapi::OpenApi;
use axum::extract::Extension;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::edge::Edge;
use crate::web;

/// What the pages may do: have the style of this server.
const MAY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = include_str!("reference/reference.css");

/// How long browsers keep what is the same for everybody, until the server is another.
const KEPT: &str = "public, max-age=300";

/// The pages and the description, each made once.
struct Drawn {
    document: Json<OpenApi>,
    front: String,
    reference: String,
}

/// The paths of the pages, and of the description behind them.
pub(crate) fn routes(document: OpenApi) -> Router<Edge> {
    let value = serde_json::to_value(&document).unwrap_or_default();
    let drawn = Arc::new(Drawn {
        document: Json(document),
        front: page::front(&value, web::is_built()),
        reference: page::reference(&value),
    });
    Router::new()
        .route("/", get(front))
        .route("/docs", get(async |Extension(drawn): Extension<Arc<Drawn>>| page(&drawn.reference)))
        .route("/docs/reference.css", get(style))
        .route("/v1/openapi.json", get(document_of))
        .layer(Extension(drawn))
}

/// The web, or what this server is where the web is not in this build.
async fn front(
    Extension(drawn): Extension<Arc<Drawn>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    // Who navigates may be told something else at the same place.
    let front = || ([(VARY, "accept")], page(&drawn.front)).into_response();
    web::at(&method, &uri, &headers).unwrap_or_else(front)
}

fn page(html: &str) -> impl IntoResponse + use<> {
    ([(CONTENT_SECURITY_POLICY, MAY), (CACHE_CONTROL, KEPT)], Html(html.to_owned()))
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, KEPT)], STYLE)
}

async fn document_of(Extension(drawn): Extension<Arc<Drawn>>) -> impl IntoResponse {
    Json(&drawn.document.0).into_response()
}

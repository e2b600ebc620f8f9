//! Whether the server lives and can work; sections of the error reference.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use sluice_model::Code;

use crate::auth::{Admin, Caller};
use crate::edge::Edge;
use crate::metrics::MEDIA_TYPE;
use crate::problem::Problem;

const ERRORS: &str = include_str!("../../../../docs/errors.md");

pub(super) fn routes() -> Router<Edge> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/v1/errors/{code}", get(explain))
}

async fn ready(State(edge): State<Edge>) -> Result<&'static str, Problem> {
    edge.is_ready().await?;
    Ok("ready\n")
}

async fn metrics(State(edge): State<Edge>, _caller: Caller<Admin>) -> impl IntoResponse {
    ([(CONTENT_TYPE, MEDIA_TYPE)], edge.metrics().text(edge.executor()))
}

async fn explain(Path(code): Path<String>) -> Result<impl IntoResponse, Problem> {
    let known = Code::ALL.iter().any(|known| known.as_str() == code);
    let heading = format!("\n## `{code}`\n");
    let from = ERRORS.find(&heading).filter(|_| known);
    let from = from.ok_or_else(|| Problem::not_found("such code"))? + 1;
    let until = ERRORS[from + 2..].find("\n## ").map_or(ERRORS.len(), |at| from + 2 + at);
    Ok(([(CONTENT_TYPE, "text/markdown; charset=utf-8")], &ERRORS[from..until]))
}

//! The paths of the API, one module a kind of thing. Each handler begins with who asks.

mod artifacts;
pub(crate) mod asks;
mod audit;
mod events;
pub(crate) mod flows;
mod health;
mod kv;
mod login;
mod models;
mod records;
pub(crate) mod reruns;
pub(crate) mod runs;
mod secrets;
mod services;
mod socket;
pub(crate) mod spans;
pub(crate) mod start;
mod tenants;
mod tokens;
pub(crate) mod validate;

use aide::axum::ApiRouter;
use aide::transform::TransformOperation;
use axum::Router;

use crate::edge::Edge;

pub(crate) use runs::found;

/// The paths that the description of the API has.
pub(crate) fn described() -> ApiRouter<Edge> {
    ApiRouter::new()
        .merge(login::routes())
        .merge(validate::routes())
        .merge(flows::routes())
        .merge(start::routes())
        .merge(runs::routes())
        .merge(spans::routes())
        .merge(events::routes())
        .merge(socket::routes())
        .merge(records::routes())
        .merge(reruns::routes())
        .merge(artifacts::routes())
        .merge(asks::routes())
        .merge(kv::routes())
        .merge(services::routes())
        .merge(secrets::routes())
        .merge(models::routes())
        .merge(tokens::routes())
        .merge(tenants::routes())
        .merge(audit::routes())
}

/// Those for machines that watch over the server, and for people who look for words.
pub(crate) fn plain() -> Router<Edge> {
    health::routes()
}

/// Names an operation and says in one sentence what it does.
fn op(
    id: &'static str,
    summary: &'static str,
) -> impl FnOnce(TransformOperation<'_>) -> TransformOperation<'_> {
    move |operation| operation.id(id).summary(summary)
}

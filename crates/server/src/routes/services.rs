//! Services that flows may be let at: the same for all tenants, put in by whoever runs the server.

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use sluice_executor::{Checked, Interface, Outside, ServiceSummary};

use super::op;
use crate::auth::{Admin, Caller, Read};
use crate::edge::Edge;
use crate::input::{At, Body, Params};
use crate::page::{Page, PageParams, limit};
use crate::problem::Problem;
use crate::reply::Reply;

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/services",
            get_with(list, op("list_services", "The services, by their names.")),
        )
        .api_route(
            "/v1/services/{service}",
            get_with(get, op("get_service", "What a service's Python client looks like."))
                .put_with(put, op("put_service", "Put a service in, and read its document."))
                .delete_with(delete, op("delete_service", "Take a service out.")),
        )
        .api_route(
            "/v1/services/{service}/refresh",
            post_with(refresh, op("refresh_service", "Read the document of a service anew.")),
        )
}

/// Which service.
#[derive(Deserialize, JsonSchema)]
struct ServicePath {
    /// Its name.
    service: String,
}

/// A service.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "address": "unix:/run/hero/calendar/rpc.sock" }))]
struct NewService {
    /// Where it is: `unix:/PATH` or `http://HOST:PORT/PATH`.
    address: String,
}

fn outside(edge: &Edge) -> Result<&Outside, Problem> {
    edge.executor().outside().ok_or_else(|| Problem::not_found("service here"))
}

fn missing(name: &str) -> Problem {
    Problem::not_found(format!("service {}", name.chars().take(64).collect::<String>()))
}

async fn list(
    State(edge): State<Edge>,
    _caller: Caller<Read>,
    Params(page): Params<PageParams>,
) -> Result<Reply<Page<ServiceSummary>>, Problem> {
    let limit = limit(page.limit)?;
    let after = page.after.unwrap_or_default();
    let services = outside(&edge)?.services().await?;
    let services = services.into_iter().filter(|service| service.service > after);
    let services: Vec<_> = services.take(limit as usize + 1).collect();
    Ok(Reply::new(Page::of(services, limit, |service| service.service.clone())))
}

async fn get(
    State(edge): State<Edge>,
    _caller: Caller<Read>,
    At(path): At<ServicePath>,
) -> Result<Reply<Interface>, Problem> {
    let interface = outside(&edge)?.interface(&path.service).await?;
    Ok(Reply::new(interface.ok_or_else(|| missing(&path.service))?))
}

async fn put(
    State(edge): State<Edge>,
    caller: Caller<Admin>,
    At(path): At<ServicePath>,
    Body(new): Body<NewService>,
) -> Result<Reply<Checked>, Problem> {
    let checked = outside(&edge)?.check_service(&path.service, Some(&new.address)).await?;
    let detail = json!({ "address": checked.service.address });
    caller.note("put service", &checked.service.service, detail).await?;
    Ok(Reply::new(checked))
}

async fn refresh(
    State(edge): State<Edge>,
    caller: Caller<Admin>,
    At(path): At<ServicePath>,
) -> Result<Reply<Checked>, Problem> {
    let checked = outside(&edge)?.check_service(&path.service, None).await?;
    let detail = json!({ "drift": checked.drift.len() });
    caller.note("refresh service", &checked.service.service, detail).await?;
    Ok(Reply::new(checked))
}

async fn delete(
    State(edge): State<Edge>,
    caller: Caller<Admin>,
    At(path): At<ServicePath>,
) -> Result<NoContent, Problem> {
    if !outside(&edge)?.remove_service(&path.service).await? {
        return Err(missing(&path.service));
    }
    caller.note("remove service", &path.service, json!({})).await?;
    Ok(NoContent)
}

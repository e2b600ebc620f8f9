//! A tenant's secrets. They go in and never come out: flows hold references, and the host puts the values
//! where they may go.

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, put_with};
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_executor::{SecretBounds, Vault};

use super::op;
use crate::auth::{Caller, Own, Read};
use crate::edge::Edge;
use crate::input::{At, Body, Params};
use crate::page::{Page, PageParams, limit};
use crate::problem::Problem;
use crate::reply::Reply;

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/secrets",
            get_with(list, op("list_secrets", "The secrets of the tenant, without their values.")),
        )
        .api_route(
            "/v1/secrets/{secret}",
            put_with(put, op("put_secret", "Set a secret: a new version."))
                .delete_with(delete, op("delete_secret", "Remove a secret, with all versions.")),
        )
}

/// Which secret.
#[derive(Deserialize, JsonSchema)]
struct SecretPath {
    /// Its name.
    secret: String,
}

/// A secret, without its value.
#[derive(Serialize, JsonSchema)]
struct SecretSummary {
    /// Its name.
    secret: String,
    /// The number of its current version, from 1.
    version: u64,
    /// Where it may go.
    bounds: SecretBounds,
    /// When that version was set, in microseconds since the Unix epoch.
    created_at_us: u64,
    /// Who set it.
    created_by: String,
}

/// A secret that is to be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "value": "an example value", "hosts": ["api.example.com"], "in": ["header"] }))]
struct NewSecret {
    /// The value: 8 bytes to 64 KiB.
    value: String,
    /// Where it may go.
    #[serde(flatten)]
    bounds: SecretBounds,
}

/// Which version a secret has now.
#[derive(Serialize, JsonSchema)]
struct SecretVersion {
    /// Its name.
    secret: String,
    /// The number of the new version.
    version: u64,
}

fn vault(edge: &Edge) -> Result<&Vault, Problem> {
    let vault = edge.executor().outside().and_then(|outside| outside.vault());
    vault.ok_or_else(|| Problem::not_found("secret here"))
}

async fn list(
    caller: Caller<Read>,
    Params(page): Params<PageParams>,
) -> Result<Reply<Page<SecretSummary>>, Problem> {
    let limit = limit(page.limit)?;
    let after = page.after.unwrap_or_default();
    let rows = caller.tenant.secrets().await?;
    let rows: Vec<_> =
        rows.into_iter().filter(|row| row.name > after).take(limit as usize + 1).collect();
    let page = Page::of(rows, limit, |row| row.name.clone());
    Ok(Reply::new(page.map(|row| {
        SecretSummary {
            secret: row.name,
            version: row.version,
            bounds: serde_json::from_value(row.bounds)
                .unwrap_or(SecretBounds { hosts: Vec::new(), places: Vec::new() }),
            created_at_us: row.created_at_us,
            created_by: row.created_by,
        }
    })))
}

async fn put(
    State(edge): State<Edge>,
    caller: Caller<Own>,
    At(path): At<SecretPath>,
    Body(new): Body<NewSecret>,
) -> Result<Reply<SecretVersion>, Problem> {
    let NewSecret { value, bounds } = new;
    let (vault, by) = (vault(&edge)?, caller.actor());
    let version = vault.set(&caller.tenant, &path.secret, value, &bounds, &by).await?;
    caller.note("set secret", &path.secret, json!({ "version": version })).await?;
    Ok(Reply::new(SecretVersion { secret: path.secret, version }))
}

async fn delete(
    State(edge): State<Edge>,
    caller: Caller<Own>,
    At(path): At<SecretPath>,
) -> Result<NoContent, Problem> {
    if !caller.tenant.remove_secret(&path.secret).await? {
        return Err(Problem::not_found("such secret"));
    }
    if let Ok(vault) = vault(&edge) {
        vault.forget(caller.tenant.id(), &path.secret);
    }
    caller.note("remove secret", &path.secret, json!({})).await?;
    Ok(NoContent)
}

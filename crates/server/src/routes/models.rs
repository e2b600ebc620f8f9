//! What a tenant calls models, and where they are.

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, put_with};
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_db::ModelRow;
use sluice_executor::{ModelEndpoint, now_us};

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
            "/v1/models",
            get_with(list, op("list_models", "The tenant's models, by its names for them.")),
        )
        .api_route(
            "/v1/models/{model}",
            put_with(put, op("put_model", "Set a model, by the tenant's name for it."))
                .delete_with(delete, op("delete_model", "Remove a model.")),
        )
}

/// Which model.
#[derive(Deserialize, JsonSchema)]
struct ModelPath {
    /// The tenant's name for it.
    model: String,
}

/// A model.
#[derive(Serialize, JsonSchema)]
struct ModelSummary {
    /// The tenant's name for it, as in `llm:NAME`.
    name: String,
    /// Where it is and what it costs.
    endpoint: ModelEndpoint,
    /// When it was set, in microseconds since the Unix epoch.
    changed_at_us: u64,
}

fn summary(row: ModelRow) -> Result<ModelSummary, Problem> {
    let endpoint = serde_json::from_value(row.endpoint)
        .map_err(|error| sluice_db::DbError::Corrupt(format!("a model: {error}")))?;
    Ok(ModelSummary { name: row.alias, endpoint, changed_at_us: row.changed_at_us })
}

async fn list(
    caller: Caller<Read>,
    Params(page): Params<PageParams>,
) -> Result<Reply<Page<ModelSummary>>, Problem> {
    let limit = limit(page.limit)?;
    let after = page.after.unwrap_or_default();
    let rows = caller.tenant.models().await?.into_iter().filter(|row| row.alias > after);
    let models: Vec<_> = rows.take(limit as usize + 1).map(summary).collect::<Result<_, _>>()?;
    Ok(Reply::new(Page::of(models, limit, |model| model.name.clone())))
}

async fn put(
    caller: Caller<Own>,
    At(path): At<ModelPath>,
    Body(endpoint): Body<ModelEndpoint>,
) -> Result<Reply<ModelSummary>, Problem> {
    let now = now_us();
    endpoint.keep(&caller.tenant, &path.model, now).await?;
    caller.note("set model", &path.model, json!({ "address": endpoint.address })).await?;
    Ok(Reply::new(ModelSummary { name: path.model, endpoint, changed_at_us: now }))
}

async fn delete(caller: Caller<Own>, At(path): At<ModelPath>) -> Result<NoContent, Problem> {
    if !caller.tenant.remove_model(&path.model).await? {
        return Err(Problem::not_found("such model"));
    }
    caller.note("remove model", &path.model, json!({})).await?;
    Ok(NoContent)
}

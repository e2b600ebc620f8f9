//! Saved flows and their versions.

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_db::FlowFilter;
use sluice_executor::now_us;
use sluice_model::FlowSummary;

use super::op;
use crate::auth::{Caller, Identity, Read, Write};
use crate::condition::{Condition, unmet};
use crate::edge::{Edge, no_flow};
use crate::input::{At, Body, Params};
use crate::page::{Page, PageParams, limit};
use crate::problem::Problem;
use crate::reply::{Reply, Tagged};

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/flows",
            get_with(list, op("list_flows", "Saved flows, by name."))
                .post_with(save, op("save_flows", "Save every flow of a source under its name.")),
        )
        .api_route(
            "/v1/flows/{flow}",
            get_with(newest, op("get_flow", "The newest version of a flow, with its source."))
                .put_with(replace, op("put_flow", "Save a source as the next version of a flow.")),
        )
        .api_route(
            "/v1/flows/{flow}/versions",
            get_with(
                versions,
                op("list_flow_versions", "The versions of a flow, the newest first."),
            ),
        )
        .api_route(
            "/v1/flows/{flow}/versions/{version}",
            get_with(version, op("get_flow_version", "A version of a flow, with its source.")),
        )
}

/// Which flows are listed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FlowParams {
    /// Only flows with these words in name or summary.
    text: Option<String>,
    /// At most so many: 1 to 500; 50 where it is absent.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
    /// Go on where an earlier part ended: its `next`.
    after: Option<String>,
}

/// A flow with its source.
#[derive(Serialize, JsonSchema)]
struct FlowWithSource {
    #[serde(flatten)]
    flow: FlowSummary,
    /// Python.
    source: String,
}

/// A source to be saved.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({
    "source": "from sluice import flow\n\n\n@flow\ndef hello(name: str) -> str:\n    return f'Hello, {name}'\n",
}))]
struct NewSource {
    /// Python.
    source: String,
}

/// What was saved.
#[derive(Serialize, JsonSchema)]
struct Saved {
    /// Each flow of the source, at its newest version.
    flows: Vec<FlowSummary>,
}

/// Which flow.
#[derive(Deserialize, JsonSchema)]
struct FlowPath {
    /// Its name.
    flow: String,
}

/// Which version.
#[derive(Deserialize, JsonSchema)]
struct VersionPath {
    /// The name of the flow.
    flow: String,
    /// From 1.
    version: u64,
}

async fn list(
    caller: Caller<Read>,
    Params(params): Params<FlowParams>,
) -> Result<Reply<Page<FlowSummary>>, Problem> {
    let limit = limit(params.limit)?;
    let filter = FlowFilter {
        prefix: String::new(),
        text: params.text,
        after: params.after,
        limit: Some(limit),
    };
    let part = caller.tenant.some_flows(&filter).await?;
    let page = Page::part(part, |flow| flow.name.clone());
    Ok(Reply::new(page.map(FlowSummary::from)))
}

async fn save(
    State(edge): State<Edge>,
    caller: Caller<Write>,
    Body(new): Body<NewSource>,
) -> Result<Reply<Saved, 201>, Problem> {
    Ok(Reply::new(Saved { flows: saved(&edge, &caller, &new.source).await? }))
}

/// Saves every flow of a source, each as its next version where it differs from the newest.
pub(crate) async fn saved(
    edge: &Edge,
    identity: &Identity,
    source: &str,
) -> Result<Vec<FlowSummary>, Problem> {
    let loaded = edge.version(identity.tenant.id(), source).await?;
    loaded.is_usable()?;
    let mut flows = Vec::new();
    for flow in &loaded.described.description.flows {
        let description = serde_json::to_value(flow).unwrap_or_default();
        let saved =
            identity.tenant.save_flow(&flow.name, &loaded.source, &description, now_us()).await?;
        flows.push(FlowSummary::from(saved));
    }
    let names: Vec<&str> = flows.iter().map(|flow| flow.name.as_str()).collect();
    identity.note("save flows", &names.join(" "), json!({ "digest": loaded.digest })).await?;
    Ok(flows)
}

async fn newest(
    caller: Caller<Read>,
    At(path): At<FlowPath>,
) -> Result<Reply<FlowWithSource, 200, Tagged>, Problem> {
    let flow = caller.tenant.flow(&path.flow).await?.ok_or_else(|| no_flow(&path.flow))?;
    with_source(&caller, FlowSummary::from(flow)).await
}

/// Names a version of a flow.
fn tag(version: u64) -> String {
    format!("v{version}")
}

async fn with_source<N>(
    caller: &Caller<N>,
    flow: FlowSummary,
) -> Result<Reply<FlowWithSource, 200, Tagged>, Problem> {
    let source = caller.tenant.source(&flow.source_digest).await?;
    let source = source.ok_or_else(|| no_flow(&flow.name))?.as_ref().to_owned();
    let tag = tag(flow.version);
    Ok(Reply::new(FlowWithSource { flow, source }).etag(tag))
}

async fn replace(
    State(edge): State<Edge>,
    caller: Caller<Write>,
    At(path): At<FlowPath>,
    condition: Condition,
    Body(new): Body<NewSource>,
) -> Result<Reply<FlowWithSource, 200, Tagged>, Problem> {
    let loaded = edge.version(caller.tenant.id(), &new.source).await?;
    loaded.is_usable()?;
    let flow = loaded.flow(Some(&path.flow))?;
    let description = serde_json::to_value(flow).unwrap_or_default();
    let is_met = move |version: Option<u64>| condition.is_met(version.map(tag).as_deref());
    let saved = caller
        .tenant
        .replace_flow(&flow.name, &loaded.source, &description, is_met, now_us())
        .await?;
    let saved = saved.ok_or_else(|| unmet("flow"))?;
    caller.note("save flows", &flow.name, json!({ "digest": loaded.digest })).await?;
    with_source(&caller, FlowSummary::from(saved)).await
}

async fn versions(
    caller: Caller<Read>,
    At(path): At<FlowPath>,
    Params(page): Params<PageParams>,
) -> Result<Reply<Page<FlowSummary>>, Problem> {
    let (limit, before) = (limit(page.limit)?, page.cursor()?);
    let part = caller.tenant.some_flow_versions(&path.flow, before, limit).await?;
    if part.items.is_empty() && before.is_none() {
        return Err(no_flow(&path.flow));
    }
    let page = Page::part(part, |version| version.version.to_string());
    Ok(Reply::new(page.map(FlowSummary::from)))
}

async fn version(
    caller: Caller<Read>,
    At(path): At<VersionPath>,
) -> Result<Reply<FlowWithSource, 200, Tagged>, Problem> {
    let version = caller.tenant.flow_version(&path.flow, path.version).await?;
    let version = version.ok_or_else(|| no_flow(&path.flow))?;
    with_source(&caller, FlowSummary::from(version)).await
}

//! Tenants, what they may take and what their runs may do: for whoever runs the server.

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_db::{TenantChange, TenantChanged, TenantRow};
use sluice_executor::{now_us, sha256};
use sluice_model::{Capability, Code, Quota, Role, Scope, TenantId};

use super::op;
use super::tokens::{CreatedToken, TokenRequest, created, named};
use crate::auth::{Admin, Caller};
use crate::condition::{Condition, unmet};
use crate::edge::Edge;
use crate::input::{At, Body};
use crate::page::Page;
use crate::problem::Problem;
use crate::reply::{Located, Reply, Tagged};

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/tenants",
            get_with(list, op("list_tenants", "All tenants, by name."))
                .post_with(create, op("create_tenant", "Make a tenant.")),
        )
        .api_route(
            "/v1/tenants/{tenant}",
            get_with(get, op("get_tenant", "A tenant.")).patch_with(
                change,
                op("change_tenant", "Change what a tenant may take, or what its runs may do."),
            ),
        )
        .api_route(
            "/v1/tenants/{tenant}/tokens",
            post_with(token, op("create_tenant_token", "Make a token of a tenant, its first one.")),
        )
}

/// A tenant.
#[derive(Serialize, JsonSchema)]
struct TenantSummary {
    /// Its name.
    tenant: TenantId,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// What it may take.
    quota: Quota,
    /// What its runs may do at most.
    grants: Vec<Capability>,
    /// Bytes that are kept for it, about.
    stored_bytes: u64,
    /// When it was made, in microseconds since the Unix epoch; 0 for the one that is always there.
    created_at_us: u64,
}

impl From<TenantRow> for TenantSummary {
    fn from(row: TenantRow) -> TenantSummary {
        TenantSummary {
            tenant: row.id,
            label: row.label,
            quota: row.quota,
            grants: row.grants,
            stored_bytes: row.stored_bytes,
            created_at_us: row.created_at_us,
        }
    }
}

/// A tenant to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "tenant": "research", "grants": ["ask", "kv:*", "http:api.example.com"] }))]
struct NewTenant {
    /// 1 to 63 small letters, digits and `-`.
    tenant: TenantId,
    /// What people call it.
    #[serde(default)]
    label: Option<String>,
    /// What it may take. Members that are absent have their defaults.
    #[serde(default)]
    quota: Quota,
    /// What its runs may do. Without this, what stays within the tenant: `ask`, `flow:*`, `kv:*`,
    /// `artifact:*`.
    #[serde(default)]
    grants: Option<Vec<Capability>>,
}

/// What is to change.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = json!({ "label": "Research" }))]
struct ChangedTenant {
    /// What it may take, in place of what it may now. Members that are absent have their defaults.
    #[serde(default)]
    quota: Option<Quota>,
    /// What its runs may do, in place of what they may now. Runs that were taken on keep what they had.
    #[serde(default)]
    grants: Option<Vec<Capability>>,
    /// What people call it.
    #[serde(default)]
    label: Option<String>,
}

/// Which tenant.
#[derive(Deserialize, JsonSchema)]
struct TenantPath {
    /// Its name.
    tenant: String,
}

/// What a tenant has that nobody gave anything: nothing that reaches beyond it.
fn usual_grants() -> Vec<Capability> {
    ["ask", "flow:*", "kv:*", "artifact:*"].iter().filter_map(|word| word.parse().ok()).collect()
}

async fn list(
    State(edge): State<Edge>,
    _caller: Caller<Admin>,
) -> Result<Reply<Page<TenantSummary>>, Problem> {
    let tenants = edge.store().admin().tenants().await?;
    let items = tenants.into_iter().map(TenantSummary::from).collect();
    Ok(Reply::new(Page { items, next: None }))
}

async fn create(
    State(edge): State<Edge>,
    caller: Caller<Admin>,
    Body(new): Body<NewTenant>,
) -> Result<Reply<TenantSummary, 201, Located>, Problem> {
    let label = new.label.as_deref().map(named).transpose()?;
    let grants = new.grants.unwrap_or_else(usual_grants);
    let admin = edge.store().admin();
    if !admin.create_tenant(&new.tenant, &new.quota, &grants, now_us()).await? {
        let message = format!("there is a tenant `{}` already", new.tenant);
        return Err(Problem::new(Code::Conflict, message));
    }
    if label.is_some() {
        let change = TenantChange { label, ..TenantChange::default() };
        admin.change_tenant(&new.tenant, change, |_| true).await?;
    }
    caller.note("create tenant", new.tenant.as_str(), json!({ "grants": grants })).await?;
    let row = found(&edge, new.tenant.as_str()).await?;
    let path = format!("/v1/tenants/{}", new.tenant);
    Ok(Reply::new(TenantSummary::from(row)).at(Some(path)))
}

async fn found(edge: &Edge, tenant: &str) -> Result<TenantRow, Problem> {
    let missing = || Problem::not_found("such tenant");
    let tenant: TenantId = tenant.parse().map_err(|_| missing())?;
    edge.store().admin().tenant(&tenant).await?.ok_or_else(missing)
}

/// Names the state of what can be changed.
fn tag(row: &TenantRow) -> String {
    let state = json!([row.quota, row.grants, row.label]).to_string();
    sha256(state.as_bytes()).chars().take(32).collect()
}

async fn get(
    State(edge): State<Edge>,
    _caller: Caller<Admin>,
    At(path): At<TenantPath>,
) -> Result<Reply<TenantSummary, 200, Tagged>, Problem> {
    let row = found(&edge, &path.tenant).await?;
    let tag = tag(&row);
    Ok(Reply::new(TenantSummary::from(row)).etag(tag))
}

async fn change(
    State(edge): State<Edge>,
    caller: Caller<Admin>,
    At(path): At<TenantPath>,
    condition: Condition,
    Body(change): Body<ChangedTenant>,
) -> Result<Reply<TenantSummary, 200, Tagged>, Problem> {
    let missing = || Problem::not_found("such tenant");
    let tenant: TenantId = path.tenant.parse().map_err(|_| missing())?;
    let label = change.label.as_deref().map(named).transpose()?;
    let detail = json!({ "quota": change.quota, "grants": change.grants, "label": label });
    let change = TenantChange { quota: change.quota, grants: change.grants, label };
    let is_met = move |row: &TenantRow| condition.is_met(Some(&tag(row)));
    let row = match edge.store().admin().change_tenant(&tenant, change, is_met).await? {
        TenantChanged::Done(row) => *row,
        TenantChanged::Unexpected => return Err(unmet("tenant")),
        TenantChanged::Missing => return Err(missing()),
    };
    caller.note("change tenant", row.id.as_str(), detail).await?;
    let tag = tag(&row);
    Ok(Reply::new(TenantSummary::from(row)).etag(tag))
}

async fn token(
    State(edge): State<Edge>,
    caller: Caller<Admin>,
    At(path): At<TenantPath>,
    Body(request): Body<TokenRequest>,
) -> Result<Reply<CreatedToken, 201>, Problem> {
    let row = found(&edge, &path.tenant).await?;
    let scopes = request.scopes_or(Role::Owner)?;
    // Whoever administers tenants does so as themselves, never as one of them.
    if scopes.contains(&Scope::Admin) && row.id != TenantId::local() {
        return Err(Problem::field("/scopes", "`admin` is for tokens of the tenant `local`"));
    }
    let (tenant, grants) = (edge.store().tenant(&row.id), request.grants.clone());
    Ok(Reply::new(created(&caller, &tenant, request, scopes, grants).await?))
}

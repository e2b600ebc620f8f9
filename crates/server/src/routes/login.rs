//! Becoming somebody: a code buys a token, and a token says who it is.

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::{ConnectInfo, Extension, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_db::{AuditEntry, NewToken, Purpose};
use sluice_executor::now_us;
use sluice_model::{Capability, Code, Scope, TenantId, TokenId};

use super::op;
use crate::auth::{Caller, Read, Secret, SecretKind, redeem};
use crate::edge::Edge;
use crate::input::Body;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::serve::Peer;

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/login",
            post_with(login, op("login", "Buy a token with a login code, once.")),
        )
        .api_route("/v1/me", get_with(me, op("get_me", "Who the token is, and what it allows.")))
}

/// A login code.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Login {
    /// As the server printed it at its first start, or as an owner gave it.
    code: String,
    /// What the token is called in lists and records.
    #[serde(default)]
    name: Option<String>,
}

/// A token that was bought.
#[derive(Serialize, JsonSchema)]
struct LoggedIn {
    /// The token. It is shown here and never again.
    secret: String,
    /// Its name in lists.
    token: TokenId,
    /// Whose it is.
    tenant: TenantId,
    /// What it allows.
    scopes: Vec<Scope>,
}

async fn login(
    State(edge): State<Edge>,
    address: Option<Extension<ConnectInfo<Peer>>>,
    Body(login): Body<Login>,
) -> Result<Reply<LoggedIn, 201>, Problem> {
    let Some(ticket) = redeem(&edge, Purpose::Login, &login.code).await? else {
        if let Some(Extension(ConnectInfo(Peer(address)))) = address {
            edge.rates().failure(address.ip())?;
        }
        return Err(Problem::new(Code::Unauthenticated, "the code is not valid")
            .hint("A code works once, for an hour. `sluice serve --new-login` prints a new one."));
    };
    let secret = Secret::fresh(SecretKind::Token);
    let id = sluice_executor::token_id();
    let name = login.name.unwrap_or_else(|| "login".to_owned());
    let tenant = edge.store().tenant(&ticket.tenant);
    let now = now_us();
    let new = NewToken {
        id: id.clone(),
        name: super::tokens::named(&name)?,
        hash: secret.hash(),
        scopes: ticket.scopes.clone(),
        grants: None,
        created_by: "login code".to_owned(),
        at_us: now,
        expires_at_us: None,
    };
    tenant.create_token(new).await?;
    let entry = AuditEntry {
        at_us: now,
        actor: format!("{name} ({id})"),
        action: "login".to_owned(),
        subject: id.to_string(),
        detail: json!({}),
    };
    tenant.note(entry).await?;
    let secret = secret.reveal().to_owned();
    Ok(Reply::new(LoggedIn { secret, token: id, tenant: ticket.tenant, scopes: ticket.scopes }))
}

/// Who a token is.
#[derive(Serialize, JsonSchema)]
struct Me {
    /// The tenant.
    tenant: TenantId,
    /// The token.
    token: TokenId,
    /// What it is called.
    name: String,
    /// What it allows.
    scopes: Vec<Scope>,
    /// What the tenant may do: runs get at most this.
    tenant_grants: Vec<Capability>,
    /// What runs of this token get at most, where that is less.
    #[serde(skip_serializing_if = "Option::is_none")]
    grants: Option<Vec<Capability>>,
    /// When it is no longer valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at_us: Option<u64>,
    /// The version of the server.
    version: &'static str,
    /// The runtime image that new runs are pinned to.
    image_digest: String,
}

async fn me(State(edge): State<Edge>, caller: Caller<Read>) -> Result<Reply<Me>, Problem> {
    let row = caller.tenant.row().await?;
    Ok(Reply::new(Me {
        tenant: caller.tenant.id().clone(),
        token: caller.token.clone(),
        name: caller.name.clone(),
        scopes: caller.scopes.clone(),
        tenant_grants: row.map(|row| row.grants).unwrap_or_default(),
        grants: caller.grants.clone(),
        expires_at_us: caller.expires_at_us,
        version: edge.settings().version,
        image_digest: edge.executor().image_digest().to_owned(),
    }))
}

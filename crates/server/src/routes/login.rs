//! Becoming somebody: a code buys a token, and a token says who it is.

use aide::axum::ApiRouter;
use aide::axum::routing::{get_with, post_with};
use axum::extract::{DefaultBodyLimit, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_db::{AuditEntry, NewLogin, NewToken, Purpose};
use sluice_executor::{audit_id, now_us, token_id};
use sluice_model::{Capability, Code, Scope, TenantId, TokenId};

use super::op;
use crate::auth::{Address, Caller, Read, Secret, SecretKind, shown};
use crate::edge::Edge;
use crate::input::Body;
use crate::problem::Problem;
use crate::reply::Reply;

/// Bytes of a body at most that somebody sends of whom nothing is known.
const MOST_BYTES: usize = 4 << 10;

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/login",
            post_with(login, op("login", "Buy a token with a login code, once.")),
        )
        .layer(DefaultBodyLimit::max(MOST_BYTES))
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
    Address(address): Address,
    Body(login): Body<Login>,
) -> Result<Reply<LoggedIn, 201>, Problem> {
    // Whatever may be wrong with the request is found before the code is used.
    let name = super::tokens::named(login.name.as_deref().unwrap_or("login"))?;
    let Some(code) = shown(&edge, Purpose::Login, &login.code, address)? else {
        return Err(not_valid());
    };
    let (secret, id, now) = (Secret::fresh(SecretKind::Token), token_id(), now_us());
    let entry = AuditEntry {
        id: audit_id(),
        at_us: now,
        actor: format!("{name} ({id})"),
        action: "login".to_owned(),
        subject: id.to_string(),
        detail: json!({}),
    };
    let token = NewToken {
        id: id.clone(),
        name,
        hash: secret.hash(),
        scopes: Vec::new(),
        grants: None,
        created_by: "login code".to_owned(),
        at_us: now,
        expires_at_us: None,
    };
    let bought = edge.store().keys().log_in(&code.hash(), NewLogin { token, entry }, now).await?;
    let Some(ticket) = bought else {
        edge.rates().failure(address)?;
        return Err(not_valid());
    };
    let secret = secret.reveal().to_owned();
    Ok(Reply::new(LoggedIn { secret, token: id, tenant: ticket.tenant, scopes: ticket.scopes }))
}

fn not_valid() -> Problem {
    Problem::new(Code::Unauthenticated, "the code is not valid")
        .hint("A code works once, for an hour. `sluice serve --new-login` prints a new one.")
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

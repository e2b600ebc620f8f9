//! The tokens of a tenant. A token is shown once, when it is made; the store has its hash.

use std::time::Duration;

use aide::axum::ApiRouter;
use aide::axum::routing::{delete_with, get_with, post_with};
use axum::extract::State;
use axum::response::NoContent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sluice_db::{AuditEntry, NewToken, Purpose, TokenRow};
use sluice_executor::{audit_id, now_us, token_id};
use sluice_model::{Capability, Code, Role, Scope, TokenId, intersection};

use super::op;
use crate::auth::{Caller, Identity, Own, Read, Secret, SecretKind, issue};
use crate::edge::Edge;
use crate::input::{At, Body, Params};
use crate::page::{Page, PageParams, limit};
use crate::problem::Problem;
use crate::reply::Reply;

/// How long a ticket for a socket lasts: as long as a page needs to open one.
const TICKET_LASTS: Duration = Duration::from_secs(30);

pub(super) fn routes() -> ApiRouter<Edge> {
    ApiRouter::new()
        .api_route(
            "/v1/tokens",
            get_with(list, op("list_tokens", "The tokens of the tenant, the newest first."))
                .post_with(create, op("create_token", "Make a token. It is shown once.")),
        )
        .api_route(
            "/v1/tokens/{token}",
            delete_with(revoke, op("revoke_token", "Take a token back, at once.")),
        )
        .api_route(
            "/v1/socket-tickets",
            post_with(ticket, op("create_socket_ticket", "A ticket that opens a socket, once.")),
        )
}

/// A token, without its secret.
#[derive(Serialize, JsonSchema)]
pub(super) struct TokenSummary {
    /// Its id.
    token: TokenId,
    /// What people call it.
    name: String,
    /// What it allows.
    scopes: Vec<Scope>,
    /// What runs of it may do at most; all that the tenant may where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    grants: Option<Vec<Capability>>,
    /// When it was made, in microseconds since the Unix epoch, as all that ends in `_at_us`.
    created_at_us: u64,
    /// Who made it; `administrator` where that was none of the tenant.
    created_by: String,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at_us: Option<u64>,
    /// When it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at_us: Option<u64>,
    /// When it was used last, to about a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at_us: Option<u64>,
}

impl From<TokenRow> for TokenSummary {
    fn from(row: TokenRow) -> TokenSummary {
        TokenSummary {
            token: row.id,
            name: row.name,
            scopes: row.scopes,
            grants: row.grants,
            created_at_us: row.created_at_us,
            created_by: row.created_by,
            expires_at_us: row.expires_at_us,
            revoked_at_us: row.revoked_at_us,
            last_used_at_us: row.last_used_at_us,
        }
    }
}

/// A token to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenRequest {
    /// What people call it.
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// What it allows, as a role. `operator` where neither this nor `scopes` is there; for the first
    /// token of a tenant `owner`.
    #[serde(default)]
    role: Option<Role>,
    /// What it allows, one by one, instead of a role.
    #[serde(default)]
    scopes: Option<Vec<Scope>>,
    /// What runs of it may do at most; all that the tenant may where it is absent.
    #[serde(default)]
    pub(super) grants: Option<Vec<Capability>>,
    /// After how long it ends, in milliseconds; never where it is absent. It ends with the token that
    /// makes it at the latest.
    #[serde(default)]
    lasts_ms: Option<u64>,
}

impl TokenRequest {
    /// What it is to allow; that of the role where it says nothing.
    pub(super) fn scopes_or(&self, role: Role) -> Result<Vec<Scope>, Problem> {
        match (&self.scopes, self.role) {
            (Some(_), Some(_)) => {
                Err(Problem::field("/role", "send a `role` or `scopes`, not both"))
            }
            (Some(scopes), None) => Ok(scopes.clone()),
            (None, wanted) => Ok(wanted.unwrap_or(role).scopes().to_vec()),
        }
    }
}

/// A token that was made.
#[derive(Serialize, JsonSchema)]
pub(super) struct CreatedToken {
    /// The token. It is shown here and never again.
    secret: String,
    /// The same as in the list.
    #[serde(flatten)]
    summary: TokenSummary,
}

/// Which token.
#[derive(Deserialize, JsonSchema)]
struct TokenPath {
    /// Its id.
    token: String,
}

/// A name that people read in lists.
pub(super) fn named(name: &str) -> Result<String, Problem> {
    let length = name.chars().count();
    if (1..=100).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(Problem::field("/name", "it has 1 to 100 characters, none of them a control character"))
}

async fn list(
    caller: Caller<Own>,
    Params(page): Params<PageParams>,
) -> Result<Reply<Page<TokenSummary>>, Problem> {
    let limit = limit(page.limit)?;
    let before: Option<TokenId> = page.cursor()?;
    let tokens = caller.tenant.tokens(before.as_ref(), Some(limit + 1)).await?;
    let page = Page::of(tokens, limit, |token| token.id.to_string());
    Ok(Reply::new(page.map(TokenSummary::from)))
}

async fn create(
    caller: Caller<Own>,
    Body(request): Body<TokenRequest>,
) -> Result<Reply<CreatedToken, 201>, Problem> {
    let scopes = request.scopes_or(Role::Operator)?;
    // Nobody gives away what they do not have.
    for scope in &scopes {
        caller.require(*scope)?;
    }
    let grants = match (&caller.grants, &request.grants) {
        (Some(held), Some(wanted)) => Some(intersection(held, wanted)),
        (Some(held), None) => Some(held.clone()),
        (None, wanted) => wanted.clone(),
    };
    let created = created(&caller, &caller.tenant, request, scopes, grants).await?;
    Ok(Reply::new(created))
}

/// How whoever makes a token of another tenant is called there.
const ADMINISTRATOR: &str = "administrator";

/// Makes a token of that tenant. It does not outlive the one that makes it.
pub(super) async fn created(
    maker: &Identity,
    tenant: &sluice_db::Tenant,
    request: TokenRequest,
    scopes: Vec<Scope>,
    grants: Option<Vec<Capability>>,
) -> Result<CreatedToken, Problem> {
    let secret = Secret::fresh(SecretKind::Token);
    let now = now_us();
    let wanted = request.lasts_ms.map(|ms| now.saturating_add(ms.saturating_mul(1_000)));
    let is_own = maker.tenant.id() == tenant.id();
    let new = NewToken {
        id: token_id(),
        name: named(&request.name)?,
        hash: secret.hash(),
        scopes,
        grants,
        created_by: if is_own { maker.actor() } else { ADMINISTRATOR.to_owned() },
        at_us: now,
        expires_at_us: wanted.into_iter().chain(maker.expires_at_us).min(),
    };
    let summary = TokenSummary {
        token: new.id.clone(),
        name: new.name.clone(),
        scopes: new.scopes.clone(),
        grants: new.grants.clone(),
        created_at_us: now,
        created_by: new.created_by.clone(),
        expires_at_us: new.expires_at_us,
        revoked_at_us: None,
        last_used_at_us: None,
    };
    let detail = json!({ "name": new.name, "scopes": new.scopes, "tenant": tenant.id() });
    let id = new.id.clone();
    if !tenant.create_token(new).await? {
        return Err(Problem::not_found("such tenant"));
    }
    if !is_own {
        let entry = AuditEntry {
            id: audit_id(),
            at_us: now,
            actor: ADMINISTRATOR.to_owned(),
            action: "create token".to_owned(),
            subject: id.to_string(),
            detail: detail.clone(),
        };
        tenant.note(entry).await?;
    }
    maker.note("create token", id.as_str(), detail).await?;
    Ok(CreatedToken { secret: secret.reveal().to_owned(), summary })
}

async fn revoke(
    State(edge): State<Edge>,
    caller: Caller<Own>,
    At(path): At<TokenPath>,
) -> Result<NoContent, Problem> {
    let missing = || Problem::not_found("such token");
    let token: TokenId = path.token.parse().map_err(|_| missing())?;
    if caller.tenant.revoke_token(&token, now_us()).await? {
        edge.standing().revoked();
        caller.note("revoke token", token.as_str(), json!({})).await?;
        return Ok(NoContent);
    }
    // One that was taken back before stays so.
    caller.tenant.token(&token).await?.map(|_| NoContent).ok_or_else(missing)
}

/// A ticket.
#[derive(Serialize, JsonSchema)]
struct SocketTicket {
    /// What the first message on the socket shows.
    ticket: String,
    /// How long it lasts.
    lasts_ms: u64,
}

async fn ticket(
    State(edge): State<Edge>,
    caller: Caller<Read>,
) -> Result<Reply<SocketTicket, 201>, Problem> {
    let (tenant, token) = (caller.tenant.id(), Some(&caller.token));
    let secret =
        issue(edge.store(), Purpose::Socket, tenant, token, &caller.scopes, TICKET_LASTS).await?;
    let Some(secret) = secret else {
        return Err(Problem::new(
            Code::RateLimited,
            "the token has 100 tickets that were not used",
        )
        .retry_after(TICKET_LASTS.as_secs()));
    };
    let lasts_ms = u64::try_from(TICKET_LASTS.as_millis()).unwrap_or(u64::MAX);
    Ok(Reply::new(SocketTicket { ticket: secret.reveal().to_owned(), lasts_ms }))
}

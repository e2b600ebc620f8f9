//! Secrets that are used once: codes that buy a token, and tickets that open a socket for a browser,
//! which cannot send a header with it.

use std::time::Duration;

use sluice_db::{DbError, Ticket};
use sluice_executor::now_us;
use sluice_model::{Scope, TenantId, TokenId};

use crate::auth::secret::{Secret, SecretKind};
use crate::edge::Edge;
use sluice_db::Store;

/// Makes one that lasts so long.
pub(crate) async fn issue(
    store: &Store,
    kind: SecretKind,
    tenant: &TenantId,
    token: Option<&TokenId>,
    scopes: &[Scope],
    lasts: Duration,
) -> Result<Secret, DbError> {
    let secret = Secret::fresh(kind);
    let lasts_us = u64::try_from(lasts.as_micros()).unwrap_or(u64::MAX);
    let ticket = Ticket {
        tenant: tenant.clone(),
        token: token.cloned(),
        purpose: kind.as_str().to_owned(),
        scopes: scopes.to_vec(),
        expires_at_us: now_us().saturating_add(lasts_us),
    };
    store.keys().issue_ticket(&secret.hash(), ticket).await?;
    Ok(secret)
}

/// Uses one up.
pub(crate) async fn redeem(
    edge: &Edge,
    kind: SecretKind,
    text: &str,
) -> Result<Option<Ticket>, DbError> {
    let Some(secret) = Secret::parse(text).filter(|secret| secret.kind() == kind) else {
        return Ok(None);
    };
    edge.store().keys().redeem_ticket(&secret.hash(), kind.as_str(), now_us()).await
}

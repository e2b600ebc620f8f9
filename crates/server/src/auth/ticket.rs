//! Secrets that are used once: codes that buy a token, and tickets that open a socket for a browser,
//! which cannot send a header with it.

use std::time::Duration;

use sluice_db::{DbError, Purpose, Store, Ticket};
use sluice_executor::now_us;
use sluice_model::{Scope, TenantId, TokenId};

use crate::auth::secret::{Secret, SecretKind};
use crate::edge::Edge;
/// Makes one that lasts so long.
pub(crate) async fn issue(
    store: &Store,
    purpose: Purpose,
    tenant: &TenantId,
    token: Option<&TokenId>,
    scopes: &[Scope],
    lasts: Duration,
) -> Result<Secret, DbError> {
    let secret = Secret::fresh(kind_of(purpose));
    let lasts_us = u64::try_from(lasts.as_micros()).unwrap_or(u64::MAX);
    let ticket = Ticket {
        tenant: tenant.clone(),
        token: token.cloned(),
        purpose,
        scopes: scopes.to_vec(),
        expires_at_us: now_us().saturating_add(lasts_us),
    };
    store.keys().issue_ticket(&secret.hash(), ticket).await?;
    Ok(secret)
}

/// Uses one up.
pub(crate) async fn redeem(
    edge: &Edge,
    purpose: Purpose,
    text: &str,
) -> Result<Option<Ticket>, DbError> {
    let Some(secret) = Secret::parse(text).filter(|secret| secret.kind() == kind_of(purpose))
    else {
        return Ok(None);
    };
    edge.store().keys().redeem_ticket(&secret.hash(), purpose, now_us()).await
}

fn kind_of(purpose: Purpose) -> SecretKind {
    match purpose {
        Purpose::Login => SecretKind::Login,
        Purpose::Socket => SecretKind::Socket,
    }
}

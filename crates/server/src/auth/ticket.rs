//! Secrets that are used once: codes that buy a token, and tickets that open a socket for a browser,
//! which cannot send a header with it.

use std::net::IpAddr;
use std::time::Duration;

use sluice_db::{DbError, Purpose, Store, Ticket};
use sluice_executor::now_us;
use sluice_model::{Scope, TenantId, TokenId};

use crate::auth::secret::{Secret, SecretKind};
use crate::edge::Edge;
use crate::problem::Problem;

/// Makes one that lasts so long. None where the token has as many as it may have.
pub(crate) async fn issue(
    store: &Store,
    purpose: Purpose,
    tenant: &TenantId,
    token: Option<&TokenId>,
    scopes: &[Scope],
    lasts: Duration,
) -> Result<Option<Secret>, DbError> {
    let secret = Secret::fresh(kind_of(purpose));
    let lasts_us = u64::try_from(lasts.as_micros()).unwrap_or(u64::MAX);
    let now = now_us();
    let ticket = Ticket {
        tenant: tenant.clone(),
        token: token.cloned(),
        purpose,
        scopes: scopes.to_vec(),
        expires_at_us: now.saturating_add(lasts_us),
    };
    let is_issued = store.keys().issue_ticket(&secret.hash(), ticket, now).await?;
    Ok(is_issued.then_some(secret))
}

/// The secret that somebody at that address shows for that purpose, where the store is to be asked for
/// it. One that is misspelt is one failure more of the address.
pub(crate) fn shown(
    edge: &Edge,
    purpose: Purpose,
    text: &str,
    address: IpAddr,
) -> Result<Option<Secret>, Problem> {
    edge.rates().may_be_looked_up(address, None)?;
    match Secret::parse(text).filter(|secret| secret.kind() == kind_of(purpose)) {
        Some(secret) => Ok(Some(secret)),
        None => edge.rates().failure(address).map(|()| None),
    }
}

/// Uses up a ticket for a socket that somebody at that address shows.
pub(crate) async fn redeem(
    edge: &Edge,
    text: &str,
    address: IpAddr,
) -> Result<Option<Ticket>, Problem> {
    let Some(secret) = shown(edge, Purpose::Socket, text, address)? else { return Ok(None) };
    let keys = edge.store().keys();
    let ticket = keys.redeem_ticket(&secret.hash(), Purpose::Socket, now_us()).await?;
    if ticket.is_none() {
        edge.rates().failure(address)?;
    }
    Ok(ticket)
}

fn kind_of(purpose: Purpose) -> SecretKind {
    match purpose {
        Purpose::Login => SecretKind::Login,
        Purpose::Socket => SecretKind::Socket,
    }
}

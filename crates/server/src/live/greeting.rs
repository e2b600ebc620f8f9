//! Who is at the other end of a socket that said nothing in its headers: a browser, whose first message
//! has a ticket. The ticket is used up, and stands for the token that it was made with.

use std::time::Duration;

use sluice_db::{DbError, Purpose};
use sluice_executor::now_us;
use sluice_model::Scope;

use crate::auth::{Identity, redeem};
use crate::edge::Edge;

/// How long the first message may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Sockets that have not said who they are, of all addresses, at most.
pub(super) const MOST_STRANGERS: usize = 1_000;

/// Whoever has that ticket; nobody where it was used before, has expired, or its token may not watch.
pub(super) async fn of_ticket(edge: &Edge, ticket: &str) -> Result<Option<Identity>, DbError> {
    let Some(ticket) = redeem(edge, Purpose::Socket, ticket).await? else { return Ok(None) };
    let Some(token) = ticket.token else { return Ok(None) };
    let row = edge.store().keys().token(&token).await?;
    let identity = row.filter(|row| row.is_valid(now_us())).map(|row| Identity::of(edge, row));
    Ok(identity.filter(|identity| identity.require(Scope::Read).is_ok()))
}

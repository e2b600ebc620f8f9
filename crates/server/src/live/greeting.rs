//! Who is at the other end of a socket that said nothing in its headers: a browser, whose first message
//! has a ticket. The ticket is used up, and stands for the token that it was made with.

use std::net::IpAddr;
use std::time::Duration;

use sluice_executor::now_us;
use sluice_model::Scope;

use crate::auth::{Identity, redeem};
use crate::edge::Edge;
use crate::problem::Problem;

/// How long the first message may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Sockets of one address that have not said who they are, at most.
pub(super) const MOST_STRANGERS: usize = 100;

/// Whoever has that ticket; nobody where it was used before, has expired, or its token may not watch.
pub(super) async fn of_ticket(
    edge: &Edge,
    ticket: &str,
    address: IpAddr,
) -> Result<Option<Identity>, Problem> {
    let Some(ticket) = redeem(edge, ticket, address).await? else { return Ok(None) };
    let Some(token) = ticket.token else { return Ok(None) };
    let row = edge.store().keys().token(&token).await?;
    let identity = row.filter(|row| row.is_valid(now_us())).map(|row| Identity::of(edge, row));
    Ok(identity.filter(|identity| identity.require(Scope::Read).is_ok()))
}

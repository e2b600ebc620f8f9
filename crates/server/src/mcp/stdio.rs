//! Tools over standard input and output, for an agent that starts Sluice itself and is alone with it.

use std::io;

use rmcp::service::ServerInitializeError;
use rmcp::transport::stdio;

use super::Agent;
use crate::app::within;
use crate::auth::Identity;
use crate::edge::Edge;

/// Serves whoever started this process, as the tenant `local`, until standard input ends. Nothing else
/// may write to standard output meanwhile.
pub async fn mcp_stdio(edge: Edge) -> io::Result<()> {
    let identity = Identity::local(&edge, "mcp");
    let agent = Agent { api: within(&edge), edge, identity, trace: None };
    match Box::pin(rmcp::serve_server(agent, stdio())).await {
        Ok(serving) => serving.waiting().await.map(|_| ()).map_err(io::Error::other),
        Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
        Err(error) => Err(io::Error::other(error)),
    }
}

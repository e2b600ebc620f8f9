//! Sluice for agents: the tools of the Model Context Protocol over the same functions as the API.
//!
//! What always holds: a tool does what the token allows and sees what the tenant has, as the API does;
//! a tool that fails is a result with the one error object; what a flow says stands in fields of JSON,
//! beside words that are ours alone.

mod answer;
mod api;
mod arguments;
mod capabilities;
mod door;
mod flows;
mod guide;
mod handler;
mod runs;
mod shorten;
mod stdio;
mod task;
mod tool;
mod view;

use axum::Router;
use sluice_model::TraceContext;

use crate::auth::Identity;
use crate::edge::Edge;

pub(crate) use door::http;
pub use stdio::mcp_stdio;
pub use tool::mcp_tools;

/// Whoever calls tools, and where.
#[derive(Clone)]
struct Agent {
    edge: Edge,
    identity: Identity,
    /// The paths of the API, for requests within this process.
    api: Router,
    /// The trace that runs become part of which they start.
    trace: Option<TraceContext>,
}

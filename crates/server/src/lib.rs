//! The edge: what a team hosts. HTTP, live streams and MCP over the store and the executor, for many
//! tenants who must not see each other.
//!
//! What always holds: a request is somebody's before anything of it is looked at; everything is reached
//! through the tenant of whoever asks; what is another's reads as what does not exist; only what is
//! committed is shown.

mod app;
mod auth;
mod condition;
mod edge;
mod headers;
mod input;
mod live;
mod mcp;
mod metrics;
mod origin;
mod page;
mod places;
mod problem;
mod reference;
mod reply;
mod requests;
mod routes;
mod serve;
mod settings;
mod telemetry;
mod trace;
mod wait;
mod web;

pub use app::{openapi, router};
pub use auth::{FirstLogin, first_login};
pub use edge::Edge;
pub use mcp::{mcp_stdio, mcp_tools};
pub use origin::{NoOrigin, Origin};
pub use serve::{ServeError, Tls, serve};
pub use settings::Settings;
pub use telemetry::{Export, Exported, Sampler, Telemetry, TelemetryError};
pub use web::is_built as has_web;

//! How the edge is set. The defaults suit one machine.

use std::time::Duration;

use crate::origin::Origin;
use crate::telemetry::Telemetry;

/// How the edge works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The largest body of a request. Default 8 MiB.
    pub body_bytes: usize,
    /// Requests of one token in a second; more are answered `rate_limited`. Default 500.
    pub requests_per_second: u32,
    /// Requests from one address in a second whose token is not valid. Default 10.
    pub failures_per_second: u32,
    /// Origins whose pages may open sockets and use `/mcp`, beside the one that the request itself names
    /// as its host. Their host names are the names of this server for `/mcp`.
    pub origins: Vec<Origin>,
    /// Sockets of one tenant at a time; one more is closed at once. Default 1,000.
    pub sockets_per_tenant: usize,
    /// The longest wait that `Prefer: wait` gets. Default 60 s.
    pub longest_wait: Duration,
    /// How long a stopping server waits for requests that are under way. Default 10 s.
    pub grace: Duration,
    /// The export of spans whose counts are shown. Default: none.
    pub telemetry: Option<Telemetry>,
    /// The version of the server.
    pub version: &'static str,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            body_bytes: 8 << 20,
            requests_per_second: 500,
            failures_per_second: 10,
            origins: Vec::new(),
            sockets_per_tenant: 1_000,
            longest_wait: Duration::from_mins(1),
            grace: Duration::from_secs(10),
            telemetry: None,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

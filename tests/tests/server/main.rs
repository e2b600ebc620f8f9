//! The edge as clients see it: a real server, by HTTP alone.

mod flows;
mod live;
mod login;
mod mcp;
mod runs;
mod secrets;
mod sizes;
mod slow;
mod tls;
mod tokens;
mod two_tenants;

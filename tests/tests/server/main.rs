//! The edge as clients see it: a real server, by HTTP alone.

mod flows;
mod live;
mod login;
mod mcp;
mod records;
mod runs;
mod two_tenants;

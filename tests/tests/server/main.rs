//! The edge as clients see it: a real server, by HTTP alone.

mod conditions;
mod description;
mod flows;
mod live;
mod login;
mod mcp;
mod retries;
mod runs;
mod two_tenants;

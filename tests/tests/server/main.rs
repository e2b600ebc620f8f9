//! The edge as clients see it: a real server, by HTTP alone.

mod collector;
mod conditions;
mod description;
mod flows;
mod live;
mod login;
mod mcp;
mod means;
mod processes;
mod records;
mod retries;
mod runs;
mod secrets;
mod sizes;
mod slow;
mod socket;
mod telemetry;
mod tls;
mod tokens;
mod two_tenants;

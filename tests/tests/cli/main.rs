//! The binary with a store, end to end: runs outlive the processes that work on them, wait for people,
//! are looked at, run again, taken elsewhere, and cancelled; here or on a server.

mod approval;
mod dev;
mod flows;
mod mcp;
mod outside;
mod place;
mod reruns;
mod runs;
mod same;
mod secrets;
mod serve;
mod served;

//! `sluice serve`, `sluice login` and `sluice api` on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use sluice_server::Origin;

use super::LogArgs;

/// Options of `sluice serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on. Other machines reach it only where it is not that of this machine alone.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7878")]
    pub listen: SocketAddr,
    /// The certificate chain of this server, in PEM; with it, connections speak TLS.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificates: Option<PathBuf>,
    /// The key of the certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_certificates")]
    pub tls_key: Option<PathBuf>,
    /// Listen for other machines without TLS, because a proxy in front speaks it.
    #[arg(long)]
    pub behind_proxy: bool,
    /// An origin whose pages may open sockets, as in `https://flows.example`, beside this server's own.
    /// Its host is a name by which agents may reach `/mcp`. Repeatable.
    #[arg(long = "origin", value_name = "ORIGIN")]
    pub origins: Vec<Origin>,
    /// So many attempts at once.
    #[arg(long, value_name = "N", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=512))]
    pub concurrency: u32,
    /// Serve only: other processes work, by `sluice worker` on the same store.
    #[arg(long, conflicts_with = "concurrency")]
    pub no_worker: bool,
    /// Requests of one token in a second; more are told to wait.
    #[arg(long, value_name = "N", default_value_t = 500)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub requests_per_second: u32,
    /// Requests from one address in a second whose token, code or ticket is not valid; more are told to
    /// wait.
    #[arg(long, value_name = "N", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub failures_per_second: u32,
    /// Print a new login code for an administrator, for whoever lost theirs.
    #[arg(long)]
    pub new_login: bool,
    /// How it logs.
    #[command(flatten)]
    pub log: LogArgs,
}

/// Options of `sluice login`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  sluice login http://127.0.0.1:7878 --code sll_...\n  \
    SLUICE_TOKEN=slt_... sluice api GET /v1/me --server https://flows.example")]
pub struct LoginArgs {
    /// The server, as `sluice serve` prints it.
    #[arg(value_name = "URL")]
    pub url: String,
    /// The login code; asked for where it is absent. A token (`slt_...`) works as well.
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// What the token is called on the server. Default: user and host.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// Options of `sluice api`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  sluice api GET '/v1/runs?state=waiting'\n  \
    sluice api POST /v1/runs --body '{\"source\": \"...\"}'\n  \
    sluice api POST /v1/flows --body @body.json")]
pub struct ApiArgs {
    /// As in `GET`.
    #[arg(value_name = "METHOD")]
    pub method: String,
    /// With its query, as in `/v1/runs?limit=5`.
    #[arg(value_name = "PATH")]
    pub path: String,
    /// The JSON to send: as it stands, `@FILE`, or `@-` for standard input.
    #[arg(long, value_name = "JSON")]
    pub body: Option<String>,
    /// A header more, as in `Prefer: wait=10`. Repeatable.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
}

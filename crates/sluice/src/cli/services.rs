//! `sluice services` and `sluice secrets` on the command line.

use clap::{Args, Subcommand, ValueEnum};

const SERVICES_EXAMPLES: &str = "\
Examples:
  sluice services ls
  sluice services add calendar
  sluice services add mail unix:/run/hero/mail/rpc.sock
  sluice services stub calendar --pyi > calendar.pyi";

/// Options of `sluice services`.
#[derive(Debug, Args)]
#[command(after_help = SERVICES_EXAMPLES)]
pub struct ServicesArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: ServicesCommand,
}

/// What can be done with services.
#[derive(Debug, Subcommand)]
pub enum ServicesCommand {
    /// List the services, and those with a socket on this machine that are not put in.
    Ls(ServicesLsArgs),
    /// Put a service in: its document is read, and flows can import its client.
    Add(ServicesAddArgs),
    /// Read the document of a service anew, and say what changed; of all services without a name.
    Refresh(ServicesRefreshArgs),
    /// Print what a flow can call: a line a method.
    Stub(ServicesStubArgs),
    /// Take a service out.
    Rm(NameArgs),
}

/// Options of `sluice services ls`.
#[derive(Debug, Args)]
pub struct ServicesLsArgs {
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Options of `sluice services add`.
#[derive(Debug, Args)]
pub struct ServicesAddArgs {
    /// The name of the service: a word.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Where it is: `unix:/PATH` or `http://HOST:PORT/PATH`. Default: its socket in `$PATH_SOCKET`, else in
    /// `~/hero/var/sockets`.
    #[arg(value_name = "ADDRESS")]
    pub address: Option<String>,
}

/// Options of `sluice services refresh`.
#[derive(Debug, Args)]
pub struct ServicesRefreshArgs {
    /// The service.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Options of `sluice services stub`.
#[derive(Debug, Args)]
pub struct ServicesStubArgs {
    /// The service.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The whole client, as editors and type checkers read it.
    #[arg(long)]
    pub pyi: bool,
}

/// A name, and nothing else.
#[derive(Debug, Args)]
pub struct NameArgs {
    /// Its name.
    #[arg(value_name = "NAME")]
    pub name: String,
}

const SECRETS_EXAMPLES: &str = "\
Examples:
  sluice secrets ls
  sluice secrets set GITHUB_TOKEN --host api.github.com < token.txt
  sluice secrets set HOOK_KEY --host hooks.example.com --in query --in body";

/// Options of `sluice secrets`.
#[derive(Debug, Args)]
#[command(after_help = SECRETS_EXAMPLES)]
pub struct SecretsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: SecretsCommand,
}

/// What can be done with secrets.
#[derive(Debug, Subcommand)]
pub enum SecretsCommand {
    /// List the secrets, without their values.
    Ls(ServicesLsArgs),
    /// Set a secret: its value comes from standard input, and never comes out again.
    Set(SecretsSetArgs),
    /// Remove a secret.
    Rm(NameArgs),
    /// Seal the keys of all tenants under the current master key, after it was changed. Of this machine's store.
    Reseal,
}

/// Options of `sluice secrets set`.
#[derive(Debug, Args)]
pub struct SecretsSetArgs {
    /// The name of the secret, as flows say it.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// A host that it may be sent to, as in `api.example.com`, `*.example.com`, `internal.example:8443`.
    /// Repeatable.
    #[arg(long = "host", value_name = "HOST", required = true)]
    pub hosts: Vec<String>,
    /// A place in a request where it may stand. Repeatable. Default: header.
    #[arg(long = "in", value_name = "PLACE", value_enum)]
    pub places: Vec<PlaceWord>,
}

/// A place in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlaceWord {
    /// The value of a header.
    Header,
    /// The value of a parameter of the query.
    Query,
    /// The body.
    Body,
}

//! The command line: commands, options, and the help that goes with them. docs/cli.md says it at
//! more length.

mod asks;
mod dev;
mod flows;
mod grants;
mod models;
mod run;
mod runs;
mod server;
mod services;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sluice_model::Capability;

pub use self::asks::{AnswerArgs, AsksArgs, AsksCommand, AsksLsArgs};
pub use self::dev::DevArgs;
pub use self::flows::{FlowsArgs, FlowsCommand, FlowsDiffArgs, FlowsGetArgs, FlowsLsArgs};
pub use self::flows::{FlowsHistoryArgs, FlowsSaveArgs};
pub use self::grants::{GrantsArgs, GrantsCommand, InferArgs};
pub use self::models::{ModelsArgs, ModelsCommand, ModelsSetArgs};
pub use self::run::{HowArgs, RunArgs, WorkerArgs};
pub use self::runs::{ExportArgs, ImportArgs, LogsArgs, LsArgs, ReplayArgs, RerunArgs};
pub use self::runs::{RunsArgs, RunsCommand, TailArgs, VerifyArgs};
pub use self::server::{ApiArgs, LoginArgs, ServeArgs};
pub use self::services::{
    PlaceWord, SecretsArgs, SecretsCommand, SecretsSetArgs, ServicesAddArgs, ServicesArgs,
    ServicesCommand, ServicesLsArgs, ServicesRefreshArgs, ServicesStubArgs,
};
use crate::log::LogFormat;

const EXIT_CODES: &str = "\
Exit codes:
  0    the run succeeded
  1    the flow failed, or Sluice itself did
  2    the command line makes no sense
  3    a check found an error
  5    the flow asked for what it was not granted (capability_denied)
  6    the run reached one of its ceilings (limit_exceeded)
  130  interrupted
  141  whoever read standard output went away

Environment:
  SLUICE_STORE       where runs are kept, as for --store
  SLUICE_SERVER      the server to work on, as for --server
  SLUICE_TOKEN       the token for the server; default: that of the last `sluice login`
  SLUICE_CACHE_DIR   where the runtime image is kept; default $XDG_CACHE_HOME/sluice
  SLUICE_REACH       addresses that are not public and may be reached, as in 127.0.0.1:8080
  SLUICE_MASTER_KEY_FILE  the key under which secrets are sealed; default master.key beside the store
  PATH_SOCKET        where services have their sockets; default ~/hero/var/sockets
  SLUICE_HASH_SEED   seed of Python's string hashes; a deployment sets its own. Default 0
  SLUICE_LOG         what serve and worker log, as in info or sluice_server=debug; else RUST_LOG
  OTEL_EXPORTER_OTLP_ENDPOINT  where serve and worker send spans; docs/operations.md has the others
  NO_COLOR           set to anything: no colours";

const EXAMPLES: &str = "\
Examples:
  sluice run hello.py -i name=Ada
  sluice check hello.py
  sluice dev hello.py -i name=Ada
  sluice runs ls
  sluice asks ls
  sluice runs ls --server https://flows.example
  sluice explain limit_memory";

/// Runs Python flows that nobody has to trust, each in a sandbox of its own.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, after_help = EXAMPLES)]
#[command(after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
#[command(propagate_version = true, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// Where runs are kept: a file, or `postgres://...`. Default: `$SLUICE_STORE`, else `store.db` in
    /// your data directory.
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<String>,
    /// Work on a server instead of a store: its address, or `login` for that of the last `sluice login`.
    /// Default: `$SLUICE_SERVER`, else a store.
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
}

/// How a process that goes on for long logs.
#[derive(Clone, Copy, Debug, Args)]
pub struct LogArgs {
    /// Log lines of text, or JSON objects. `$SLUICE_LOG`, else `$RUST_LOG`, says what is logged.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// A part of a list.
#[derive(Clone, Debug, Args)]
pub struct Page {
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub limit: u32,
    /// Go on where an earlier list ended: its `next`.
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What `sluice` does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a flow and print what it returns.
    Run(Box<RunArgs>),
    /// Check and run a flow, and again each time that its file is saved, until Ctrl-C.
    Dev(Box<DevArgs>),
    /// Take up the runs of the store, until Ctrl-C.
    Worker(WorkerArgs),
    /// Serve the API over the store, and work on what it holds, until Ctrl-C.
    Serve(ServeArgs),
    /// Keep a token for a server.
    Login(LoginArgs),
    /// Send one request to a server, and print what it answers.
    Api(ApiArgs),
    /// Print the description of the API, as a server answers it at `/v1/openapi.json`.
    Openapi,
    /// Look at runs, follow them, cancel them, run them again.
    Runs(RunsArgs),
    /// Go through the record of a run once more, without any effect.
    Replay(ReplayArgs),
    /// Questions of runs to people: list and answer them.
    Asks(AsksArgs),
    /// Saved flows and their versions.
    Flows(FlowsArgs),
    /// What runs may do: say what one needed.
    Grants(GrantsArgs),
    /// Services that flows can call: put them in, list them, show what they offer.
    Services(ServicesArgs),
    /// Secrets that flows use and never see: set and list them.
    Secrets(SecretsArgs),
    /// Models: what flows call them, and where they are.
    Models(ModelsArgs),
    /// Say what a source holds and what is wrong with it, without running a flow.
    Check(CheckArgs),
    /// Serve an agent over standard input and output, by the Model Context Protocol, and work on the
    /// runs of the store meanwhile.
    Mcp(McpArgs),
    /// Explain an error code.
    Explain(ExplainArgs),
    /// Look at this machine and say what would keep flows from running well.
    Doctor(DoctorArgs),
    /// Build the runtime image, or say where it is.
    Runtime(RuntimeArgs),
    /// Print a completion script for a shell.
    Completion(CompletionArgs),
    /// Print the version.
    Version(VersionArgs),
}

/// Options of `sluice check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The source.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Say of what the flows ask for what these capabilities grant and what they do not, as `sluice run` would.
    /// Repeatable.
    #[arg(long = "grant", value_name = "WORD")]
    pub grants: Vec<Capability>,
    /// Print the description as JSON: docs/describe.md.
    #[arg(long)]
    pub json: bool,
}

/// Options of `sluice mcp`.
#[derive(Debug, Args)]
pub struct McpArgs {}

/// Options of `sluice explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code in the brackets of an error; without it, all codes are listed.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Options of `sluice doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Print the findings as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `sluice runtime`.
#[derive(Debug, Args)]
pub struct RuntimeArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: RuntimeCommand,
}

/// What can be done with the runtime image.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum RuntimeCommand {
    /// Build it now rather than with the first run, and print its digest.
    Build,
    /// Print the directory in which it is kept.
    Path,
    /// Print its digest, which every run is pinned to.
    Digest,
}

/// Options of `sluice completion`.
#[derive(Debug, Args)]
pub struct CompletionArgs {
    /// The shell.
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

/// Options of `sluice version`.
#[derive(Debug, Args)]
pub struct VersionArgs {
    /// Print it as JSON, with the digest of the runtime image.
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::input::Part;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn inputs_of_all_forms_keep_their_order() {
        let line = ["sluice", "run", "a.py", "-i", "x=1", "--input", "all.json", "--input", "-"];
        let Command::Run(args) = Cli::parse_from(line).command else { panic!("it is a run") };
        let parts = ["x=1", "all.json", "-"].map(Part::parse);
        assert_eq!(args.how.inputs, parts);
        assert_eq!(args.stdin, None);
    }
}

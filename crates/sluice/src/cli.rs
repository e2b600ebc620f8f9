//! The command line: commands, options, and the help that goes with them. docs/cli.md says it at
//! more length.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use sluice_model::{Capability, Limits};

use crate::input::Part;
use crate::quantity::{parse_bytes, parse_duration_ms};

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
  SLUICE_CACHE_DIR   where the runtime image is kept; default $XDG_CACHE_HOME/sluice
  SLUICE_HASH_SEED   seed of Python's string hashes; a deployment sets its own. Default 0
  NO_COLOR           set to anything: no colours";

const EXAMPLES: &str = "\
Examples:
  sluice run hello.py -i name=Ada
  sluice check hello.py
  sluice explain limit_memory";

/// Runs Python flows that nobody has to trust, each in a sandbox of its own.
#[derive(Debug, Parser)]
#[command(name = "sluice", version, after_help = EXAMPLES)]
#[command(after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
#[command(propagate_version = true, arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorChoice,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
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
    Run(RunArgs),
    /// Say what a source holds and what is wrong with it, without running a flow.
    Check(CheckArgs),
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

const RUN_EXAMPLES: &str = "\
Examples:
  sluice run hello.py
  sluice run hello.py -i name=Ada
  sluice run report.py:access-log-report -i log=@access.log -i top=3
  sluice run orders.py --input order.json -i express=true
  echo '{\"name\": \"Ada\"}' | sluice run hello.py -
  sluice run plan.py --grant rpc:calendar.event_list --cpu-time 5s --json";

/// Options of `sluice run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES)]
pub struct RunArgs {
    /// The source, and the flow where it has several: `file.py` or `file.py:flow-name`.
    #[arg(value_name = "FLOW")]
    pub target: String,

    /// `-`: read the input from standard input as a JSON object.
    #[arg(value_name = "-", value_parser = ["-"])]
    pub stdin: Option<String>,

    /// One parameter, or a JSON object with any number; repeatable, and the later wins.
    ///
    /// `key=value`: the value is text where the flow takes text and JSON where it takes anything
    /// else. `key=@file`: what is in the file. `key=@@text`: text that begins with `@`.
    /// `file.json` or `-`: a JSON object from a file or from standard input.
    #[arg(short, long = "input", value_name = "KEY=VALUE|FILE|-")]
    #[arg(value_parser = |text: &str| Ok::<_, std::convert::Infallible>(Part::parse(text)))]
    pub inputs: Vec<Part>,

    /// The flow of the source to run.
    #[arg(long, value_name = "NAME")]
    pub flow: Option<String>,

    /// Let the flow do what this capability names, as in `rpc:calendar.event_list`; repeatable.
    #[arg(long = "grant", value_name = "WORD", action = ArgAction::Append)]
    pub grants: Vec<Capability>,

    /// Ceilings of the run.
    #[command(flatten)]
    pub limits: LimitArgs,

    /// Where the run's randomness begins: 64 hexadecimal digits. Default: drawn at random.
    #[arg(long, value_name = "HEX", value_parser = parse_seed)]
    pub seed: Option<[u8; 32]>,

    /// Print one JSON document with the outcome and all about it instead of the output alone.
    #[arg(long, conflicts_with = "events")]
    pub json: bool,

    /// Print each event as it happens, a line of JSON each, instead of the output.
    #[arg(long)]
    pub events: bool,

    /// Show neither the tree nor the logs.
    #[arg(short, long)]
    pub quiet: bool,
}

/// Ceilings of one run.
#[derive(Debug, Args)]
pub struct LimitArgs {
    /// CPU time, as in `10s`. Default 1m.
    #[arg(long, value_name = "TIME", value_parser = parse_duration_ms)]
    pub cpu_time: Option<u64>,
    /// Time from start to end, as in `10m`. Default 1h.
    #[arg(long, value_name = "TIME", value_parser = parse_duration_ms)]
    pub wall_time: Option<u64>,
    /// Memory, as in `512MiB`, of which Python itself takes about 48 MiB. Default 256MiB.
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    pub memory: Option<u64>,
}

impl LimitArgs {
    /// The defaults, with what was given in their place.
    pub fn limits(&self) -> Limits {
        let defaults = Limits::default();
        Limits {
            cpu_time_ms: self.cpu_time.unwrap_or(defaults.cpu_time_ms),
            wall_time_ms: self.wall_time.unwrap_or(defaults.wall_time_ms),
            memory_bytes: self.memory.unwrap_or(defaults.memory_bytes),
            ..defaults
        }
    }
}

/// Options of `sluice check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The source.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print the description as JSON: docs/describe.md.
    #[arg(long)]
    pub json: bool,
}

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

fn parse_seed(text: &str) -> Result<[u8; 32], String> {
    let wrong = || "a seed is 64 hexadecimal digits".to_owned();
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut seed = [0; 32];
    for (place, byte) in seed.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).map_err(|_| wrong())?;
    }
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn inputs_of_all_forms_keep_their_order() {
        let line = ["sluice", "run", "a.py", "-i", "x=1", "--input", "all.json", "--input", "-"];
        let Command::Run(args) = Cli::parse_from(line).command else { panic!("it is a run") };
        let parts = ["x=1", "all.json", "-"].map(Part::parse);
        assert_eq!(args.inputs, parts);
        assert_eq!(args.stdin, None);
    }

    #[test]
    fn a_seed_is_all_of_its_digits() {
        assert_eq!(parse_seed(&"0a".repeat(32)), Ok([10; 32]));
        for wrong in ["", "0a", &"zz".repeat(32), &"+a".repeat(32)] {
            assert!(parse_seed(wrong).is_err(), "{wrong}");
        }
    }
}

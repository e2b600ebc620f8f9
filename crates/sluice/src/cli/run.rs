//! `sluice run` and `sluice worker` on the command line.

use clap::{ArgAction, Args};
use sluice_model::{Capability, Limits, RetryPolicy};

use super::LogArgs;
use crate::input::Part;
use crate::local::seed_of_hex;
use crate::quantity::{parse_bytes, parse_duration_ms};

const RUN_EXAMPLES: &str = "\
Examples:
  sluice run hello.py
  sluice run hello.py -i name=Ada
  sluice run report.py:access-log-report -i log=@access.log -i top=3
  sluice run orders.py --input order.json -i express=true
  echo '{\"name\": \"Ada\"}' | sluice run hello.py -
  sluice run plan.py --grant rpc:calendar.event_list --cpu-time 5s --json
  sluice run approval.py -i amount=120 --grant ask --detach";

/// Options of `sluice run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct RunArgs {
    /// The source, and the flow where it has several: `file.py` or `file.py:flow-name`.
    #[arg(value_name = "FLOW")]
    pub target: String,

    /// `-`: read the input from standard input as a JSON object.
    #[arg(value_name = "-", value_parser = ["-"])]
    pub stdin: Option<String>,

    /// What to run, and how.
    #[command(flatten)]
    pub how: HowArgs,

    /// The same key starts the same run once, and finds it afterwards.
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,

    /// Leave it to a `sluice worker`, and print the id of the run.
    #[arg(long, conflicts_with = "events")]
    pub detach: bool,

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

/// What is run of a source, and how.
#[derive(Debug, Args)]
pub struct HowArgs {
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

    /// Try it again so often when it fails.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retries: u32,

    /// The wait before the first retry, doubled before each later one. Default 1s.
    #[arg(long, value_name = "TIME", value_parser = parse_duration_ms)]
    pub backoff: Option<u64>,

    /// End it when it is not over after this time, waiting included, as in `2d`.
    #[arg(long, value_name = "TIME", value_parser = parse_duration_ms)]
    pub deadline: Option<u64>,
}

impl HowArgs {
    /// Whether it is tried again.
    pub fn retry(&self) -> RetryPolicy {
        let defaults = RetryPolicy::default();
        let backoff_ms = self.backoff.unwrap_or(defaults.backoff_ms);
        RetryPolicy { retries: self.retries, backoff_ms, ..defaults }
    }
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
    /// Tokens that models may take for it. Default 1000000.
    #[arg(long, value_name = "N")]
    pub model_tokens: Option<u64>,
    /// What models may cost it, in millionths of a dollar. Default 10000000.
    #[arg(long, value_name = "N")]
    pub model_cost_micros: Option<u64>,
}

impl LimitArgs {
    /// The defaults, with what was given in their place.
    pub fn limits(&self) -> Limits {
        let defaults = Limits::default();
        Limits {
            cpu_time_ms: self.cpu_time.unwrap_or(defaults.cpu_time_ms),
            wall_time_ms: self.wall_time.unwrap_or(defaults.wall_time_ms),
            memory_bytes: self.memory.unwrap_or(defaults.memory_bytes),
            model_tokens: self.model_tokens.unwrap_or(defaults.model_tokens),
            model_cost_micros: self.model_cost_micros.unwrap_or(defaults.model_cost_micros),
            ..defaults
        }
    }
}

/// Options of `sluice worker`.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// Runs that are alive at once.
    #[arg(long, value_name = "N", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub concurrency: u32,
    /// End when no run is queued or running. Runs that wait for a time or an answer do not count.
    #[arg(long)]
    pub until_idle: bool,
    /// Do not tell which runs begin, wait and end.
    #[arg(short, long)]
    pub quiet: bool,
    /// How it logs.
    #[command(flatten)]
    pub log: LogArgs,
}

fn parse_seed(text: &str) -> Result<[u8; 32], &'static str> {
    seed_of_hex(text).ok_or("a seed is 64 hexadecimal digits")
}

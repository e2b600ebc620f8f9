//! `sluice runs` and `sluice replay` on the command line.

use std::path::PathBuf;

use clap::{ArgAction, Args, Subcommand, ValueEnum};
use sluice_model::{Capability, Level, RunState};

use super::Page;
use crate::input::Part;

/// Options of `sluice runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: RunsCommand,
}

/// What can be done with runs. A run is named by its id, or by a beginning of it that no other has.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List runs, the newest first.
    Ls(LsArgs),
    /// Show one run: what it is, its tree, and what it returned.
    Get {
        /// The run.
        #[arg(value_name = "RUN")]
        run: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show a run from its beginning, and go on until it ends.
    Tail(TailArgs),
    /// Print what a run logged and printed.
    Logs(LogsArgs),
    /// End runs.
    Cancel {
        /// The runs.
        #[arg(value_name = "RUN", required = true)]
        runs: Vec<String>,
        /// Why, for whoever looks at them later.
        #[arg(long, value_name = "TEXT", default_value = "cancelled from the command line")]
        reason: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Check that the record of a run is whole and as it was written.
    Verify(VerifyArgs),
    /// Run a run again: take its record over up to a place, and go on from there.
    Rerun(Box<RerunArgs>),
    /// Write a run to one file: its record, its source, and all that belongs to them.
    Export(ExportArgs),
    /// Take a run in from a file that `export` wrote.
    Import(ImportArgs),
}

/// Options of `sluice runs ls`.
#[derive(Debug, Args)]
pub struct LsArgs {
    /// Only runs that stand there: queued, running, waiting, ended.
    #[arg(long, value_name = "STATE", value_parser = parse_state)]
    pub state: Option<RunState>,
    /// Only runs that ended so.
    #[arg(long, value_name = "OUTCOME")]
    #[arg(value_parser = ["succeeded", "failed", "cancelled", "timed_out"])]
    pub outcome: Option<String>,
    /// Only runs of this flow.
    #[arg(long, value_name = "NAME")]
    pub flow: Option<String>,
    /// Which part of the list.
    #[command(flatten)]
    pub page: Page,
}

/// Options of `sluice runs tail`.
#[derive(Debug, Args)]
pub struct TailArgs {
    /// The run.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Print one JSON document with the outcome and all about it instead of the output alone.
    #[arg(long, conflicts_with = "events")]
    pub json: bool,
    /// Print each event, a line of JSON each, instead of the output.
    #[arg(long)]
    pub events: bool,
    /// Show neither the tree nor the logs.
    #[arg(short, long)]
    pub quiet: bool,
}

/// Options of `sluice runs logs`.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// The run.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Only lines that matter at least so much.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub level: LevelChoice,
    /// Go on until the run ends.
    #[arg(short, long)]
    pub follow: bool,
    /// Print each line as JSON.
    #[arg(long)]
    pub json: bool,
}

/// How much a line has to matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LevelChoice {
    /// All lines.
    #[default]
    Debug,
    /// What a reader of the run should know.
    Info,
    /// Something is not as expected.
    Warning,
    /// Something failed.
    Error,
}

impl From<LevelChoice> for Level {
    fn from(choice: LevelChoice) -> Level {
        match choice {
            LevelChoice::Debug => Level::Debug,
            LevelChoice::Info => Level::Info,
            LevelChoice::Warning => Level::Warning,
            LevelChoice::Error => Level::Error,
        }
    }
}

/// Options of `sluice runs verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The runs.
    #[arg(value_name = "RUN", required_unless_present = "all")]
    pub runs: Vec<String>,
    /// Every run of the store.
    #[arg(long, conflicts_with = "runs")]
    pub all: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

const RERUN_EXAMPLES: &str = "\
Examples:
  sluice runs rerun run_01k9 --source fixed.py
  sluice runs rerun run_01k9 --from settle --yes
  sluice runs rerun run_01k9 -i amount=80 --detach";

/// Options of `sluice runs rerun`.
#[derive(Debug, Args)]
#[command(after_help = RERUN_EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct RerunArgs {
    /// The run.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Leave the record before this step: its name, or `#12` for the span of that number. Default:
    /// where the run first does something else than is recorded.
    #[arg(long, value_name = "STEP")]
    pub from: Option<String>,
    /// Another source than that of the run.
    #[arg(long, value_name = "FILE")]
    pub source: Option<PathBuf>,
    /// Another input: as for `sluice run`, in place of single parameters of the recorded input.
    #[arg(short, long = "input", value_name = "KEY=VALUE|FILE|-")]
    #[arg(value_parser = |text: &str| Ok::<_, std::convert::Infallible>(Part::parse(text)))]
    pub inputs: Vec<Part>,
    /// Let it do this beside what the run was granted; repeatable.
    #[arg(long = "grant", value_name = "WORD", action = ArgAction::Append)]
    pub grants: Vec<Capability>,
    /// Go live without asking.
    #[arg(short, long)]
    pub yes: bool,
    /// Leave it to a `sluice worker`, and print the id of the new run.
    #[arg(long)]
    pub detach: bool,
    /// Print one JSON document: the plan, or the report of the new run.
    #[arg(long)]
    pub json: bool,
    /// Show neither the tree nor the logs.
    #[arg(short, long)]
    pub quiet: bool,
}

/// Options of `sluice runs export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The run.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// The file. Default: standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Leave out what members hold that are called like a secret, and these words wherever they
    /// stand. It stands behind everything else, as any number of words follow it.
    #[arg(long, value_name = "WORD", num_args = 0..)]
    pub redact: Option<Vec<String>>,
}

/// Options of `sluice runs import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

const REPLAY_EXAMPLES: &str = "\
Examples:
  sluice replay run_01k9
  sluice replay run_01k9 --source changed.py
  sluice replay --last 50 --flow approval --source changed.py";

/// Options of `sluice replay`.
#[derive(Debug, Args)]
#[command(after_help = REPLAY_EXAMPLES)]
pub struct ReplayArgs {
    /// The run.
    #[arg(value_name = "RUN", required_unless_present = "last")]
    pub run: Option<String>,
    /// Another source than that of the run.
    #[arg(long, value_name = "FILE")]
    pub source: Option<PathBuf>,
    /// The last N runs of the flow that ended, instead of one run.
    #[arg(long, value_name = "N", conflicts_with = "run", requires = "flow")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub last: Option<u32>,
    /// The flow whose last runs are meant.
    #[arg(long, value_name = "NAME", requires = "last")]
    pub flow: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
    /// Do not show the tree.
    #[arg(short, long)]
    pub quiet: bool,
}

fn parse_state(word: &str) -> Result<RunState, String> {
    RunState::of_word(word).ok_or_else(|| {
        let words: Vec<_> = RunState::ALL.iter().map(|state| state.as_str()).collect();
        format!("it is one of {}", words.join(", "))
    })
}

//! `sluice grants` on the command line.

use clap::{Args, Subcommand};

/// Options of `sluice grants`.
#[derive(Debug, Args)]
pub struct GrantsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: GrantsCommand,
}

/// What can be done with grants.
#[derive(Debug, Subcommand)]
pub enum GrantsCommand {
    /// Say what a run needed at least: a grant a line.
    Infer(InferArgs),
}

/// Options of `sluice grants infer`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  sluice grants infer run_01k9\n  \
    sluice run flow.py $(sluice grants infer run_01k9 | sed 's/^/--grant /')")]
pub struct InferArgs {
    /// The run: its id, or a beginning of it that no other run has.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

//! `sluice dev` on the command line.

use clap::Args;

use super::HowArgs;

const EXAMPLES: &str = "\
Examples:
  sluice dev hello.py
  sluice dev report.py:access-log-report -i log=@access.log -i top=3";

/// Options of `sluice dev`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DevArgs {
    /// The source, and the flow where it has several: `file.py` or `file.py:flow-name`.
    #[arg(value_name = "FLOW")]
    pub target: String,
    /// What to run, and how.
    #[command(flatten)]
    pub how: HowArgs,
    /// Show neither the tree nor the logs.
    #[arg(short, long)]
    pub quiet: bool,
}

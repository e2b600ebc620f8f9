//! `sluice flows` on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Options of `sluice flows`.
#[derive(Debug, Args)]
pub struct FlowsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: FlowsCommand,
}

/// What can be done with saved flows.
#[derive(Debug, Subcommand)]
pub enum FlowsCommand {
    /// List the saved flows.
    Ls(FlowsLsArgs),
    /// Show one: what it says of itself, its input and output, and what it asks to do.
    Get(FlowsGetArgs),
    /// List the versions of one, the newest first.
    History(FlowsHistoryArgs),
    /// Show what changed between two versions.
    Diff(FlowsDiffArgs),
    /// Save each flow of a source, so that other flows find it by its name.
    Save(FlowsSaveArgs),
}

/// Options of `sluice flows ls`.
#[derive(Debug, Args)]
pub struct FlowsLsArgs {
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub limit: u32,
    /// Only flows whose name comes after this one.
    #[arg(long, value_name = "NAME")]
    pub after: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Options of `sluice flows get`.
#[derive(Debug, Args)]
pub struct FlowsGetArgs {
    /// The flow.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Print the source and nothing else.
    #[arg(long, conflicts_with = "json")]
    pub source: bool,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Options of `sluice flows history`.
#[derive(Debug, Args)]
pub struct FlowsHistoryArgs {
    /// The flow.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Options of `sluice flows diff`.
#[derive(Debug, Args)]
pub struct FlowsDiffArgs {
    /// The flow.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The older version. Default: the one before the other.
    #[arg(value_name = "VERSION")]
    pub from: Option<u64>,
    /// The newer version. Default: the newest.
    #[arg(value_name = "VERSION")]
    pub to: Option<u64>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Options of `sluice flows save`.
#[derive(Debug, Args)]
pub struct FlowsSaveArgs {
    /// The source.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

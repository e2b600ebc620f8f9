//! `sluice models` on the command line.

use clap::{Args, Subcommand};

use super::services::{NameArgs, ServicesLsArgs};

const EXAMPLES: &str = "\
Examples:
  sluice models set default https://api.example.com/v1 --model large-1 --secret MODEL_KEY
  sluice models set local unix:/run/model.sock --model tiny
  sluice models ls";

/// Options of `sluice models`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ModelsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: ModelsCommand,
}

/// What can be done with models.
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// List the models.
    Ls(ServicesLsArgs),
    /// Set what flows call by that name.
    Set(ModelsSetArgs),
    /// Remove a model.
    Rm(NameArgs),
}

/// Options of `sluice models set`.
#[derive(Debug, Args)]
pub struct ModelsSetArgs {
    /// What flows call it, as in `llm:default`.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Where it is: the address under which it has `/chat/completions`, or `unix:/PATH`.
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// What it is called there.
    #[arg(long, value_name = "MODEL")]
    pub model: String,
    /// The secret that is its key.
    #[arg(long, value_name = "SECRET")]
    pub secret: Option<String>,
    /// The price of a million tokens that it reads, in dollars.
    #[arg(long, value_name = "DOLLARS")]
    pub input_price: Option<f64>,
    /// The price of a million tokens that it writes, in dollars.
    #[arg(long, value_name = "DOLLARS")]
    pub output_price: Option<f64>,
    /// Tokens that all models together may take in a day; then this one is not asked any more.
    #[arg(long, value_name = "N")]
    pub tokens_per_day: Option<u64>,
    /// Dollars, likewise.
    #[arg(long, value_name = "DOLLARS")]
    pub cost_per_day: Option<f64>,
}

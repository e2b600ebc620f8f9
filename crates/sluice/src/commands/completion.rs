//! `sluice completion`: the script that lets a shell complete commands and options.

use clap::CommandFactory as _;

use crate::cli::{Cli, CompletionArgs};
use crate::exit::Exit;
use crate::out;

/// Prints the script.
pub fn run(args: &CompletionArgs) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sluice", &mut script);
    out::data(&String::from_utf8(script)?)?;
    Ok(Exit::Ok)
}

//! `sluice`: the command line, and the place where the parts of Sluice are put together.
//!
//! Standard output carries data and nothing else; everything for people goes to standard error,
//! and every text that a flow had a hand in passes through `render::text` first.

#![expect(
    unreachable_pub,
    reason = "nothing of a binary can be reached; `pub` says what a module offers to the others"
)]

mod cli;
mod commands;
mod exit;
mod input;
mod local;
mod log;
mod nearest;
mod out;
mod quantity;
mod remote;
mod render;
mod schema;
mod secrets;
mod settings;
mod view;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command, Global};
use crate::exit::{Exit, Usage};
use crate::render::{Line, Theme, Tone};

fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let exit = match dispatch(&command, &global) {
        Ok(exit) => exit,
        Err(error) => explain(&error, &global),
    };
    exit.into()
}

fn dispatch(command: &Command, global: &Global) -> anyhow::Result<Exit> {
    let color = global.color;
    match command {
        Command::Run(args) => commands::run::run(args, global),
        Command::Worker(args) => commands::worker::run(args, global),
        Command::Serve(args) => commands::serve::run(args, global),
        Command::Login(args) => commands::login::run(args, global),
        Command::Api(args) => commands::api::run(args),
        Command::Runs(args) => commands::runs::run(args, global),
        Command::Replay(args) => commands::replay::run(args, global),
        Command::Asks(args) => commands::asks::run(args, global),
        Command::Flows(args) => commands::flows::run(args, global),
        Command::Check(args) => commands::check::run(args, color),
        Command::Mcp(args) => commands::mcp::run(args, global),
        Command::Explain(args) => commands::explain::run(args, color),
        Command::Doctor(args) => commands::doctor::run(args, global),
        Command::Runtime(args) => commands::runtime::run(args, color),
        Command::Completion(args) => commands::completion::run(args),
        Command::Version(args) => commands::version::run(args),
    }
}

/// Draws an error that is not a flow's, without passwords, and says which exit code it means.
fn explain(error: &anyhow::Error, global: &Global) -> Exit {
    if out::is_closed_pipe(error) {
        return Exit::ClosedPipe;
    }
    let scrub = secrets::known(global);
    let headline = |text: &str| {
        let text = scrub.text(text);
        Line::new().with(Tone::Bad, "error").with(Tone::Strong, &format!(": {text}"))
    };
    let mut lines = Vec::new();
    let exit = if let Some(usage) = error.downcast_ref::<Usage>() {
        lines.push(headline(&usage.message));
        if let Some(hint) = &usage.hint {
            lines.push(
                Line::new().with(Tone::Accent, "hint").with(Tone::Plain, &format!(": {hint}")),
            );
        }
        Exit::Usage
    } else {
        lines.push(headline(&error.to_string()));
        for cause in error.chain().skip(1) {
            lines.push(Line::of(Tone::Plain, &scrub.text(&format!("  because: {cause}"))));
        }
        Exit::Failed
    };
    out::notes(&lines, Theme::of_stderr(global.color));
    exit
}

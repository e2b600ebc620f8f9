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
mod site;
mod view;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command, Global};
use crate::exit::Exit;
use crate::render::Theme;

fn main() -> ExitCode {
    let Cli { global, command } = Cli::parse();
    let exit = match dispatch(&command, &global) {
        Ok(exit) => exit,
        Err(error) => {
            let theme = Theme::of_stderr(global.color);
            commands::complain(&error, &secrets::known(&global), theme)
        }
    };
    exit.into()
}

fn dispatch(command: &Command, global: &Global) -> anyhow::Result<Exit> {
    let color = global.color;
    match command {
        Command::Run(args) => commands::run::run(args, global),
        Command::Dev(args) => commands::dev::run(args, global),
        Command::Worker(args) => commands::worker::run(args, global),
        Command::Serve(args) => commands::serve::run(args, global),
        Command::Login(args) => commands::login::run(args, global),
        Command::Api(args) => commands::api::run(args, global),
        Command::Openapi => commands::openapi::run(),
        Command::Runs(args) => commands::runs::run(args, global),
        Command::Replay(args) => commands::replay::run(args, global),
        Command::Asks(args) => commands::asks::run(args, global),
        Command::Models(args) => commands::models::run(args, global),
        Command::Grants(args) => commands::grants::run(args, global),
        Command::Services(args) => commands::services::run(args, global),
        Command::Secrets(args) => commands::secrets::run(args, global),
        Command::Flows(args) => commands::flows::run(args, global),
        Command::Check(args) => commands::check::run(args, global),
        Command::Mcp(args) => commands::mcp::run(args, global),
        Command::Explain(args) => commands::explain::run(args, color),
        Command::Doctor(args) => commands::doctor::run(args, global),
        Command::Runtime(args) => commands::runtime::run(args, color),
        Command::Completion(args) => commands::completion::run(args),
        Command::Version(args) => commands::version::run(args),
    }
}

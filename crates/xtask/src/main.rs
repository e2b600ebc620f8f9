//! Automation of this repository, run as `cargo xtask`. Not part of the product.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task talks to whoever ran it")]

mod bench;
mod cpython_tests;
mod crash;
mod guest;
mod places;
mod sdk_tests;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measure what we answer for.
    Bench(bench::Args),
    /// Run CPython's own tests in the sandbox and compare with what is expected of them.
    CpythonTests(cpython_tests::Args),
    /// Kill workers again and again and look whether anything that was promised is broken.
    Crash(crash::Args),
    /// Run the tests of the Python SDK in the sandbox.
    SdkTests(sdk_tests::Args),
}

/// 0: all is as it should be. 1: it is not, or could not be found out. 2: wrong usage.
fn main() -> ExitCode {
    let good = match Cli::parse().task {
        Task::Bench(args) => bench::run(&args),
        Task::CpythonTests(args) => cpython_tests::run(&args),
        Task::Crash(args) => crash::run(&args),
        Task::SdkTests(args) => sdk_tests::run(&args),
    };
    match good {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

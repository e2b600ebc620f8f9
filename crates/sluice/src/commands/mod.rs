//! What each command does. A command reads its options, does its work through `site`, draws through
//! `render`, and says how the process ends. Those that work on this machine alone go through `local`.

pub mod api;
pub mod asks;
pub mod check;
mod complaint;
pub mod completion;
pub mod dev;
pub mod doctor;
pub mod explain;
pub mod flows;
mod follow;
pub mod grants;
mod interrupts;
pub mod login;
pub mod mcp;
pub mod models;
pub mod openapi;
pub mod replay;
pub mod run;
pub mod runs;
pub mod runtime;
pub mod secrets;
pub mod serve;
pub mod services;
mod show;
mod site;
pub mod version;
pub mod worker;

use std::path::Path;

use anyhow::Context as _;
use sluice_model::Scrub;
use sluice_server::Telemetry;

pub use self::complaint::complain;
use crate::cli::Global;
use crate::exit::Usage;
use crate::local::{BuildStage, Keys, Local, LocalMachine, LocalRecords, Only};
use crate::out;
use crate::render::{Line, Theme, Tone};
use crate::settings;

/// The text of a source.
fn read_source(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| {
        Usage::new(format!("cannot read `{shown}`: {error}"))
            .hint("name a Python file, as in `sluice run hello.py`")
    })?;
    Ok(String::from_utf8(bytes).map_err(|_| Usage::new(format!("`{shown}` is not UTF-8 text")))?)
}

/// Opens the sandbox, and says so where the first run has to build the runtime image.
fn open(theme: Theme) -> anyhow::Result<Local> {
    Local::open(&mut build_report(theme))
}

/// Tells the stages of a build.
fn build_report(theme: Theme) -> impl FnMut(BuildStage) {
    let mut is_first = true;
    move |stage| {
        if std::mem::take(&mut is_first) {
            let text = "Preparing the Python runtime. This takes some seconds and happens once.";
            out::notes(&[Line::of(Tone::Strong, text)], theme);
        }
        let (tone, mark) = match stage {
            BuildStage::Done => (Tone::Good, theme.done()),
            _ => (Tone::Dim, "-"),
        };
        let line = Line::of(tone, &format!("  {mark} ")).with(Tone::Dim, &stage.to_string());
        out::notes(&[line], theme);
    }
}

/// Where the runs of this machine are kept, for commands that are about no other.
fn store_url(global: &Global) -> anyhow::Result<String> {
    if global.server.is_some() {
        return Err(Usage::new("this command works on a store of this machine, not on a server")
            .hint("leave --server away; --store names the store")
            .into());
    }
    settings::store_url(global.store.as_deref())
}

/// Opens the store and the sandbox beside each other, and puts an executor over both.
async fn local_machine(
    url: &str,
    theme: Theme,
    only: Only,
    concurrency: Option<u32>,
    (telemetry, scrub, keys): (Option<Telemetry>, Scrub, Keys),
) -> anyhow::Result<LocalMachine> {
    let sandbox = tokio::task::spawn_blocking(move || open(theme));
    let records = LocalRecords::open(url).await?;
    LocalMachine::new(records, sandbox.await??, only, concurrency, telemetry, (scrub, keys))
}

/// The export of spans that the environment asks for, if it does.
fn telemetry(scrub: &Scrub) -> anyhow::Result<Option<Telemetry>> {
    Ok(Telemetry::from_env(scrub).map_err(|error| {
        Usage::new(format!("cannot export spans: {error}")).hint(
            "docs/operations.md has the variables; unset OTEL_EXPORTER_OTLP_ENDPOINT for none",
        )
    })?)
}

/// A runtime on which runs, their records and whoever shows them go on beside each other.
fn async_runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    /// Beside the threads that may all be busy with guests, for what must not wait for them.
    const OTHERS: usize = 2;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(processors + OTHERS)
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")
}

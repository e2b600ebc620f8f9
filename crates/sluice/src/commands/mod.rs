//! What each command does. A command reads its options, does its work through `local`, draws
//! through `render`, and says how the process ends.

pub mod check;
pub mod completion;
pub mod doctor;
pub mod explain;
pub mod run;
pub mod runtime;
pub mod version;

use std::path::Path;

use anyhow::Context as _;

use crate::exit::Usage;
use crate::local::{BuildStage, Local};
use crate::out;
use crate::render::{Line, Theme, Tone};

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

/// A runtime for one run at a time: the guest yields often enough to share the thread with it.
fn async_runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")
}

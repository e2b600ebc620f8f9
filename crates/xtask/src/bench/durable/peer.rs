//! The same shapes in another library for durable execution, on the same disk and server.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;
use serde::Deserialize;

use super::Context;
use crate::bench::figures::{Figures, heading, line};
use crate::places;

/// What the peer's script says, a line each.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    /// What the next figures are about.
    About(String),
    /// Figures of one thing, with the number of it in a second where that is of interest.
    Figures { what: String, ms: Vec<f64>, remark: String },
}

/// How its store is set: as it comes, and with a log as we have it.
const SQLITE: [&str; 2] = ["as it comes", "wal"];

pub(super) fn measure(context: &Context, python: &Path) -> anyhow::Result<()> {
    let ways = if context.stores.is_postgres() { &["server"][..] } else { &SQLITE };
    for way in ways {
        let store = context.stores.fresh()?;
        let script = places::in_repository("crates/xtask/src/bench/durable/peer.py");
        let scale = if context.small { "0.1" } else { "1" };
        let process = Command::new(python)
            .arg(script)
            .args([store.url(), way, scale])
            .current_dir(context.stores.dir())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", python.display()))?;
        let output = process.wait_with_output()?;
        anyhow::ensure!(output.status.success(), "the peer failed: {}", output.status);
        for said in String::from_utf8(output.stdout)?.lines() {
            match serde_json::from_str(said)? {
                Said::About(what) => heading(&what),
                Said::Figures { what, ms, remark } => {
                    line(&what, "ms", &Figures::of(ms), &remark);
                }
            }
        }
    }
    Ok(())
}

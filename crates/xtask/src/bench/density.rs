//! Memory that one live instance keeps to itself, while its flow waits.

use std::fs;

use anyhow::Context as _;

use super::waiting::while_waiting;
use super::{FLOWS, then_wait};

const INSTANCES: usize = 100;

pub(super) fn measure() -> anyhow::Result<()> {
    println!("\nmemory of a live instance, KiB each of {INSTANCES}");
    for (name, source) in FLOWS {
        let before = Memory::now()?;
        let after = while_waiting(&then_wait(source), INSTANCES, Memory::now)?;
        let each = |after: f64, before: f64| (after - before) / INSTANCES as f64;
        println!(
            "  {name:<12} {:>6.0} private dirty   {:>6.0} resident",
            each(after.private_dirty, before.private_dirty),
            each(after.resident, before.resident)
        );
    }
    Ok(())
}

/// KiB of this process.
pub(super) struct Memory {
    pub(super) private_dirty: f64,
    pub(super) resident: f64,
}

impl Memory {
    pub(super) fn now() -> anyhow::Result<Memory> {
        let text = fs::read_to_string("/proc/self/smaps_rollup").context("this needs Linux")?;
        let field = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
            number.with_context(|| format!("smaps_rollup has no {name}"))
        };
        Ok(Memory { private_dirty: field("Private_Dirty:")?, resident: field("Rss:")? })
    }
}

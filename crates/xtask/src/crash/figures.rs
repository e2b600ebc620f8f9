//! What a campaign did, in figures.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The figures of one campaign.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) cycles: u64,
    /// Workers that died at a crash point, by its name.
    pub(super) at_points: BTreeMap<String, u64>,
    /// Workers that were killed at a random time.
    pub(super) at_random: u64,
    /// Workers that were stopped for longer than their leases, and woken.
    pub(super) paused: u64,
    pub(super) drains: u64,
    pub(super) stores: u64,
    pub(super) runs: u64,
    pub(super) attempts: u64,
    pub(super) events: u64,
    pub(super) effects: u64,
    pub(super) repeated: u64,
    pub(super) replays: u64,
    pub(super) took: Duration,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points: u64 = self.at_points.values().sum();
        writeln!(f, "cycles           {:>9}  in {:.0} s", self.cycles, self.took.as_secs_f64())?;
        writeln!(f, "killed at random {:>9}", self.at_random)?;
        writeln!(f, "killed at points {points:>9}")?;
        for (name, kills) in &self.at_points {
            writeln!(f, "  {name:<14} {kills:>9}")?;
        }
        writeln!(f, "paused           {:>9}", self.paused)?;
        writeln!(f, "drains           {:>9}  of {} stores", self.drains, self.stores)?;
        writeln!(f, "runs             {:>9}  all ended", self.runs)?;
        writeln!(f, "attempts         {:>9}", self.attempts)?;
        writeln!(f, "events           {:>9}", self.events)?;
        writeln!(f, "effects          {:>9}  of them again {}", self.effects, self.repeated)?;
        write!(f, "replays          {:>9}", self.replays)
    }
}

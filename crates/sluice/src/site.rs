//! Where commands do their work: over a store of this machine, or on a server. Both have one shape, so
//! that a command does not know which of them it has.

mod machine;
mod means;
mod records;

pub use sluice_model::{AskSummary as Ask, FlowSummary as SavedFlow, RunSummary as Summary};

pub use self::machine::{Machine, NewRun, Planned, Refusable, Replaying, Rerun, Work};
pub use self::means::{KeptModel, KeptSecret, Means};
pub use self::records::{Answered, Asks, Feed, News, Records, Runs};

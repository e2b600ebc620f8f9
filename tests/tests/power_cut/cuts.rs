//! Which power cuts are looked at.

use crate::disk::{Chance, Survivors};
use crate::trace::Operation;

/// One power cut.
pub(crate) struct Cut {
    /// How many operations of the trace were over.
    pub(crate) at: usize,
    /// What of the rest is found.
    pub(crate) survivors: Survivors,
}

/// Before each sync and at the end, with nothing and with all that was not synced; and so many more
/// by chance. In the order of the trace.
pub(crate) fn cuts(
    operations: &[Operation<'_>],
    by_chance: usize,
    chance: &mut Chance,
) -> Vec<Cut> {
    let is_sync = |operation: &Operation<'_>| {
        matches!(operation, Operation::Sync { .. } | Operation::SyncDirectory)
    };
    let syncs = operations.iter().enumerate().filter(|(_, operation)| is_sync(operation));
    let moments = syncs.map(|(at, _)| at).chain([operations.len()]);
    let mut cuts: Vec<Cut> = moments
        .flat_map(|at| [Survivors::None, Survivors::All].map(|survivors| Cut { at, survivors }))
        .collect();
    for count in 0..by_chance {
        let survivors = if count % 2 == 0 { Survivors::Beginning } else { Survivors::Any };
        cuts.push(Cut { at: chance.below(operations.len() + 1), survivors });
    }
    cuts.sort_by_key(|cut| cut.at);
    cuts
}

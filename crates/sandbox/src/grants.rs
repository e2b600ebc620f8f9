//! Grants: what a guest may ask for, kept and checked on this side.

use sluice_model::{Capability, Code, Failure, intersection};

/// The grants of one run. A call must be covered by each of them, and by each open step's own list.
#[derive(Debug)]
pub(crate) struct Grants {
    granted: Vec<Capability>,
    /// What would be granted if the tenant had it.
    withheld: Vec<Capability>,
    uses: Vec<Capability>,
}

impl Grants {
    pub(crate) fn new(
        granted: Vec<Capability>,
        withheld: Vec<Capability>,
        uses: Vec<Capability>,
    ) -> Grants {
        Grants { granted, withheld, uses }
    }

    /// What holds within steps with these lists: what a child run may do at most.
    pub(crate) fn effective<'a>(
        &self,
        steps: impl Iterator<Item = (&'a str, &'a [Capability])>,
    ) -> Vec<Capability> {
        let all = intersection(&self.granted, &self.uses);
        steps.fold(all, |held, (_, narrower)| intersection(&held, narrower))
    }

    /// Refuses a call that is not covered, and says what would allow it. `steps` holds the name and
    /// the list of each open step that has one, innermost first.
    pub(crate) fn check<'a>(
        &self,
        needed: &Capability,
        steps: impl Iterator<Item = (&'a str, &'a [Capability])>,
    ) -> Result<(), Box<Failure>> {
        let covered = |held: &[Capability]| held.iter().any(|held| held.covers(needed));
        let hint = if !covered(&self.uses) {
            format!("Add \"{needed}\" to the flow's `uses`.")
        } else if !covered(&self.granted) && covered(&self.withheld) {
            format!("The tenant has no \"{needed}\": ask whoever runs this Sluice.")
        } else if !covered(&self.granted) {
            format!("Whoever starts the run must grant it: `--grant {needed}`.")
        } else if let Some((step, _)) = { steps }.find(|(_, held)| !covered(held)) {
            let step: String = step.chars().take(80).collect();
            format!("Add \"{needed}\" to the `uses` of the step {step:?}.")
        } else {
            return Ok(());
        };
        let message = format!("`{needed}` is not granted");
        let failure = Failure::new(Code::CapabilityDenied, message)
            .hint(hint)
            .detail("capability", needed.to_string());
        Err(Box::new(failure))
    }
}

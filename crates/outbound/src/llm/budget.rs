//! Budgets of tokens and money, one within the other: a tenant's, a run's, a step's, an agent's. Pure data.
//!
//! Before a turn its estimate is reserved at every level, or refused at the outermost that has too little
//! left. What is spent and reserved is at no level above its bound, but for what turns took beyond
//! their estimates: then nothing more is given there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Tokens and money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Tokens, read and written.
    pub tokens: u64,
    /// Millionths of a unit of money.
    pub micros: u64,
}

/// Whose budget it is, from the outside in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The tenant's.
    Tenant,
    /// A run's.
    Run,
    /// A step's.
    Step,
    /// An agent's.
    Agent,
}

/// What a budget is a budget of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Tokens.
    Tokens,
    /// Millionths of a unit of money.
    Micros,
}

/// Names a budget in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BudgetId(u64);

/// A turn that a budget has too little for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the {level:?}'s budget of {most} {measure:?} has {left} left, and the turn may take {asked}"
)]
pub struct Exceeded {
    /// Whose budget.
    pub level: Level,
    /// Of what.
    pub measure: Measure,
    /// Its bound.
    pub most: u64,
    /// What is neither spent nor reserved of it.
    pub left: u64,
    /// What was asked for.
    pub asked: u64,
}

/// What a turn may take, held back at every level until it is settled.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a reservation holds its amount back until it is settled"]
pub struct Reservation {
    path: Vec<BudgetId>,
    amount: Amount,
}

/// A tree of budgets.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    nodes: BTreeMap<BudgetId, Node>,
    last: u64,
}

#[derive(Clone, Debug)]
struct Node {
    level: Level,
    parent: Option<BudgetId>,
    most: [Option<u64>; 2],
    spent: Amount,
    reserved: Amount,
}

impl Budget {
    /// A tree without budgets.
    pub fn new() -> Budget {
        Budget::default()
    }

    /// One more budget, within `parent`. A bound that is absent is no bound.
    pub fn open(
        &mut self,
        parent: Option<BudgetId>,
        level: Level,
        tokens: Option<u64>,
        micros: Option<u64>,
    ) -> BudgetId {
        self.last += 1;
        let id = BudgetId(self.last);
        let zero = Amount::default();
        let node = Node { level, parent, most: [tokens, micros], spent: zero, reserved: zero };
        self.nodes.insert(id, node);
        id
    }

    /// Forgets a budget. What is reserved through it still counts for those around it.
    pub fn close(&mut self, id: BudgetId) {
        self.nodes.remove(&id);
    }

    /// What has been spent within a budget.
    pub fn spent(&self, id: BudgetId) -> Amount {
        self.nodes.get(&id).map(|node| node.spent).unwrap_or_default()
    }

    /// What may still be reserved of a measure, at the level that has the least; nothing where no
    /// level has a bound.
    pub fn left(&self, id: BudgetId, measure: Measure) -> Option<u64> {
        self.path(id).iter().filter_map(|id| self.nodes[id].left(measure)).min()
    }

    /// Holds back what a turn may take.
    pub fn reserve(&mut self, id: BudgetId, estimate: Amount) -> Result<Reservation, Exceeded> {
        let path = self.path(id);
        // The outermost first: who has nothing left at all is told so.
        for id in path.iter().rev() {
            self.nodes[id].admit(estimate)?;
        }
        for id in &path {
            if let Some(node) = self.nodes.get_mut(id) {
                node.reserved = node.reserved.plus(estimate);
            }
        }
        Ok(Reservation { path, amount: estimate })
    }

    /// Gives back what was held back, and counts what the turn took: nothing where it was not sent, the
    /// estimate where nobody knows.
    pub fn settle(&mut self, reservation: Reservation, actual: Amount) {
        for id in reservation.path {
            if let Some(node) = self.nodes.get_mut(&id) {
                node.reserved = node.reserved.minus(reservation.amount);
                node.spent = node.spent.plus(actual);
            }
        }
    }

    /// Counts what was spent before: by an earlier attempt of the same run.
    pub fn spend(&mut self, id: BudgetId, actual: Amount) {
        for id in self.path(id) {
            if let Some(node) = self.nodes.get_mut(&id) {
                node.spent = node.spent.plus(actual);
            }
        }
    }

    /// A budget and those around it, from the inside out.
    fn path(&self, id: BudgetId) -> Vec<BudgetId> {
        let mut path = Vec::new();
        let mut next = Some(id);
        while let Some((id, node)) = next.and_then(|id| Some((id, self.nodes.get(&id)?))) {
            path.push(id);
            next = node.parent;
        }
        path
    }
}

impl Reservation {
    /// What it holds back.
    pub fn amount(&self) -> Amount {
        self.amount
    }
}

impl Amount {
    fn of(self, measure: Measure) -> u64 {
        match measure {
            Measure::Tokens => self.tokens,
            Measure::Micros => self.micros,
        }
    }

    fn plus(self, other: Amount) -> Amount {
        Amount {
            tokens: self.tokens.saturating_add(other.tokens),
            micros: self.micros.saturating_add(other.micros),
        }
    }

    fn minus(self, other: Amount) -> Amount {
        Amount {
            tokens: self.tokens.saturating_sub(other.tokens),
            micros: self.micros.saturating_sub(other.micros),
        }
    }
}

impl Node {
    fn left(&self, measure: Measure) -> Option<u64> {
        let most = self.most[measure as usize]?;
        Some(most.saturating_sub(self.spent.plus(self.reserved).of(measure)))
    }

    fn admit(&self, estimate: Amount) -> Result<(), Exceeded> {
        for measure in [Measure::Tokens, Measure::Micros] {
            let Some((most, left)) = self.most[measure as usize].zip(self.left(measure)) else {
                continue;
            };
            let asked = estimate.of(measure);
            if asked > left {
                return Err(Exceeded { level: self.level, measure, most, left, asked });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

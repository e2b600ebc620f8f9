//! What a call would do, as capabilities see it: its kind, what it is directed at and its values.

use std::borrow::Cow;
use std::rc::Rc;

use super::{Capability, Destination};
use crate::CallKind;

/// What a call would do, as capabilities see it.
#[derive(Clone, Copy)]
pub struct Need<'a> {
    /// Its kind.
    pub kind: CallKind,
    /// What it is directed at.
    pub target: Needed<'a>,
    /// Its values.
    pub values: &'a dyn Values,
}

/// What a call is directed at.
#[derive(Clone, Copy, Debug)]
pub enum Needed<'a> {
    /// A name; empty for what has no target.
    Name(&'a str),
    /// A place of HTTP.
    Place(Destination<'a>),
}

/// The values of a call, which bounds hold to patterns.
pub trait Values {
    /// The values under a name that bounds may have: none where there is no such value, or where what is
    /// there cannot be bound.
    fn under(&self, name: &str) -> Option<Rc<[CallValue<'_>]>>;

    /// Asks for so many bytes of looking at values. Where it says no, the bound does not hold.
    fn spend(&self, _bytes: usize) -> bool {
        true
    }
}

/// One value of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallValue<'a> {
    /// This text.
    Text(Cow<'a, str>),
    /// All texts that begin so.
    Beginning(Cow<'a, str>),
}

/// Few and short values, which cost nothing to look at.
impl<F: Fn(&str) -> Option<Vec<String>>> Values for F {
    fn under(&self, name: &str) -> Option<Rc<[CallValue<'_>]>> {
        let texts = self(name)?.into_iter();
        Some(texts.map(|text| CallValue::Text(Cow::Owned(text))).collect())
    }
}

/// How a list of capabilities takes a call. The greatest is the most that it lets somebody do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Taken {
    /// None of them allows it.
    Refused,
    /// It is made where a person lets it be made.
    WithApproval,
    /// It is made.
    Freely,
}

impl Taken {
    /// How that list takes that call. What stands behind the first that allows it freely is not looked at.
    pub fn by(held: &[Capability], need: &Need<'_>) -> Taken {
        let mut taken = Taken::Refused;
        for held in held {
            // A second one that asks a person changes nothing.
            if (taken == Taken::WithApproval && held.needs_approval()) || !held.allows(need) {
                continue;
            }
            if !held.needs_approval() {
                return Taken::Freely;
            }
            taken = Taken::WithApproval;
        }
        taken
    }
}

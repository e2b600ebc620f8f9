//! Parts of lists: a limit, and a cursor that says where the part before ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Things on a page where nobody says how many.
const USUAL: u32 = 50;

/// Things on a page at most.
const MOST: u32 = 500;

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageParams {
    /// At most so many: 1 to 500; 50 where it is absent.
    #[schemars(range(min = 1, max = 500))]
    pub(crate) limit: Option<u32>,
    /// Go on where an earlier part ended: its `next`.
    pub(crate) after: Option<String>,
}

/// A part of a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Page<T> {
    /// What is in it.
    pub(crate) items: Vec<T>,
    /// The cursor of the next part; `null` at the end.
    pub(crate) next: Option<String>,
}

/// How many things are wanted.
pub(crate) fn limit(limit: Option<u32>) -> Result<u32, Problem> {
    match limit {
        None => Ok(USUAL),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::field("limit", "it is 1 to 500")),
    }
}

impl<T> Page<T> {
    /// A page of at most so many things. One more than that was looked for, to know whether there is
    /// another page; `cursor` names the place behind a thing.
    pub(crate) fn of(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Page<T> {
        let has_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| has_more).map(cursor);
        Page { items, next }
    }

    /// The same page of something else.
    pub(crate) fn map<U>(self, of: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(of).collect(), next: self.next }
    }
}

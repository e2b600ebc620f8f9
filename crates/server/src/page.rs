//! Parts of lists: a limit, and a cursor that says where the part before ended.

use std::io;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_db::Part;

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

impl PageParams {
    /// Where to go on, as the id that it should be.
    pub(crate) fn cursor<T: FromStr>(&self) -> Result<Option<T>, Problem> {
        let after = self.after.as_deref().map(str::parse).transpose();
        after.map_err(|_| Problem::field("after", "it is no `next` of this list"))
    }
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

/// About the most bytes of a page.
const MOST_BYTES: usize = 4 << 20;

/// A page that grows until as much is in it as was asked for, or as fits.
pub(crate) struct Bounded<T> {
    items: Vec<T>,
    limit: usize,
    bytes_left: usize,
    has_more: bool,
}

impl<T: Serialize> Bounded<T> {
    /// At most so many things.
    pub(crate) fn new(limit: u32) -> Bounded<T> {
        let (items, limit) = (Vec::new(), limit as usize);
        Bounded { items, limit, bytes_left: MOST_BYTES, has_more: false }
    }

    /// One thing more; false where it did not fit, and nothing more does.
    pub(crate) fn push(&mut self, item: T) -> bool {
        let mut counted = Counted(0);
        // Counting does not fail; what cannot be written is refused where it is.
        let _ = serde_json::to_writer(&mut counted, &item);
        let fits = self.items.is_empty() || counted.0 <= self.bytes_left;
        if self.has_more || self.items.len() >= self.limit || !fits {
            self.has_more = true;
            return false;
        }
        self.bytes_left = self.bytes_left.saturating_sub(counted.0);
        self.items.push(item);
        true
    }

    /// The page; `cursor` names the place behind a thing.
    pub(crate) fn page(self, cursor: impl Fn(&T) -> String) -> Page<T> {
        Page::part(Part { items: self.items, has_more: self.has_more }, cursor)
    }
}

/// Counts bytes.
struct Counted(usize);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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

    /// A page of what the store has found, which knows whether there is more.
    pub(crate) fn part(part: Part<T>, cursor: impl Fn(&T) -> String) -> Page<T> {
        let next = part.items.last().filter(|_| part.has_more).map(cursor);
        Page { items: part.items, next }
    }

    /// The same page of something else.
    pub(crate) fn map<U>(self, of: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(of).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_the_bytes_do() {
        let large = "x".repeat(MOST_BYTES / 2);
        let mut page = Bounded::new(9);
        assert!(page.push(large.clone()));
        assert!(!page.push(large.clone()), "two marks more than half");
        assert!(!page.push(String::new()), "nothing is left out");
        let page = page.page(Clone::clone);
        assert_eq!((page.items.len(), page.next), (1, Some(large)));
        let mut page = Bounded::new(1);
        assert!(page.push("x".repeat(2 * MOST_BYTES)), "one thing fits in any case");
        assert_eq!(page.page(Clone::clone).next, None);
    }
}

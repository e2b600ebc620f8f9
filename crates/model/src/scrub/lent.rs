//! Searches of others, for as long as those hold them. A text is gone through by them only where one of theirs
//! begins in it, so that many cost a text no more than one.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, Weak};

use super::SHORTEST_SECRET;
use super::search::Search;

/// So many searches take less time than the look whether they are worth it.
const FEW: usize = 8;

/// How much is kept at least before what is gone is looked for.
const LEAST_KEPT: usize = 1_024;

#[derive(Default)]
pub(super) struct Lent {
    searches: Vec<Weak<Search>>,
    /// How what they look for begins, and what those looked for that are gone since the last sweep.
    beginnings: HashSet<u64>,
    sweep_at: usize,
}

impl Lent {
    pub(super) fn add(&mut self, search: &Arc<Search>) {
        if self.searches.iter().any(|it| it.as_ptr() == Arc::as_ptr(search)) {
            return;
        }
        self.searches.push(Arc::downgrade(search));
        self.begin(search);
        if self.kept() > self.sweep_at.max(LEAST_KEPT) {
            self.sweep();
        }
    }

    /// Forgets those that nobody holds any more. It takes long, so it is done when as much is new as was left.
    fn sweep(&mut self) {
        self.searches.retain(|search| search.strong_count() > 0);
        self.beginnings = HashSet::new();
        for search in self.searches.clone() {
            if let Some(search) = search.upgrade() {
                self.begin(&search);
            }
        }
        self.sweep_at = self.kept() * 2;
    }

    fn begin(&mut self, search: &Search) {
        self.beginnings.extend(search.forms().filter_map(beginning));
    }

    pub(super) fn kept(&self) -> usize {
        self.searches.len() + self.beginnings.len()
    }

    /// Says where what they look for stands.
    pub(super) fn find(&self, bytes: &[u8], found: &mut Vec<Range<usize>>) {
        let begins = |it: &[u8]| beginning(it).is_some_and(|it| self.beginnings.contains(&it));
        if self.searches.len() > FEW && !bytes.windows(SHORTEST_SECRET).any(begins) {
            return;
        }
        for search in self.searches.iter().filter_map(Weak::upgrade) {
            search.find(bytes, found);
        }
    }
}

/// The first bytes, of which each text that is looked for has enough.
fn beginning(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk::<SHORTEST_SECRET>().map(|bytes| u64::from_ne_bytes(*bytes))
}

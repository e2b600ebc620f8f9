//! Many texts looked for at once, in a time that grows with what is searched and not with how many they are.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use memchr::memmem::Finder;

/// The longest text that is looked for together with others, in bytes: what is longer is looked for by itself, since
/// all at once takes memory for each byte of each of them.
const LONGEST_TOGETHER: usize = 512;

/// What a text takes in memory beside its bytes: its place in a set, and that of its beginning where it is lent.
const PER_FORM: usize = 96;

/// Looks for texts. Each is kept once, apart from what looks for the short ones.
pub(super) struct Search {
    short: BTreeSet<Vec<u8>>,
    /// Looks for the short ones; absent where there are none.
    together: Option<AhoCorasick>,
    alone: Vec<Finder<'static>>,
    weight: usize,
}

impl Search {
    pub(super) fn of(forms: BTreeSet<Vec<u8>>) -> Search {
        let (short, long): (BTreeSet<Vec<u8>>, BTreeSet<Vec<u8>>) =
            forms.into_iter().partition(|form| form.len() <= LONGEST_TOGETHER);
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::LeftmostLongest).kind(Some(AhoCorasickKind::ContiguousNFA));
        let together = (!short.is_empty()).then(|| builder.build(&short));
        // What cannot be looked for all at once is too much for any search: nothing is let through.
        let together = together.and_then(|built| built.or_else(|_| AhoCorasick::new([""])).ok());
        let alone: Vec<Finder<'static>> =
            long.iter().map(|form| Finder::new(form).into_owned()).collect();
        let mut search = Search { short, together, alone, weight: 0 };
        let forms: usize = search.forms().map(|form| form.len() + PER_FORM).sum();
        search.weight = forms + search.together.as_ref().map_or(0, AhoCorasick::memory_usage);
        search
    }

    /// How many texts it looks for.
    pub(super) fn len(&self) -> usize {
        self.short.len() + self.alone.len()
    }

    /// What it takes in memory, in bytes, about.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    pub(super) fn forms(&self) -> impl Iterator<Item = &[u8]> {
        self.short.iter().map(Vec::as_slice).chain(self.alone.iter().map(Finder::needle))
    }

    /// Says where they stand.
    pub(super) fn find(&self, bytes: &[u8], found: &mut Vec<Range<usize>>) {
        if let Some(together) = &self.together {
            found.extend(together.find_iter(bytes).map(|it| it.range()));
        }
        for finder in &self.alone {
            let length = finder.needle().len();
            found.extend(finder.find_iter(bytes).map(|at| at..at + length));
        }
    }
}

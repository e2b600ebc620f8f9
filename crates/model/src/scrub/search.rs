//! Many texts looked for at once, in a time that grows with what is searched and not with how many they are.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use memchr::memmem::Finder;

/// The longest text that is looked for together with others, in bytes: what is longer is looked for by itself, since
/// all at once takes memory for each byte of each of them.
const LONGEST_TOGETHER: usize = 512;

/// Looks for texts.
pub(super) struct Search {
    forms: BTreeSet<Vec<u8>>,
    /// The short ones; absent where there are none.
    together: Option<AhoCorasick>,
    alone: Vec<Finder<'static>>,
}

impl Search {
    pub(super) fn of(forms: BTreeSet<Vec<u8>>) -> Search {
        let (short, long): (Vec<&Vec<u8>>, Vec<&Vec<u8>>) =
            forms.iter().partition(|form| form.len() <= LONGEST_TOGETHER);
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::LeftmostLongest).kind(Some(AhoCorasickKind::ContiguousNFA));
        let together = (!short.is_empty()).then(|| builder.build(&short));
        // What cannot be looked for all at once is too much for any search: nothing is let through.
        let together = together.and_then(|built| built.or_else(|_| AhoCorasick::new([""])).ok());
        let alone = long.into_iter().map(|form| Finder::new(form).into_owned()).collect();
        Search { forms, together, alone }
    }

    /// How many texts it looks for.
    pub(super) fn len(&self) -> usize {
        self.forms.len()
    }

    pub(super) fn forms(&self) -> impl Iterator<Item = &[u8]> {
        self.forms.iter().map(Vec::as_slice)
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

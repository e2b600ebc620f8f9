//! Secrets taken out of texts by their values, wherever they stand and in whichever form, before the texts
//! leave the process. Whoever learns of a secret adds it, for good, or lends what takes it out, for as long as that
//! is held; all clones know it from then on.

mod forms;
mod lent;
mod search;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use forms::forms_of;
use lent::Lent;
use search::Search;

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// The shortest value that is looked for, in bytes. Shorter ones are parts of ordinary words.
pub const SHORTEST_SECRET: usize = 8;

/// How Sluice's own tokens, login codes and socket tickets begin.
const TOKEN_PREFIXES: [&str; 3] = ["slt_", "sll_", "sls_"];

/// Characters after the prefix that make a token: less than a whole one has, so that one that was cut
/// or misspelt is taken out as well.
const TOKEN_LENGTH: usize = 24;

/// Knows what is secret. Cheap to clone; all clones know the same.
#[derive(Clone, Default)]
pub struct Scrub {
    known: Arc<Known>,
}

#[derive(Default)]
struct Known {
    /// What is looked for. The larger ones first, each at least twice as large as the next.
    searches: RwLock<Searches>,
    /// The values that were added. Whoever adds some has this locked, and nobody who scrubs waits for that.
    values: Mutex<HashSet<Arc<str>>>,
    /// What others look for. Whoever lends some more waits for those who scrub, and they for that.
    lent: RwLock<Lent>,
}

type Searches = Arc<[Arc<Search>]>;

impl Scrub {
    /// Knows the shape of Sluice's own tokens and no value.
    pub fn new() -> Scrub {
        Scrub::default()
    }

    /// Takes these values out from now on, in every form that is known here. Those shorter than
    /// [`SHORTEST_SECRET`] are not looked for.
    pub fn add<S: AsRef<str>>(&self, values: impl IntoIterator<Item = S>) {
        for value in values {
            self.add_with(value.as_ref(), Vec::<String>::new);
        }
    }

    /// Takes a value out from now on, and these forms of it, as they are. They are asked for where the value
    /// is new; to add one again costs nothing.
    pub fn add_with<F: AsRef<[u8]>>(&self, value: &str, forms: impl FnOnce() -> Vec<F>) {
        if value.len() < SHORTEST_SECRET {
            return;
        }
        let mut values = self.known.values.lock().unwrap_or_else(PoisonError::into_inner);
        if !values.insert(value.into()) {
            return;
        }
        let mut all = forms_of(value);
        all.extend(forms().iter().map(AsRef::as_ref).map(<[u8]>::to_vec));
        all.retain(|form| form.len() >= SHORTEST_SECRET);
        let mut searches: Vec<Arc<Search>> = self.searches().to_vec();
        // As many small ones become a larger one as it takes for each value to be moved seldom.
        while let Some(last) = searches.pop_if(|last| last.len() < all.len() * 2) {
            all.extend(last.forms().map(<[u8]>::to_vec));
        }
        searches.push(Arc::new(Search::of(all)));
        *self.known.searches.write().unwrap_or_else(PoisonError::into_inner) = searches.into();
    }

    /// Takes out, too, what `other` knows by now, for as long as somebody holds `other`, a clone of it, or what
    /// it was joined to.
    pub fn lend(&self, other: &Scrub) {
        let mut lent = self.known.lent.write().unwrap_or_else(PoisonError::into_inner);
        for search in other.searches().iter() {
            lent.add(search);
        }
    }

    /// What it takes in memory, in bytes, about. What is lent to it is not its own.
    pub fn weight(&self) -> usize {
        let values = self.known.values.lock().unwrap_or_else(PoisonError::into_inner);
        let values: usize = values.iter().map(|value| value.len()).sum();
        values + self.searches().iter().map(|search| search.weight()).sum::<usize>()
    }

    /// Knows what these know by now, apart from what is lent to them.
    pub fn joined<'s>(parts: impl IntoIterator<Item = &'s Scrub>) -> Scrub {
        let (mut searches, mut values): (Vec<Arc<Search>>, _) = (Vec::new(), HashSet::new());
        for part in parts {
            searches.extend(part.searches().iter().cloned());
            let of_part = part.known.values.lock().unwrap_or_else(PoisonError::into_inner);
            values.extend(of_part.iter().cloned());
        }
        let (searches, values) = (RwLock::new(searches.into()), Mutex::new(values));
        Scrub { known: Arc::new(Known { searches, values, lent: RwLock::default() }) }
    }

    fn searches(&self) -> Searches {
        Arc::clone(&self.known.searches.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The text without secrets.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            // Whole forms are taken out, and those end where characters do.
            Cow::Owned(bytes) => Cow::Owned(match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            }),
        }
    }

    /// The bytes of a text, or of a part of one, without secrets.
    pub fn bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let mut found: Vec<Range<usize>> = tokens(bytes);
        for search in self.searches().iter() {
            search.find(bytes, &mut found);
        }
        self.known.lent.read().unwrap_or_else(PoisonError::into_inner).find(bytes, &mut found);
        if found.is_empty() {
            return Cow::Borrowed(bytes);
        }
        found.sort_unstable_by_key(|range| range.start);
        let mut scrubbed = Vec::with_capacity(bytes.len());
        let mut done = 0;
        for range in found {
            if range.start >= done {
                scrubbed.extend_from_slice(&bytes[done..range.start]);
                scrubbed.extend_from_slice(REDACTED.as_bytes());
            }
            done = done.max(range.end);
        }
        scrubbed.extend_from_slice(&bytes[done..]);
        Cow::Owned(scrubbed)
    }
}

impl fmt::Debug for Scrub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scrub({} forms)", self.searches().iter().map(|it| it.len()).sum::<usize>())
    }
}

/// A text without percent-encoding, as a URL means it. What is not encoded as it should be stays.
pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).filter(|_| *first == b'%');
        let byte = pair
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Where tokens stand.
fn tokens(bytes: &[u8]) -> Vec<Range<usize>> {
    let is_of_token = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = bytes.get(at..).and_then(|rest| rest.windows(4).position(is_prefix)) {
        let start = at + start;
        let length = bytes[start + 4..].iter().take_while(is_of_token).count();
        at = start + 4;
        if length >= TOKEN_LENGTH {
            at += length;
            found.push(start..at);
        }
    }
    found
}

fn is_prefix(four: &[u8]) -> bool {
    TOKEN_PREFIXES.iter().any(|prefix| prefix.as_bytes() == four)
}

#[cfg(test)]
mod tests;

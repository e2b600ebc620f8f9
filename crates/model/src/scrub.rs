//! Secrets taken out of texts by their values, wherever they stand and in whichever form, before the texts
//! leave the process. Whoever learns of a secret adds it; all clones know it from then on.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

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
    known: Arc<RwLock<Arc<Known>>>,
}

#[derive(Clone, Default)]
struct Known {
    forms: BTreeSet<Vec<u8>>,
    /// All forms at once; absent where there are none.
    search: Option<AhoCorasick>,
}

impl Scrub {
    /// Knows the shape of Sluice's own tokens and no value.
    pub fn new() -> Scrub {
        Scrub::default()
    }

    /// Takes these values out from now on. Those shorter than [`SHORTEST_SECRET`] are not looked for.
    pub fn add<S: AsRef<str>>(&self, values: impl IntoIterator<Item = S>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.forms.len();
        let mut forms = known.forms.clone();
        for value in values {
            let value = value.as_ref();
            if value.len() >= SHORTEST_SECRET {
                forms.extend(forms_of(value));
            }
        }
        if forms.len() == before {
            return;
        }
        let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&forms);
        // What cannot be looked for all at once is too much for any search: nothing is let through.
        let search = built.or_else(|_| AhoCorasick::new([""])).ok();
        *known = Arc::new(Known { forms, search });
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
        let known = Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner));
        let mut found: Vec<Range<usize>> = tokens(bytes);
        if let Some(search) = &known.search {
            found.extend(search.find_iter(bytes).map(|it| it.range()));
        }
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
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Scrub({} forms)", known.forms.len())
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

/// A value as it may stand in texts.
fn forms_of(value: &str) -> BTreeSet<Vec<u8>> {
    let json = serde_json::to_string(value).unwrap_or_default();
    let debug = format!("{value:?}");
    let mut forms = BTreeSet::from([value.as_bytes().to_vec()]);
    for quoted in [json, debug, ascii_json(value)] {
        let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
        // A text in JSON in a text in JSON.
        let again = serde_json::to_string(inner).unwrap_or_default();
        forms.insert(again.as_bytes()[1..again.len() - 1].to_vec());
        forms.insert(inner.as_bytes().to_vec());
    }
    for is_kept in [is_unreserved as fn(u8) -> bool, is_of_user] {
        forms.insert(percent(value, is_kept, "0123456789ABCDEF").into_bytes());
        forms.insert(percent(value, is_kept, "0123456789abcdef").into_bytes());
    }
    forms
        .insert(percent(value, is_unreserved, "0123456789ABCDEF").replace("%20", "+").into_bytes());
    for skipped in 0..3 {
        let mut bytes = vec![0; skipped];
        bytes.extend_from_slice(value.as_bytes());
        // Digits that hold bits of what stands before or after the value differ from text to text.
        let whole = (skipped * 8).div_ceil(6)..bytes.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            forms.insert(text.as_bytes()[whole.clone()].to_vec());
        }
    }
    forms.retain(|form| form.len() >= SHORTEST_SECRET);
    forms
}

/// JSON that keeps to ASCII, quotes included, as Python writes it.
fn ascii_json(value: &str) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut text = String::new();
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a string does not fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

fn percent(value: &str, is_kept: fn(u8) -> bool, digits: &str) -> String {
    let digits = digits.as_bytes();
    let mut text = String::new();
    for byte in value.bytes() {
        if is_kept(byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(digits[usize::from(byte >> 4)]));
            text.push(char::from(digits[usize::from(byte & 15)]));
        }
    }
    text
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// What may stand as it is before the `@` of a URL.
fn is_of_user(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,;=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "pä\"ss/w+rd\\ ?=é\n&x";

    fn scrub() -> Scrub {
        let scrub = Scrub::new();
        scrub.add([SECRET]);
        scrub
    }

    #[test]
    fn a_secret_is_found_in_every_form() {
        let scrub = scrub();
        let json = serde_json::json!({ "a": format!("x{SECRET}y") }).to_string();
        let forms = [
            format!("at {SECRET}!"),
            json.clone(),
            serde_json::json!({ "b": json }).to_string(),
            format!("{SECRET:?}"),
            format!("u={}&v=1", percent(SECRET, is_unreserved, "0123456789ABCDEF")),
            format!("u={}&v=1", percent(SECRET, is_unreserved, "0123456789abcdef")),
            format!("//a:{}@b", percent(SECRET, is_of_user, "0123456789ABCDEF")),
            ascii_json(SECRET),
        ];
        for form in forms {
            let clean = scrub.text(&form).into_owned();
            assert!(clean.contains(REDACTED), "{form}: {clean}");
            assert!(!clean.contains("ss/w") && !clean.contains("rd"), "{form}: {clean}");
        }
    }

    #[test]
    fn a_secret_is_found_in_base64_wherever_it_begins() {
        let scrub = scrub();
        for before in ["", "u", "u:", "user:", "user0:"] {
            for after in ["", "x", "xy", "xyz"] {
                let text = format!("{before}{SECRET}{after}");
                for text in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                    let clean = scrub.text(&text).into_owned();
                    let left = clean.len() - REDACTED.len();
                    // At most the neighbours, and a digit at each side that holds bits of them too.
                    assert!(clean.contains(REDACTED), "{text}");
                    assert!(left <= (before.len() + after.len()) * 4 / 3 + 4, "{text}: {clean}");
                }
            }
        }
    }

    #[test]
    fn percent_encoding_is_undone_where_it_is_sound() {
        assert_eq!(percent_decoded("a%20b%2fc%C3%A9"), "a b/cé");
        assert_eq!(percent_decoded("%zz%4%"), "%zz%4%");
    }

    #[test]
    fn ordinary_words_stay() {
        let scrub = scrub();
        scrub.add(["", "a", "sluice7"]);
        for text in ["", "sluice7 is a word", "slt_short and sls_ too", "täglich %20"] {
            assert!(matches!(scrub.text(text), Cow::Borrowed(it) if it == text), "{text}");
        }
    }

    #[test]
    fn tokens_are_known_by_their_shape() {
        let token = format!("slt_{}", "Ab-_0".repeat(10));
        let scrub = Scrub::new();
        for text in [format!("Bearer {token}"), format!("x{token},"), format!("slt_{token}")] {
            let clean = scrub.text(&text).into_owned();
            assert!(clean.contains(REDACTED) && !clean.contains("Ab-_0"), "{clean}");
        }
        let both = format!("{token} {}", token.replace("slt_", "sll_"));
        assert_eq!(scrub.text(&both), "[redacted] [redacted]");
    }

    #[test]
    fn all_clones_know_what_one_learns() {
        let scrub = Scrub::new();
        let other = scrub.clone();
        scrub.add(["first-secret", "first-secret-longer"]);
        assert_eq!(other.text("a first-secret-longer b"), "a [redacted] b");
        other.add(["second-secret"]);
        assert_eq!(scrub.text("first-secret second-secret"), "[redacted] [redacted]");
        assert!(!format!("{scrub:?}").contains("secret"));
    }
}

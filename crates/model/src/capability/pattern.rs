//! Patterns for values: alternatives, in each of which `*` stands for any text.

use std::fmt;

use super::CallValue;

/// One or more texts with stars, such as `*@ours.example|root`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Pattern {
    /// Its one form: the alternatives escaped, sorted, each once.
    shown: String,
    alternatives: Vec<Glob>,
}

/// A text with stars.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Glob {
    /// What stands before, between and behind the stars, as it is: one text where there is no star.
    texts: Vec<String>,
}

/// What has a meaning in a capability, and is written as `%` and two hexadecimal digits elsewhere.
const RESERVED: &str = "(),|*?=%";

/// What holding a value to an alternative costs beside the bytes that are looked at.
const HOLD_BYTES: usize = 16;

impl Pattern {
    /// Reads it. Fails with what is wrong.
    pub(super) fn parse(text: &str) -> Result<Pattern, &'static str> {
        let mut alternatives: Vec<Glob> =
            text.split('|').map(Glob::parse).collect::<Result<_, _>>()?;
        alternatives.sort_by_cached_key(Glob::to_string);
        alternatives.dedup();
        let shown: Vec<String> = alternatives.iter().map(Glob::to_string).collect();
        Ok(Pattern { shown: shown.join("|"), alternatives })
    }

    /// Whether a value is as one of the alternatives says: of all texts that begin so, every one as the
    /// same. `spend` is asked before bytes are looked at; where it says no the value is not.
    pub(super) fn holds(&self, value: &CallValue<'_>, spend: &dyn Fn(usize) -> bool) -> bool {
        self.alternatives.iter().any(|glob| match value {
            CallValue::Text(text) => glob.matches(text, spend),
            CallValue::Beginning(text) => glob.is_open() && glob.matches(text, spend),
        })
    }

    /// Whether each value that `other` matches is matched by `self`. Never says so where it is not so; may
    /// not see it where several alternatives cover together what none covers alone.
    pub(super) fn covers(&self, other: &Pattern) -> bool {
        let is_covered = |narrow| self.alternatives.iter().any(|wide| wide.covers(narrow));
        other.alternatives.iter().all(is_covered)
    }

    /// Its one form.
    pub(super) fn as_str(&self) -> &str {
        &self.shown
    }
}

impl Glob {
    fn parse(text: &str) -> Result<Glob, &'static str> {
        if text.is_empty() {
            return Err("a bound has an empty value");
        }
        let mut texts: Vec<String> = text.split('*').map(unescape).collect::<Result<_, _>>()?;
        // One star stands for several.
        let last = texts.len() - 1;
        let mut place = 0;
        texts.retain(|text| {
            place += 1;
            place == 1 || place > last || !text.is_empty()
        });
        Ok(Glob { texts })
    }

    /// Whether whatever follows a text that it matches is matched, too.
    fn is_open(&self) -> bool {
        self.texts.len() > 1 && self.texts.last().is_some_and(String::is_empty)
    }

    /// Each text between two stars is looked for where the one before it ended: enough for `*` alone, and
    /// linear in the value.
    fn matches(&self, value: &str, spend: &dyn Fn(usize) -> bool) -> bool {
        let (first, middle, last) = match self.texts.as_slice() {
            [] => return false,
            [only] => return spend(HOLD_BYTES + only.len()) && value == only,
            [first, middle @ .., last] => (first, middle, last),
        };
        let ends = first.len() + last.len();
        if !spend(HOLD_BYTES + ends) || value.len() < ends || !value.starts_with(first.as_str()) {
            return false;
        }
        let Some(mut rest) = value[first.len()..].strip_suffix(last.as_str()) else { return false };
        if !middle.is_empty() && !spend(rest.len()) {
            return false;
        }
        middle.iter().all(|text| match rest.find(text.as_str()) {
            Some(at) => {
                rest = &rest[at + text.len()..];
                true
            }
            None => false,
        })
    }

    fn covers(&self, narrow: &Glob) -> bool {
        // A character that only a star of the wider one can take stands for each star of the narrower.
        let is_free = |c: &char| self.texts.iter().all(|text| !text.contains(*c));
        let Some(any) = ('\u{E000}'..='\u{F8FF}').find(is_free) else { return false };
        self == narrow || self.matches(&narrow.texts.join(any.encode_utf8(&mut [0; 4])), &|_| true)
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped: Vec<String> = self.texts.iter().map(|text| escaped(text)).collect();
        f.write_str(&escaped.join("*"))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Any text as a pattern writes it that means just this.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !RESERVED.contains(char::from(byte)) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            for digit in [byte >> 4, byte & 15] {
                escaped.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    escaped
}

fn unescape(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "`%` stands before two hexadecimal digits";
    if let Some(reserved) = text.chars().find(|c| *c != '%' && RESERVED.contains(*c)) {
        return Err(match reserved {
            '=' => "`=` in a value is written `%3D`",
            _ => "( ) , | * ? in a value are written as `%` and two hexadecimal digits",
        });
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(WRONG) };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| WRONG)?);
    }
    String::from_utf8(bytes).map_err(|_| "a value is not UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).expect(text)
    }

    fn matches(held: &str, value: &str) -> bool {
        pattern(held).holds(&CallValue::Text(value.into()), &|_| true)
    }

    #[test]
    fn a_star_stands_for_any_text_and_a_bar_for_either() {
        let ours = "*@ours.example|root";
        assert!(matches(ours, "ada@ours.example") && matches(ours, "root"));
        assert!(!matches(ours, "ada@ours.example.evil") && !matches(ours, "toor"));
        assert!(matches("a*b*a", "aba") && !matches("a*b*a", "ab"));
        assert!(!matches("a*a", "a") && !matches("a*b*ba", "aba"), "each letter counts once");
        assert!(
            matches("*", "") && matches("**", "anything") && matches("\u{e9}*", "\u{e9}t\u{e9}")
        );
        assert!(matches("100%25%20sure%2A", "100% sure*"));
    }

    #[test]
    fn all_that_begins_so_is_matched_where_a_star_takes_the_rest() {
        let every = |held: &str, beginning: &str| {
            pattern(held).holds(&CallValue::Beginning(beginning.into()), &|_| true)
        };
        assert!(every("a*", "a") && every("a*", "ab") && every("*", "") && every("x|a*b*", "ab"));
        assert!(!every("ab", "ab") && !every("a*", "") && !every("ab*", "a") && !every("*b", "b"));
    }

    #[test]
    fn what_may_not_be_looked_at_does_not_match() {
        let value = CallValue::Text("ab".repeat(100).into());
        assert!(!pattern("*b*").holds(&value, &|bytes| bytes < 100));
        assert!(pattern("*b*|a*").holds(&value, &|bytes| bytes < 100));
        assert!(!pattern("a*").holds(&value, &|_| false));
    }

    #[test]
    fn what_covers_matches_all_that_is_covered() {
        let covers = |wide: &str, narrow: &str| pattern(wide).covers(&pattern(narrow));
        assert!(covers("*", "a*b|c") && covers("a|b", "b") && covers("*@o", "x@o|y@o"));
        assert!(!covers("a", "a|b") && !covers("a*", "*") && !covers("a*", "*a"));
        assert!(covers("a%2A*", "a%2Ab") && !covers("a%2A", "ab"));
        assert!(covers("a*", "ab*c*") && covers("*b*", "a*b") && !covers("*b*", "a*c"));
        assert!(!covers("*%EE%80%80*", "a*b"), "no character is set apart for the stars");
        assert!(covers("*%EE%80%80*", "a*%EE%80%80"));
    }

    #[test]
    fn each_pattern_has_one_form() {
        for (written, shown) in [("b|a|b", "a|b"), ("a**b", "a*b"), ("%61%20", "a%20")] {
            assert_eq!(pattern(written).to_string(), shown);
            assert_eq!(pattern(shown), pattern(written));
        }
        assert!(Pattern::parse("a||b").is_err() && Pattern::parse("%4").is_err());
        assert!(Pattern::parse("a=b").is_err() && Pattern::parse("%FF").is_err());
        let odd = "(a),|*?=% \n\u{e9}";
        assert!(matches(&escaped(odd), odd));
        assert_eq!(pattern("***a***b***").to_string(), "*a*b*");
    }
}

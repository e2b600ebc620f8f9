//! Patterns for values: alternatives, in each of which `*` stands for any text.

use std::fmt;

/// One or more texts with stars, such as `*@ours.example|root`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Pattern {
    /// As written, sorted, each once. Escaped, so that they can be compared and shown as they are.
    alternatives: Vec<String>,
}

/// What has a meaning in a capability, and is written as `%` and two hexadecimal digits elsewhere.
const RESERVED: &str = "(),|*?=%";

impl Pattern {
    /// Reads it. Fails with what is wrong.
    pub(super) fn parse(text: &str) -> Result<Pattern, &'static str> {
        let mut alternatives: Vec<String> =
            text.split('|').map(canonical).collect::<Result<_, _>>()?;
        alternatives.sort_unstable();
        alternatives.dedup();
        Ok(Pattern { alternatives })
    }

    /// Whether a value is as one of the alternatives says.
    pub(super) fn matches(&self, value: &str) -> bool {
        self.alternatives.iter().any(|glob| matches(glob, value))
    }

    /// Whether each value that `other` matches is matched by `self`. Never says so where it is not so; may
    /// not see it where stars stand in both.
    pub(super) fn covers(&self, other: &Pattern) -> bool {
        other.alternatives.iter().all(|narrow| {
            self.alternatives.iter().any(|wide| {
                wide == narrow || wide == "*" || {
                    !narrow.contains('*') && matches(wide, &unescaped(narrow))
                }
            })
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.alternatives.join("|"))
    }
}

/// Any text as a pattern writes it that means just this.
pub(super) fn escaped(text: &str) -> String {
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

/// One alternative in its one form: one star for several, and only what must be escaped is.
fn canonical(glob: &str) -> Result<String, &'static str> {
    if glob.is_empty() {
        return Err("a bound has an empty value");
    }
    let mut texts = glob.split('*').map(unescape);
    let mut canonical = escaped(&texts.next().unwrap_or(Ok(String::new()))?);
    for text in texts {
        if !canonical.ends_with('*') {
            canonical.push('*');
        }
        canonical.push_str(&escaped(&text?));
    }
    Ok(canonical)
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

/// The text behind an alternative without a star, which was read before.
fn unescaped(canonical: &str) -> String {
    unescape(canonical).unwrap_or_default()
}

/// Each text between two stars is looked for where the one before it ended: enough for `*` alone, and
/// linear in the value.
fn matches(glob: &str, value: &str) -> bool {
    let mut parts: Vec<String> = glob.split('*').map(unescaped).collect();
    let Some(last) = parts.pop() else { return false };
    if parts.is_empty() {
        return value == last;
    }
    let first = parts.remove(0);
    let Some(mut rest) = value.strip_prefix(first.as_str()) else { return false };
    for part in &parts {
        let Some(at) = rest.find(part.as_str()) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).expect(text)
    }

    #[test]
    fn a_star_stands_for_any_text_and_a_bar_for_either() {
        let ours = pattern("*@ours.example|root");
        assert!(ours.matches("ada@ours.example") && ours.matches("root"));
        assert!(!ours.matches("ada@ours.example.evil") && !ours.matches("toor"));
        assert!(pattern("a*b*a").matches("aba") && !pattern("a*b*a").matches("ab"));
        assert!(!pattern("a*a").matches("a"), "each letter counts once");
        assert!(pattern("*").matches("") && pattern("**").matches("anything"));
        assert!(pattern("100%25%20sure%2A").matches("100% sure*"));
    }

    #[test]
    fn what_covers_matches_all_that_is_covered() {
        let covers = |wide: &str, narrow: &str| pattern(wide).covers(&pattern(narrow));
        assert!(covers("*", "a*b|c") && covers("a|b", "b") && covers("*@o", "x@o|y@o"));
        assert!(!covers("a", "a|b") && !covers("a*", "*") && !covers("a*", "*a"));
        assert!(covers("a%2A*", "a%2Ab") && !covers("a%2A", "ab"));
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
        assert!(pattern(&escaped(odd)).matches(odd));
    }
}

//! Texts and values as literals of Python. What comes out is one token, whatever went in.

use std::fmt::Write as _;

use serde_json::Value;

/// A text as a string literal, in ASCII.
pub(super) fn string(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for c in text.chars() {
        escape(c, &mut literal, |c| c.is_ascii_graphic() || c == ' ');
    }
    literal.push('"');
    literal
}

/// A plain value as a literal; `None` for what has none, and for lists and objects.
pub(super) fn plain(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => {
            let finite = number.as_f64().is_some_and(f64::is_finite);
            return finite.then(|| number.to_string());
        }
        Value::String(text) => string(text),
        Value::Array(_) | Value::Object(_) => return None,
    })
}

/// A text of several lines as a docstring whose lines begin with `indent`.
pub(super) fn docstring(text: &str, indent: &str) -> String {
    let mut literal = String::from("\"\"\"");
    let lines: Vec<&str> = text.trim().lines().collect();
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            literal.push('\n');
        }
        if index > 0 && !line.trim().is_empty() {
            literal.push_str(indent);
        }
        for c in line.trim_end().chars() {
            escape(c, &mut literal, is_readable);
        }
    }
    if lines.len() > 1 {
        literal.push('\n');
        literal.push_str(indent);
    }
    literal.push_str("\"\"\"");
    literal
}

/// A text as the rest of one line for people; what is not readable is a space.
pub(super) fn line(text: &str, most: usize) -> String {
    let readable = |c: char| if is_readable(c) || c == '"' || c == '\\' { c } else { ' ' };
    let words: String = text.chars().map(readable).collect();
    let mut line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = line.char_indices().nth(most) {
        line.truncate(at);
        line.push('…');
    }
    line
}

/// The first sentence of a text.
pub(super) fn first_sentence(text: &str) -> &str {
    let paragraph = text.split("\n\n").next().unwrap_or(text);
    match paragraph.find(". ").or_else(|| paragraph.find(".\n")) {
        Some(at) => &paragraph[..=at],
        None => paragraph,
    }
}

/// Letters, digits and signs that stay what they are on a page: nothing that controls, breaks a line
/// or turns the direction of writing.
fn is_readable(c: char) -> bool {
    c == ' '
        || c.is_ascii_graphic()
        || (!c.is_ascii() && c.is_alphanumeric())
        || "…–—‘’“”€£°".contains(c)
}

fn escape(c: char, literal: &mut String, allowed: impl Fn(char) -> bool) {
    match c {
        '"' | '\\' => {
            literal.push('\\');
            literal.push(c);
        }
        '\n' => literal.push_str("\\n"),
        '\r' => literal.push_str("\\r"),
        '\t' => literal.push_str("\\t"),
        c if allowed(c) => literal.push(c),
        c => {
            let _ = match u32::from(c) {
                code @ ..=0xff => write!(literal, "\\x{code:02x}"),
                code @ ..=0xffff => write!(literal, "\\u{code:04x}"),
                code => write!(literal, "\\U{code:08x}"),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_text_ends_its_literal() {
        assert_eq!(
            string("a\"\"\"b\\\n\u{2028}é\u{1f600}\0"),
            r#""a\"\"\"b\\\n\u2028\xe9\U0001f600\x00""#
        );
        let doc = docstring("one\\\n\n\"\"\" two\u{202e}\r\u{c}x", "    ");
        assert_eq!(doc, "\"\"\"one\\\\\n\n    \\\"\\\"\\\" two\\u202e\\r\\x0cx\n    \"\"\"");
        assert_eq!(line("a\nimport os\u{2028}b", 40), "a import os b");
    }

    #[test]
    fn plain_values_have_literals() {
        for (value, literal) in [
            (json!(null), "None"),
            (json!(true), "True"),
            (json!(-5), "-5"),
            (json!(1.5), "1.5"),
            (json!(1e300), "1e+300"),
            (json!("x"), "\"x\""),
        ] {
            assert_eq!(plain(&value).as_deref(), Some(literal));
        }
        assert_eq!(plain(&json!([])), None);
    }

    #[test]
    fn a_sentence_ends_with_its_dot() {
        assert_eq!(first_sentence("One 1.5 thing. Two."), "One 1.5 thing.");
        assert_eq!(first_sentence("One\n\nTwo"), "One");
    }
}

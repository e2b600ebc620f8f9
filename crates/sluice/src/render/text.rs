//! Text that nobody trusts, made fit for a terminal: no character of it moves the cursor, hides
//! itself, or changes the order of others.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

/// How many marks may stand on one letter before they are shown as escapes.
const MAX_MARKS: usize = 4;

/// The text as one line. What a terminal would obey or not show becomes an escape: `\x1b`,
/// `\n`, `\u{202e}`.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 16);
    let mut marks = 0;
    for c in text.chars() {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        push_clean(&mut cleaned, c, marks <= MAX_MARKS);
    }
    Cow::Owned(cleaned)
}

/// One character of source code: a tab is four spaces, everything else as in `clean`.
pub fn clean_char(c: char) -> String {
    let mut cleaned = String::new();
    match c {
        '\t' => cleaned.push_str("    "),
        _ => push_clean(&mut cleaned, c, true),
    }
    cleaned
}

/// JSON in which every character that `clean` would escape is an escape of JSON: the same value,
/// fit for a terminal. Such characters can only stand within its strings.
pub fn clean_json(json: &str) -> String {
    let mut cleaned = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !(is_control(c) || is_deceptive(c) || is_selector(c)) {
            cleaned.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(cleaned, "\\u{unit:04x}");
            }
        }
    }
    cleaned
}

/// Columns that a clean text takes. Where terminals disagree, the larger number.
pub fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The beginning of a clean text that takes at most `room` columns, `ellipsis` included where
/// something was cut off.
pub fn cut<'t>(text: &'t str, room: usize, ellipsis: &str) -> Cow<'t, str> {
    if width(text) <= room {
        return Cow::Borrowed(text);
    }
    let ellipsis = if width(ellipsis) <= room { ellipsis } else { "" };
    let room_for_text = room - width(ellipsis);
    let mut taken = 0;
    let kept: String = text
        .chars()
        .take_while(|c| {
            taken += c.width().unwrap_or(0);
            taken <= room_for_text
        })
        .collect();
    Cow::Owned(kept + ellipsis)
}

fn push_clean(cleaned: &mut String, c: char, marks_are_few: bool) {
    // Writing to a String cannot fail.
    let _ = match c {
        '\n' => write!(cleaned, "\\n"),
        '\r' => write!(cleaned, "\\r"),
        '\t' => write!(cleaned, "\\t"),
        _ if is_control(c) => write!(cleaned, "\\x{:02x}", u32::from(c)),
        // They choose between pictures of one character and carry no text: left out.
        _ if is_selector(c) => Ok(()),
        _ if is_deceptive(c) || !marks_are_few => write!(cleaned, "\\u{{{:x}}}", u32::from(c)),
        _ => {
            cleaned.push(c);
            Ok(())
        }
    };
}

/// C0, DEL and C1.
fn is_control(c: char) -> bool {
    c.is_control()
}

/// Variation selectors.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// Characters that take no room, end a line, or turn the direction of others.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{00ad}'                 // soft hyphen
        | '\u{034f}'               // combining grapheme joiner
        | '\u{061c}'               // Arabic letter mark
        | '\u{115f}'..='\u{1160}'  // Hangul fillers
        | '\u{17b4}'..='\u{17b5}'  // Khmer vowels that are not seen
        | '\u{180b}'..='\u{180f}'  // Mongolian selectors and separator
        | '\u{200b}'..='\u{200f}'  // zero width, joiners, direction marks
        | '\u{2028}'..='\u{202e}'  // line and paragraph separators, embeddings, overrides
        | '\u{2060}'..='\u{206f}'  // word joiner, invisible operators, isolates
        | '\u{3164}'               // Hangul filler
        | '\u{feff}'               // byte order mark
        | '\u{ffa0}'               // half-width Hangul filler
        | '\u{fff9}'..='\u{fffb}'  // interlinear annotations
        | '\u{1bca0}'..='\u{1bca3}' // shorthand format controls
        | '\u{1d173}'..='\u{1d17a}' // musical format controls
        | '\u{e0000}'..='\u{e0fff}' // tags and more selectors
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        for (hostile, shown) in [
            ("\x1b[2J\x1b[31mred", "\\x1b[2J\\x1b[31mred"),
            ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
            ("\u{9b}31m", "\\x9b31m"),
            ("\u{90}dcs\u{9c}", "\\x90dcs\\x9c"),
            ("over\rwritten", "over\\rwritten"),
            ("rub\x08\x7fout", "rub\\x08\\x7fout"),
            ("two\nlines\tapart", "two\\nlines\\tapart"),
            ("nul\0", "nul\\x00"),
            ("pay \u{202e}001\u{202c}", "pay \\u{202e}001\\u{202c}"),
            ("\u{2066}isolated\u{2069}", "\\u{2066}isolated\\u{2069}"),
            ("ad\u{200b}min", "ad\\u{200b}min"),
            ("a\u{2028}b", "a\\u{2028}b"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
            ("\u{feff}bom", "\\u{feff}bom"),
        ] {
            assert_eq!(clean(hostile), shown);
        }
    }

    #[test]
    fn every_language_stays_as_it_is() {
        for honest in
            ["plain", "naïve — “quoted”", "数据 処理", "Ελληνικά", "עברית", "e\u{301}", "🦀"]
        {
            assert_eq!(clean(honest), honest);
        }
        assert_eq!(clean("⚠\u{fe0f} hot"), "⚠ hot");
    }

    #[test]
    fn marks_cannot_pile_up_over_other_lines() {
        let pile = format!("a{}b", "\u{301}".repeat(6));
        assert_eq!(clean(&pile), "a\u{301}\u{301}\u{301}\u{301}\\u{301}\\u{301}b");
    }

    #[test]
    fn json_keeps_its_value() {
        let json = serde_json::to_string("a\u{9b}b\u{202e}c\u{e0041}d\u{7f}").expect("it is text");
        let cleaned = clean_json(&json);
        assert_eq!(cleaned, r#""a\u009bb\u202ec\udb40\udc41d\u007f""#);
        let value: String = serde_json::from_str(&cleaned).expect("it is JSON");
        assert_eq!(value, "a\u{9b}b\u{202e}c\u{e0041}d\u{7f}");
    }

    #[test]
    fn cutting_counts_columns_and_never_splits_a_character() {
        assert_eq!(cut("hello", 5, "…"), "hello");
        assert_eq!(cut("hello!", 5, "…"), "hell…");
        assert_eq!(cut("数据处理", 5, "…"), "数据…");
        assert_eq!(cut("数据处理", 4, "…"), "数…");
        assert_eq!(cut("hello!", 2, "..."), "he");
        assert_eq!(cut("hello", 0, "…"), "");
    }
}

//! The forms in which a value may stand in texts: quoted, percent-encoded, in base64.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::SHORTEST_SECRET;

/// A value as it may stand in texts.
pub(super) fn forms_of(value: &str) -> BTreeSet<Vec<u8>> {
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
pub(super) fn ascii_json(value: &str) -> String {
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

pub(super) fn percent(value: &str, is_kept: fn(u8) -> bool, digits: &str) -> String {
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

pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// What may stand as it is before the `@` of a URL.
pub(super) fn is_of_user(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,;=".contains(&byte)
}

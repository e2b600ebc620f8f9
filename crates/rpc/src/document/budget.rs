//! How much of a document is kept. References make a few bytes stand in many places, so what is kept is
//! counted, not what was sent: one budget for the whole document. Texts are cut before.

use serde_json::Value;

/// Shapes, members, names that are required, errors and tags in all.
const MAX_PARTS: usize = 400_000;

/// Bytes of texts in all.
const MAX_TEXT_BYTES: usize = 8 << 20;

/// What is left of it.
pub(super) struct Budget {
    parts: usize,
    text_bytes: usize,
}

impl Budget {
    pub(super) fn whole() -> Budget {
        Budget { parts: MAX_PARTS, text_bytes: MAX_TEXT_BYTES }
    }

    /// Takes parts out of it.
    pub(super) fn parts(&mut self, parts: usize) {
        self.parts = self.parts.saturating_sub(parts);
    }

    /// Takes a text out of it, and hands it on where there is room for it; an empty one otherwise.
    pub(super) fn text(&mut self, text: String) -> String {
        let fits = text.len() <= self.text_bytes;
        self.text_bytes = self.text_bytes.saturating_sub(text.len());
        if fits { text } else { String::new() }
    }

    /// Whether nothing is left: what was read last is not whole.
    pub(super) fn is_over(&self) -> bool {
        self.parts == 0 || self.text_bytes == 0
    }
}

/// A member that is a text, cut; empty where there is none.
pub(super) fn text_of(value: &Value, name: &str, most: usize) -> String {
    value.get(name).and_then(Value::as_str).map(|text| cut(text.trim(), most)).unwrap_or_default()
}

/// At most so many characters of a text.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

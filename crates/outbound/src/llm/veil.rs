//! The key taken out of an answer while it streams, even where it is cut in two.

use sluice_model::{REDACTED, Scrub};

use crate::vault::{Secret, learn};

/// Lets pieces of a text through, and holds back an end that may be the beginning of the key.
pub(super) struct Veil {
    scrub: Scrub,
    key: Option<Secret>,
    held: String,
}

impl Veil {
    pub(super) fn over(key: Option<&Secret>) -> Veil {
        let scrub = Scrub::new();
        if let Some(key) = key {
            learn(&scrub, key);
        }
        Veil { scrub, key: key.cloned(), held: String::new() }
    }

    /// A whole text without the key.
    pub(super) fn text(&self, text: &str) -> String {
        self.scrub.text(text).into_owned()
    }

    /// The next piece, as far as it can be shown.
    pub(super) fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let clean = match &self.key {
            Some(key) => self.held.replace(key.expose(), REDACTED),
            None => return std::mem::take(&mut self.held),
        };
        let shown = clean.len() - self.beginning_at_end(&clean);
        clean[shown..].clone_into(&mut self.held);
        self.scrub.text(&clean[..shown]).into_owned()
    }

    /// What is left.
    pub(super) fn end(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        self.text(&held)
    }

    /// How many bytes at the end of the text are the beginning of the key.
    fn beginning_at_end(&self, text: &str) -> usize {
        let key = self.key.as_ref().map_or("", Secret::expose);
        let starts = key.char_indices().map(|(at, _)| at).rev();
        starts.into_iter().find(|at| text.ends_with(&key[..*at])).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_not_shown_however_it_is_cut() {
        let key = Secret::new("sk-aab-aabé-cdef".to_owned()).expect("a secret");
        let text = format!("sk- {0}sk-aa {0} {0}{0} sk-aab-aab", key.expose());
        let expected = text.replace(key.expose(), REDACTED);
        let characters: Vec<char> = text.chars().collect();
        for size in 1..characters.len() {
            let mut veil = Veil::over(Some(&key));
            let mut shown = String::new();
            for piece in characters.chunks(size) {
                shown += &veil.push(&piece.iter().collect::<String>());
            }
            shown += &veil.end();
            assert_eq!(shown, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn nothing_is_held_back_without_need() {
        let key = Secret::new("sk-aaaabbbbcccc".to_owned()).expect("a secret");
        let mut veil = Veil::over(Some(&key));
        assert_eq!(veil.push("ask"), "a");
        assert_eq!(veil.push(" me"), "sk me");
        assert_eq!(Veil::over(None).push("sk-"), "sk-");
    }
}

//! The key taken out of an answer while it streams, even where it is cut in two.

use sluice_model::{REDACTED, Scrub};
use zeroize::Zeroizing;

use crate::vault::Secret;

/// Lets pieces of a text through, and holds back an end that may be the beginning of the key. Each byte is
/// looked at once, however the text is cut.
pub(super) struct Veil {
    scrub: Scrub,
    key: Zeroizing<String>,
    /// For each beginning of the key, how many bytes at its end are a shorter one.
    shorter: Vec<usize>,
    /// How many bytes of the key are held back.
    held: usize,
}

impl Veil {
    pub(super) fn over(key: Option<&Secret>) -> Veil {
        let scrub = key.map_or_else(Scrub::new, |key| key.scrub().clone());
        // It is sent without the white space around it.
        let key = Zeroizing::new(key.map_or("", |key| key.expose().trim()).to_owned());
        let shorter = shorter(key.as_bytes());
        Veil { scrub, key, shorter, held: 0 }
    }

    /// A whole text without the key.
    pub(super) fn text(&self, text: &str) -> String {
        self.scrub.text(text).into_owned()
    }

    /// The next piece, as far as it can be shown.
    pub(super) fn push(&mut self, piece: &str) -> String {
        let key = self.key.as_bytes();
        if key.is_empty() {
            return self.text(piece);
        }
        let mut shown = Vec::with_capacity(piece.len());
        for byte in piece.bytes() {
            while self.held > 0 && key[self.held] != byte {
                let shorter = self.shorter[self.held - 1];
                shown.extend_from_slice(&key[..self.held - shorter]);
                self.held = shorter;
            }
            if key[self.held] != byte {
                shown.push(byte);
                continue;
            }
            self.held += 1;
            if self.held == key.len() {
                shown.extend_from_slice(REDACTED.as_bytes());
                self.held = 0;
            }
        }
        // What is held back is whole characters, and so is what is shown.
        self.text(&String::from_utf8_lossy(&shown))
    }

    /// What is left.
    pub(super) fn end(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        self.text(&self.key[..held])
    }
}

/// For each beginning of a text, how many bytes at its end are a shorter beginning (the table of Knuth, Morris
/// and Pratt).
fn shorter(key: &[u8]) -> Vec<usize> {
    let mut table = vec![0; key.len()];
    let mut length = 0;
    for at in 1..key.len() {
        while length > 0 && key[at] != key[length] {
            length = table[length - 1];
        }
        if key[at] == key[length] {
            length += 1;
        }
        table[at] = length;
    }
    table
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
    fn a_long_key_costs_no_more_than_a_short_one() {
        let key = Secret::new("a".repeat(60_000) + "b").expect("a secret");
        let mut veil = Veil::over(Some(&key));
        let mut shown = 0;
        for _ in 0..500_000 {
            shown += veil.push("a").len();
        }
        assert_eq!(shown, 500_000 - 60_000);
        assert_eq!(veil.push("b!"), format!("{REDACTED}!"));
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

//! Tokens, login codes and socket tickets as texts: a prefix that says what one is, 256 bits of chance,
//! and a checksum, so that a misspelt one is told apart without a look into the store. The store has
//! hashes only.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// Bytes of chance.
const CHANCE: usize = 32;

/// Bytes of the checksum, from the beginning of a SHA-256 over prefix and chance.
const CHECK: usize = 4;

/// What a secret text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretKind {
    /// Names whoever asks, until it expires or is revoked.
    Token,
    /// Buys a token, once.
    Login,
    /// Opens a socket, once.
    Socket,
}

impl SecretKind {
    const ALL: [SecretKind; 3] = [SecretKind::Token, SecretKind::Login, SecretKind::Socket];

    fn prefix(self) -> &'static str {
        match self {
            SecretKind::Token => "slt_",
            SecretKind::Login => "sll_",
            SecretKind::Socket => "sls_",
        }
    }
}

/// A secret text.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret {
    kind: SecretKind,
    text: String,
}

impl Secret {
    /// A fresh one.
    pub(crate) fn fresh(kind: SecretKind) -> Secret {
        let chance = sluice_executor::random::<CHANCE>();
        let mut bytes = chance.to_vec();
        bytes.extend(checksum(kind, &chance));
        Secret { kind, text: format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes)) }
    }

    /// Reads one that somebody sent; none where it is misspelt.
    pub(crate) fn parse(text: &str) -> Option<Secret> {
        let kind = SecretKind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
        let bytes = URL_SAFE_NO_PAD.decode(&text[kind.prefix().len()..]).ok()?;
        let (chance, check) = bytes.split_at_checked(CHANCE)?;
        (check == checksum(kind, chance)).then(|| Secret { kind, text: text.to_owned() })
    }

    /// What it is for.
    pub(crate) fn kind(&self) -> SecretKind {
        self.kind
    }

    /// What the store knows it by. 256 bits of chance need no salt and no slow hash.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.text.as_bytes()).into()
    }

    /// The text, for the one answer that holds it.
    pub(crate) fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}...", self.kind.prefix())
    }
}

fn checksum(kind: SecretKind, chance: &[u8]) -> [u8; CHECK] {
    let mut hash = Sha256::new();
    hash.update(kind.prefix());
    hash.update(chance);
    let hash: [u8; 32] = hash.finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_and_a_misspelt_one_does_not() {
        let secret = Secret::fresh(SecretKind::Token);
        assert_eq!(Secret::parse(secret.reveal()), Some(secret.clone()));
        assert_ne!(Secret::fresh(SecretKind::Token), secret);
        assert!(!format!("{secret:?}").contains(&secret.reveal()[8..]));
        let text = secret.reveal();
        for at in 4..text.len() {
            let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
            let misspelt = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            assert_eq!(Secret::parse(&misspelt), None, "{at}");
        }
        for wrong in ["", "slt_", "slt", &text[4..], &text.replace("slt_", "sls_")] {
            assert_eq!(Secret::parse(wrong), None, "{wrong}");
        }
    }
}

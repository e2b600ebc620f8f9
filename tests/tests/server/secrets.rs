//! Texts that are well-formed secrets, and that nobody was given.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// One with that prefix; another one for each number.
pub(crate) fn made_up(prefix: &str, number: u32) -> String {
    let mut bytes = vec![7; 28];
    bytes.extend(number.to_be_bytes());
    let check = Sha256::new().chain_update(prefix).chain_update(&bytes).finalize();
    bytes.extend(&check[..4]);
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// What the store knows it by.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

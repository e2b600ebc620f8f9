//! SHA-256 and hexadecimal digits.

use sha2::{Digest as _, Sha256};

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect()
}

/// The seed that a try of a run begins with. `hex` is the run's own; each later try, counted from 0,
/// has one of its own that follows from it, since the same chance would bring the same failure.
pub(crate) fn seed_of_try(seed: &str, retries: u32) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if seed.len() != 64 || !seed.is_ascii() {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&seed[2 * place..2 * place + 2], 16).ok()?;
    }
    for retry in 0..retries {
        bytes =
            Sha256::new().chain_update(bytes).chain_update(retry.to_le_bytes()).finalize().into();
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_try_has_a_seed_of_its_own() {
        let seed = hex(&[7; 32]);
        assert_eq!(seed_of_try(&seed, 0), Some([7; 32]));
        assert_ne!(seed_of_try(&seed, 1), seed_of_try(&seed, 2));
        assert_eq!(seed_of_try("07", 0), None);
        assert_eq!(seed_of_try(&"x".repeat(64), 0), None);
    }
}

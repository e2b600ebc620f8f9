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

/// A run's seed from its 64 hexadecimal digits; none where they are anything else.
pub fn seed_of_hex(digits: &str) -> Option<[u8; 32]> {
    let mut seed = [0; 32];
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in seed.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(seed)
}

/// The seed that a try of a run begins with. `seed` is the run's own, in hex; each later try, counted from
/// 0, has one of its own that follows from it, since the same chance would bring the same failure.
pub(crate) fn seed_of_try(seed: &str, retries: u32) -> Option<[u8; 32]> {
    let mut bytes = seed_of_hex(seed)?;
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
    }

    #[test]
    fn a_seed_is_all_of_its_digits() {
        assert_eq!(seed_of_hex(&"0a".repeat(32)), Some([10; 32]));
        for wrong in ["", "0a", &"zz".repeat(32), &"+a".repeat(32), &"é".repeat(32)] {
            assert_eq!(seed_of_hex(wrong), None, "{wrong}");
        }
    }
}

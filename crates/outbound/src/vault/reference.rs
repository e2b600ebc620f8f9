//! References: what flows hold in the place of values. They tell nothing of the value, and are worth
//! nothing outside their run.

use std::fmt;
use std::ops::Range;

use super::master::hex;

/// How every reference begins.
pub const REFERENCE_PREFIX: &str = "slr_";

/// Hex digits after the prefix.
const DIGITS: usize = 32;

/// Stands for a secret in one run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(String);

impl Reference {
    pub(super) fn of(digest: &[u8; 32]) -> Reference {
        Reference(format!("{REFERENCE_PREFIX}{}", hex(&digest[..DIGITS / 2])))
    }

    /// The text that a flow holds.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the first reference stands, from here on.
pub(super) fn find(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let prefix = REFERENCE_PREFIX.as_bytes();
    let length = prefix.len() + DIGITS;
    let rest = bytes.get(from..)?;
    let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    let is_reference =
        |it: &[u8]| it.starts_with(prefix) && it[prefix.len()..].iter().all(is_digit);
    let start = from + rest.windows(length).position(is_reference)?;
    Some(start..start + length)
}

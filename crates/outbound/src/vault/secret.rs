//! A value in the clear, for as short a time as possible.

use std::fmt;

use sluice_model::SHORTEST_SECRET;
use zeroize::Zeroizing;

use super::failure::VaultError;

/// The longest value, in bytes.
pub const MAX_SECRET_BYTES: usize = 64 << 10;

/// A value that nothing prints, and that is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A value of a length that can be kept, and found again in what comes back.
    pub fn new(value: String) -> Result<Secret, VaultError> {
        let value = Zeroizing::new(value);
        if value.trim().len() < SHORTEST_SECRET || value.len() > MAX_SECRET_BYTES {
            return Err(VaultError::Length { least: SHORTEST_SECRET, most: MAX_SECRET_BYTES });
        }
        Ok(Secret(value))
    }

    /// The value. Whoever takes it keeps it from logs and answers.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

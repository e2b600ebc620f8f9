//! A value in the clear, for as short a time as possible.

use std::fmt;
use std::sync::{Arc, OnceLock};

use sluice_model::{SHORTEST_SECRET, Scrub};
use zeroize::Zeroizing;

use super::echo::learn;
use super::failure::VaultError;

/// The longest value, in bytes.
pub const MAX_SECRET_BYTES: usize = 64 << 10;

/// A value that nothing prints, and that is wiped when its last clone is dropped.
#[derive(Clone)]
pub struct Secret(Arc<Known>);

struct Known {
    value: Zeroizing<String>,
    /// Made where it is needed first: it takes far longer than a look at one text.
    scrub: OnceLock<Scrub>,
}

impl Secret {
    /// A value of a length that can be kept, and found again in what comes back.
    pub fn new(value: String) -> Result<Secret, VaultError> {
        let value = Zeroizing::new(value);
        if value.trim().len() < SHORTEST_SECRET || value.len() > MAX_SECRET_BYTES {
            return Err(VaultError::Length { least: SHORTEST_SECRET, most: MAX_SECRET_BYTES });
        }
        Ok(Secret(Arc::new(Known { value, scrub: OnceLock::new() })))
    }

    /// The value. Whoever takes it keeps it from logs and answers.
    pub fn expose(&self) -> &str {
        &self.0.value
    }

    /// What it takes in memory by now, in bytes, about.
    pub fn weight(&self) -> usize {
        self.expose().len() + self.0.scrub.get().map_or(0, Scrub::weight)
    }

    /// What takes this value out of texts, and no other. It is made once for all clones.
    pub fn scrub(&self) -> &Scrub {
        self.0.scrub.get_or_init(|| {
            let scrub = Scrub::new();
            learn(&scrub, self);
            scrub
        })
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

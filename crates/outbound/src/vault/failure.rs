//! What can be wrong with keys and sealed texts. No text holds any of them.

use std::io;
use std::path::PathBuf;

/// A key or a secret that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The file of the master key cannot be read or made.
    #[error("the master key in {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others than its owner may read the master key.
    #[error("{} may be read by others (mode {mode:o}): run chmod 600 on it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The file holds no key.
    #[error("{} holds no key: 32 bytes in hex or base64 are expected", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// It is sealed under a master key that this process does not have.
    #[error("sealed under the master key {id}, which is not here: add it to the older ones")]
    UnknownMaster {
        /// The name of that key: a digest of it.
        id: String,
    },
    /// It is not what was sealed, or was sealed for another tenant, name or version.
    #[error("{what} is damaged, or is not of this tenant, name and version")]
    Damaged {
        /// What.
        what: &'static str,
    },
    /// A value that is too short or too long to be kept.
    #[error("a secret has {least} to {most} bytes")]
    Length {
        /// The least: shorter ones could not be found again in what comes back.
        least: usize,
        /// The most.
        most: usize,
    },
}

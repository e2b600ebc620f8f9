//! What the image is made of: the compiled interpreter, the standard library, the SDK, the
//! interfaces. All of it is in this crate's own bytes.

use sha2::{Digest, Sha256};

use super::archive::Archive;
use super::component::WIT;
use crate::{SandboxError, engine};

const INTERPRETER: &[u8] =
    include_bytes!("../../../../python-runtime/cpython/artifact/python-3.13.15.wasm.zst");

const STANDARD_LIBRARY: &[u8] =
    include_bytes!("../../../../python-runtime/cpython/artifact/stdlib-3.13.15.tar.zst");

/// Path under `/sdk`, content.
const SDK_FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/sdk_files.rs"));

/// The interpreter as a core module, before its boot.
pub(super) fn interpreter() -> Result<Vec<u8>, SandboxError> {
    zstd::decode_all(INTERPRETER).map_err(SandboxError::build("unpack the interpreter"))
}

/// All files that it sees while it boots.
pub(super) fn files() -> Result<Archive, SandboxError> {
    let mut archive = Archive::default();
    archive
        .add_tar_zst("lib", STANDARD_LIBRARY)
        .map_err(SandboxError::build("unpack the standard library"))?;
    for (path, content) in SDK_FILES {
        archive.add_file(&format!("sdk/{path}"), content);
    }
    Ok(archive)
}

/// Hex digest of everything above, the hash seed, and how it is all compiled.
pub(super) fn digest(hash_seed: u32) -> String {
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    part(INTERPRETER);
    part(STANDARD_LIBRARY);
    for (path, content) in SDK_FILES {
        part(path.as_bytes());
        part(content);
    }
    for text in WIT {
        part(text.as_bytes());
    }
    part(engine::SETTINGS_VERSION.as_bytes());
    part(&hash_seed.to_le_bytes());
    let digest = hash.finalize();
    let half = digest.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes));
    format!("{half:032x}")
}

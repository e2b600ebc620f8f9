//! The master key: the one secret that whoever runs the process keeps apart from the store, in a file
//! that only its owner may read. Older ones open what was sealed before a rotation.

use std::fmt::{self, Write as _};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::crypt::{self, KeyBytes};
use super::failure::VaultError;

/// The longest file that may hold a key.
const MAX_FILE_BYTES: u64 = 1 << 10;

/// Seals the data keys of tenants.
#[derive(Clone)]
pub struct MasterKey {
    bytes: KeyBytes,
    id: String,
}

/// The master key that seals, and those that only open.
#[derive(Clone, Debug)]
pub struct MasterKeys {
    current: MasterKey,
    older: Vec<MasterKey>,
}

impl MasterKey {
    /// A key that nobody has.
    pub fn random() -> MasterKey {
        MasterKey::of(crypt::random_key())
    }

    /// The key in a file: 32 bytes in hex or base64. Refused where others than the owner may read it.
    pub fn from_file(path: &Path) -> Result<MasterKey, VaultError> {
        let file = File::open(path).map_err(|source| file_error(path, source))?;
        let metadata = file.metadata().map_err(|source| file_error(path, source))?;
        if metadata.mode() & 0o077 != 0 {
            return Err(VaultError::Exposed {
                path: path.to_owned(),
                mode: metadata.mode() & 0o7777,
            });
        }
        let mut text = Zeroizing::new(String::new());
        let read = file.take(MAX_FILE_BYTES).read_to_string(&mut text);
        read.map_err(|source| file_error(path, source))?;
        let bytes = key_of(text.trim());
        bytes.map(MasterKey::of).ok_or_else(|| VaultError::NoKey { path: path.to_owned() })
    }

    /// The key in a file. Where there is none, it is made with a new key, for its owner alone. Processes
    /// that do so at the same time get the same key.
    pub fn from_file_or_new(path: &Path) -> Result<MasterKey, VaultError> {
        match MasterKey::from_file(path) {
            Err(VaultError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                let made = make(path);
                made.map_err(|source| file_error(path, source))?;
                MasterKey::from_file(path)
            }
            found => found,
        }
    }

    /// The key's name: a digest, which tells nothing of it.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn bytes(&self) -> &KeyBytes {
        &self.bytes
    }

    fn of(bytes: KeyBytes) -> MasterKey {
        let digest = crypt::authenticated(&bytes, &[b"sluice: name of a master key"]);
        let id = hex(&digest[..8]);
        MasterKey { bytes, id }
    }
}

impl MasterKeys {
    /// With a key that seals, and older ones that open what they have sealed.
    pub fn new(current: MasterKey, older: Vec<MasterKey>) -> MasterKeys {
        MasterKeys { current, older }
    }

    /// The key that seals.
    pub fn current(&self) -> &MasterKey {
        &self.current
    }

    pub(super) fn by_id(&self, id: &str) -> Option<&MasterKey> {
        std::iter::once(&self.current).chain(&self.older).find(|key| key.id == id)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// Bytes as hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Makes the file whole or not at all; somebody else's stays.
fn make(path: &Path) -> io::Result<()> {
    let new = beside(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let text = Zeroizing::new(hex(&crypt::random_key()[..]) + "\n");
    let linked = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| {
        match fs::hard_link(&new, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        }
    });
    fs::remove_file(&new)?;
    linked?;
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", hex(&crypt::random::<8>())));
    path.with_file_name(name)
}

fn key_of(text: &str) -> Option<KeyBytes> {
    let is_hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bytes = if is_hex {
        let pairs = (0..32).map(|at| u8::from_str_radix(&text[at * 2..at * 2 + 2], 16));
        pairs.collect::<Result<Vec<u8>, _>>().ok()?
    } else {
        let bare = text.trim_end_matches('=');
        STANDARD_NO_PAD.decode(bare).or_else(|_| URL_SAFE_NO_PAD.decode(bare)).ok()?
    };
    let bytes = Zeroizing::new(bytes);
    Some(Zeroizing::new(<[u8; 32]>::try_from(&bytes[..]).ok()?))
}

fn file_error(path: &Path, source: io::Error) -> VaultError {
    VaultError::File { path: path.to_owned(), source }
}

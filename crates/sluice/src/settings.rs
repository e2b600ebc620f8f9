//! What the environment says: where the cache and the store are, and the hash seed of the runtime
//! image.

use std::path::PathBuf;

use anyhow::Context as _;
use etcetera::BaseStrategy as _;

use crate::exit::Usage;

/// The variable that names the cache directory.
pub const CACHE_DIR: &str = "SLUICE_CACHE_DIR";
/// The variable that names the store.
pub const STORE: &str = "SLUICE_STORE";
/// The variable that names addresses which are not public and may be reached.
pub const REACH: &str = "SLUICE_REACH";
/// The variable that names the file of the master key.
pub const MASTER_KEY_FILE: &str = "SLUICE_MASTER_KEY_FILE";
/// The variable that names the files of master keys that only open.
pub const OLDER_MASTER_KEY_FILES: &str = "SLUICE_OLDER_MASTER_KEY_FILES";
/// The variable that names the directory of the sockets of services.
const PATH_SOCKET: &str = "PATH_SOCKET";
/// The variable that holds the hash seed.
pub const HASH_SEED: &str = "SLUICE_HASH_SEED";

/// Who works here, by the environment.
pub fn person() -> Option<String> {
    let named = |name| std::env::var(name).ok().filter(|person| !person.is_empty());
    ["USER", "LOGNAME"].into_iter().find_map(named)
}

/// `$SLUICE_CACHE_DIR`, else `sluice` in the user's cache directory (`$XDG_CACHE_HOME` or
/// `~/.cache`).
pub fn cache_dir() -> anyhow::Result<PathBuf> {
    if let Some(dir) = std::env::var_os(CACHE_DIR).filter(|dir| !dir.is_empty()) {
        return std::path::absolute(&dir)
            .with_context(|| format!("{CACHE_DIR} holds no path: {}", dir.display()));
    }
    let base = etcetera::choose_base_strategy()
        .context("cannot tell where your home directory is; set SLUICE_CACHE_DIR")?;
    Ok(base.cache_dir().join("sluice"))
}

/// What `--store` says, else `$SLUICE_STORE`, else `sluice/store.db` in the user's data directory
/// (`$XDG_DATA_HOME` or `~/.local/share`).
pub fn store_url(option: Option<&str>) -> anyhow::Result<String> {
    if let Some(url) = option.map(str::to_owned).or_else(|| std::env::var(STORE).ok())
        && !url.is_empty()
    {
        return Ok(url);
    }
    let base = etcetera::choose_base_strategy()
        .context("cannot tell where your home directory is; set SLUICE_STORE")?;
    let path = base.data_dir().join("sluice").join("store.db");
    let text = path.to_str().map(str::to_owned);
    Ok(text.ok_or_else(|| {
        Usage::new(format!("your data directory is no text: {}", path.display()))
            .hint(format!("name the store with --store or {STORE}"))
    })?)
}

/// What `$SLUICE_REACH` holds, between commas.
pub fn reach() -> Vec<String> {
    listed(REACH)
}

/// `$SLUICE_MASTER_KEY_FILE`, else `sluice/master.key` in the user's data directory.
pub fn master_key_file() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os(MASTER_KEY_FILE).filter(|path| !path.is_empty()) {
        return Ok(PathBuf::from(path));
    }
    let base = etcetera::choose_base_strategy()
        .context("cannot tell where your home directory is; set SLUICE_MASTER_KEY_FILE")?;
    Ok(base.data_dir().join("sluice").join("master.key"))
}

/// What `$SLUICE_OLDER_MASTER_KEY_FILES` names, between commas.
pub fn older_master_key_files() -> Vec<PathBuf> {
    listed(OLDER_MASTER_KEY_FILES).into_iter().map(PathBuf::from).collect()
}

/// Where services have their sockets.
pub fn sockets_directory() -> Option<PathBuf> {
    let home = etcetera::home_dir().ok();
    sluice_executor::sockets_directory(std::env::var(PATH_SOCKET).ok().as_deref(), home.as_deref())
}

/// The address of a service's socket there.
pub fn socket_of(service: &str) -> Option<String> {
    let path = sockets_directory()?.join(service).join("rpc.sock");
    let path = std::path::absolute(path).ok()?;
    Some(format!("unix:{}", path.to_str()?))
}

fn listed(variable: &str) -> Vec<String> {
    let text = std::env::var(variable).unwrap_or_default();
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// `$SLUICE_HASH_SEED`, else 0. Python's hashes of strings follow from it, so a deployment that
/// runs the flows of strangers sets one of its own and keeps it secret.
pub fn hash_seed() -> anyhow::Result<u32> {
    match std::env::var(HASH_SEED) {
        Err(std::env::VarError::NotPresent) => Ok(0),
        Ok(text) if text.is_empty() => Ok(0),
        Ok(text) => parse_hash_seed(&text),
        Err(std::env::VarError::NotUnicode(text)) => parse_hash_seed(&text.to_string_lossy()),
    }
}

fn parse_hash_seed(text: &str) -> anyhow::Result<u32> {
    Ok(text.parse().map_err(|_| {
        Usage::new(format!("{HASH_SEED} is `{text}`"))
            .hint(format!("set it to a whole number from 0 to {}", u32::MAX))
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_seed_is_a_number_of_32_bits() {
        assert_eq!(parse_hash_seed("4294967295").expect("it is the largest"), u32::MAX);
        for wrong in ["4294967296", "-1", "random", "1.0"] {
            let error = parse_hash_seed(wrong).expect_err(wrong);
            assert!(error.downcast_ref::<Usage>().is_some(), "{wrong}");
        }
    }
}

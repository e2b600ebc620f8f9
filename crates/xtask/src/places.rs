//! Where things are: the repository, and the cache that `sluice` uses too.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// A path of this repository, given from its root.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// `$SLUICE_CACHE_DIR`, else `sluice` in `$XDG_CACHE_HOME` or `~/.cache`.
pub(crate) fn cache_dir() -> anyhow::Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("SLUICE_CACHE_DIR")
        .or_else(|| Some(set("XDG_CACHE_HOME")?.join("sluice")))
        .or_else(|| Some(env::home_dir()?.join(".cache/sluice")))
        .context("cannot tell where your home directory is: set SLUICE_CACHE_DIR")
}

//! What `sluice login` keeps: the last server that this user logged in to, and the token for it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use anyhow::Context as _;
use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};

use super::TOKEN;
use crate::exit::Usage;

/// What `sluice login` keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Login {
    /// The server.
    pub server: String,
    /// The token.
    pub token: String,
}

fn login_file() -> anyhow::Result<PathBuf> {
    let base = etcetera::choose_base_strategy()
        .with_context(|| format!("cannot tell where your home directory is; set {TOKEN}"))?;
    Ok(base.config_dir().join("sluice").join("login.json"))
}

/// The last login; none where there was none.
pub(super) fn read_login() -> anyhow::Result<Option<Login>> {
    let path = login_file()?;
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(serde_json::from_str(&text).map_err(|error| {
            Usage::new(format!("{} is no login: {error}", path.display()))
                .hint("remove it, and log in again with `sluice login URL`")
        })?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Keeps a login, for this user's eyes only. Returns where.
pub fn keep_login(login: &Login) -> anyhow::Result<PathBuf> {
    let path = login_file()?;
    let cannot = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).with_context(cannot)?;
    }
    // Written beside it first, so that a login is never half there.
    let draft = path.with_extension("draft");
    let _ = fs::remove_file(&draft);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)
        .with_context(cannot)?;
    file.write_all(serde_json::to_string_pretty(login)?.as_bytes()).with_context(cannot)?;
    fs::rename(&draft, &path).with_context(cannot)?;
    Ok(path)
}

//! What runs of this machine may reach outside of it, by its environment: addresses that are not public, and
//! the key that opens secrets.

use anyhow::Context as _;
use sluice_db::{KeepError, Store};
use sluice_executor::{Guard, MasterKey, MasterKeys, Outside, Vault};
use sluice_model::Scrub;

use super::cannot_open;
use crate::exit::Usage;
use crate::settings;

/// Whether a master key is made where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// It is: secrets may be set.
    Made,
    /// It is not: secrets that are there may be used.
    Found,
}

/// The performers of calls that leave this machine.
pub fn outside(store: &Store, scrub: Scrub, keys: Keys) -> anyhow::Result<Outside> {
    let mut reach = Vec::new();
    for text in settings::reach() {
        let one = text.parse().map_err(|error| {
            Usage::new(format!("{} holds `{text}`: {error}", settings::REACH))
                .hint("write it as in 127.0.0.1:8080,10.0.0.0/8:443")
        })?;
        reach.push(one);
    }
    let vault = open_vault(keys)?;
    Ok(Outside::new(store.clone(), Guard { reach }, vault, scrub))
}

/// Seals the keys of all tenants under the current master key, which is made where there is none. How many were under another, and how many there
/// are.
pub async fn reseal_keys(url: &str) -> anyhow::Result<(usize, usize)> {
    let store = Store::open(url).await.map_err(cannot_open)?;
    let Some(vault) = open_vault(Keys::Made)? else { anyhow::bail!("there is no master key") };
    let (mut sealed, mut all) = (0, 0);
    for row in store.admin().tenants().await? {
        let tenant = store.tenant(&row.id);
        match vault.reseal(&tenant).await {
            Ok(None) => {}
            Ok(Some(is_anew)) => {
                all += 1;
                sealed += usize::from(is_anew);
            }
            Err(KeepError::Refused(failure)) => {
                return Err(Usage::new(format!("the key of `{}`: {}", row.id, failure.message))
                    .hint(format!(
                        "{} names the files of older ones",
                        settings::OLDER_MASTER_KEY_FILES
                    ))
                    .into());
            }
            Err(KeepError::Db(error)) => return Err(error.into()),
        }
    }
    Ok((sealed, all))
}

/// What opens and seals secrets; none where there is no key, and none is made.
pub(super) fn open_vault(keys: Keys) -> anyhow::Result<Option<Vault>> {
    let path = settings::master_key_file()?;
    if keys == Keys::Found && !path.exists() {
        return Ok(None);
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .with_context(|| format!("cannot make the directory {}", parent.display()))?;
    }
    let wrong = |error: sluice_executor::VaultError| {
        Usage::new(error.to_string()).hint(format!("{} names the file", settings::MASTER_KEY_FILE))
    };
    let current = MasterKey::from_file_or_new(&path).map_err(wrong)?;
    let mut older = Vec::new();
    for path in settings::older_master_key_files() {
        older.push(MasterKey::from_file(&path).map_err(wrong)?);
    }
    Ok(Some(Vault::new(MasterKeys::new(current, older))))
}

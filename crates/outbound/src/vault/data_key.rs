//! A tenant's own key, kept sealed under the master key, and the values that it seals.

use std::fmt;

use serde::{Deserialize, Serialize};
use sluice_model::TenantId;
use zeroize::Zeroizing;

use super::crypt::{self, KeyBytes};
use super::failure::VaultError;
use super::master::MasterKeys;
use super::reference::Reference;
use super::secret::Secret;

/// The form of sealed keys and values; another one would have another letter.
const KEY_FORM: &str = "k1";
const VALUE_FORM: &str = "v1";

/// Seals the values of one tenant.
#[derive(Clone)]
pub struct DataKey {
    seals: KeyBytes,
    refers: KeyBytes,
}

/// A value as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed {
    /// Letters, digits, `.`, `-` and `_`.
    pub text: String,
}

impl DataKey {
    /// A key that nobody has.
    pub fn random() -> DataKey {
        DataKey::of(crypt::random_key())
    }

    /// The key as it is kept, for this tenant.
    pub fn seal(&self, masters: &MasterKeys, tenant: &TenantId) -> Sealed {
        let master = masters.current();
        let bound = [KEY_FORM.as_bytes(), tenant.as_str().as_bytes()];
        let sealed = crypt::seal(master.bytes(), &bound, &self.seals[..]);
        Sealed { text: format!("{KEY_FORM}.{}.{sealed}", master.id()) }
    }

    /// A key that was kept for this tenant.
    pub fn open(
        sealed: &Sealed,
        masters: &MasterKeys,
        tenant: &TenantId,
    ) -> Result<DataKey, VaultError> {
        let damaged = || VaultError::Damaged { what: "a data key" };
        let (id, text) = parts(sealed).ok_or_else(damaged)?;
        let master = masters.by_id(id);
        let master = master.ok_or_else(|| VaultError::UnknownMaster { id: id.to_owned() })?;
        let bound = [KEY_FORM.as_bytes(), tenant.as_str().as_bytes()];
        let bytes = crypt::open(master.bytes(), &bound, text).ok_or_else(damaged)?;
        let bytes: [u8; 32] = bytes[..].try_into().map_err(|_| damaged())?;
        Ok(DataKey::of(Zeroizing::new(bytes)))
    }

    /// Whether a kept key is sealed under the current master key. Otherwise open and seal it again: the
    /// values under it stay as they are.
    pub fn is_current(sealed: &Sealed, masters: &MasterKeys) -> bool {
        parts(sealed).is_some_and(|(id, _)| id == masters.current().id())
    }

    /// A value as it is kept, for one version of one name of one tenant.
    pub fn seal_value(
        &self,
        tenant: &TenantId,
        name: &str,
        version: u32,
        value: &Secret,
    ) -> Sealed {
        let version = version.to_le_bytes();
        let bound = value_bound(tenant, name, &version);
        let sealed = crypt::seal(&self.seals, &bound, value.expose().as_bytes());
        Sealed { text: format!("{VALUE_FORM}.{sealed}") }
    }

    /// A value that was kept for this version of this name of this tenant.
    pub fn open_value(
        &self,
        tenant: &TenantId,
        name: &str,
        version: u32,
        sealed: &Sealed,
    ) -> Result<Secret, VaultError> {
        let damaged = || VaultError::Damaged { what: "a secret" };
        let form = sealed.text.split_once('.').filter(|(form, _)| *form == VALUE_FORM);
        let (_, text) = form.ok_or_else(damaged)?;
        let version = version.to_le_bytes();
        let bound = value_bound(tenant, name, &version);
        let bytes = crypt::open(&self.seals, &bound, text).ok_or_else(damaged)?;
        let value = std::str::from_utf8(&bytes).map_err(|_| damaged())?;
        Secret::new(value.to_owned())
    }

    /// What a run holds in the place of the value of a name: the same for each attempt and each fork, which
    /// have the run's seed, and another one in every other run.
    pub fn reference(&self, seed: &str, name: &str) -> Reference {
        let digest = crypt::authenticated(&self.refers, &[seed.as_bytes(), name.as_bytes()]);
        Reference::of(&digest)
    }

    fn of(seals: KeyBytes) -> DataKey {
        // References are seen by flows: they come from a key of their own.
        let refers = crypt::authenticated(&seals, &[b"sluice: references"]);
        DataKey { seals, refers }
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey")
    }
}

/// The master key's name and what it sealed.
fn parts(sealed: &Sealed) -> Option<(&str, &str)> {
    let mut parts = sealed.text.splitn(3, '.');
    (parts.next()? == KEY_FORM).then_some(())?;
    Some((parts.next()?, parts.next()?))
}

fn value_bound<'b>(tenant: &'b TenantId, name: &'b str, version: &'b [u8; 4]) -> [&'b [u8]; 4] {
    [VALUE_FORM.as_bytes(), tenant.as_str().as_bytes(), name.as_bytes(), version]
}

//! The secrets of tenants: sealed in the store, opened here, and nowhere else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_db::{KeepError, NewSecret, SecretRow, Tenant};
use sluice_model::{CallKind, Capability, Code, Destination, Failure, Need, Needed, TenantId};
use sluice_outbound::http::Url;
use sluice_outbound::vault::{DataKey, MasterKeys, Sealed, Secret};

use crate::fresh::now_us;

/// Where a secret may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretBounds {
    /// Hosts in small letters, with a port where it is not the usual one; `*.` before a domain stands for
    /// all below it.
    pub hosts: Vec<String>,
    /// Places in a request.
    #[serde(default = "in_headers", rename = "in")]
    pub places: Vec<SecretPlace>,
}

/// A place in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecretPlace {
    /// The value of a header.
    Header,
    /// The value of a parameter of the query.
    Query,
    /// The body.
    Body,
}

impl SecretBounds {
    /// Refuses bounds that let a secret go nowhere, or that nobody can read.
    pub fn check(&self) -> Result<(), String> {
        if self.hosts.is_empty() || self.places.is_empty() {
            return Err("name at least one host and one place that the secret may go to".to_owned());
        }
        for host in &self.hosts {
            let word = format!("http:{host}");
            let read = word.parse::<Capability>();
            if host == "*" || host.contains('/') || host.contains('(') || read.is_err() {
                return Err(format!(
                    "`{}` is no host: write it as in api.example.com, *.example.com or \
                     internal.example:8443",
                    host.chars().take(80).collect::<String>()
                ));
            }
        }
        Ok(())
    }
}

fn in_headers() -> Vec<SecretPlace> {
    vec![SecretPlace::Header]
}

/// Opens and seals secrets. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    masters: Arc<MasterKeys>,
    opened: Arc<Mutex<Opened>>,
}

/// Values by their tenants and sealed texts, which are other ones for each version.
type Opened = HashMap<(TenantId, String), Secret>;

/// The most values that are kept in mind.
const MOST_OPENED: usize = 256;

impl Vault {
    /// Under these master keys.
    pub fn new(masters: MasterKeys) -> Vault {
        Vault { masters: Arc::new(masters), opened: Arc::default() }
    }

    /// Sets a tenant's secret. The number of its new version. Refused where the name, the value or the bounds are
    /// none.
    pub async fn set(
        &self,
        tenant: &Tenant,
        name: &str,
        value: String,
        bounds: &SecretBounds,
        by: &str,
    ) -> Result<u64, KeepError> {
        let refused =
            |why: String| KeepError::Refused(Box::new(Failure::new(Code::RequestInvalid, why)));
        if !Capability::can_name(CallKind::Secret, name) {
            let why = "the name of a secret has letters, digits and . _ - /";
            return Err(refused(why.to_owned()));
        }
        bounds.check().map_err(refused)?;
        let value = Secret::new(value).map_err(|error| refused(error.to_string()))?;
        let key = self.key(tenant).await?;
        let bounds = serde_json::to_value(bounds)
            .map_err(|error| sluice_db::DbError::Corrupt(error.to_string()))?;
        let (id, of) = (tenant.id().clone(), name.to_owned());
        let seal = move |version: u64| {
            let version = u32::try_from(version).unwrap_or(u32::MAX);
            key.seal_value(&id, &of, version, &value).text
        };
        let new = NewSecret {
            name: name.to_owned(),
            bounds,
            seal: Box::new(seal),
            created_by: by.to_owned(),
            at_us: now_us(),
        };
        tenant.set_secret(new).await
    }

    /// The tenant's key, which is made where there is none.
    pub(super) async fn key(&self, tenant: &Tenant) -> Result<DataKey, KeepError> {
        let fresh = DataKey::random().seal(&self.masters, tenant.id());
        self.open_key(tenant, tenant.data_key(&fresh.text).await?)
    }

    fn open_key(&self, tenant: &Tenant, sealed: String) -> Result<DataKey, KeepError> {
        DataKey::open(&Sealed { text: sealed }, &self.masters, tenant.id()).map_err(|error| {
            tracing::error!(%error, "a tenant's key cannot be opened");
            let failure =
                Failure::new(Code::PlatformError, "the tenant's secrets cannot be opened")
                    .hint("Whoever runs this Sluice: give it the master key that sealed them.");
            KeepError::Refused(Box::new(failure))
        })
    }

    /// The value of a secret. What takes it out of texts is made once for a version.
    pub(super) fn open(
        &self,
        key: &DataKey,
        tenant: &Tenant,
        row: &SecretRow,
    ) -> Result<Secret, Box<Failure>> {
        let sealed = Sealed { text: row.sealed.clone() };
        let version = u32::try_from(row.version).unwrap_or(u32::MAX);
        // Opened each time: what is bound to another tenant, name or version must not open.
        let value = key.open_value(tenant.id(), &row.name, version, &sealed).map_err(|error| {
            tracing::error!(%error, "a secret cannot be opened");
            Box::new(Failure::new(Code::PlatformError, "a secret cannot be opened"))
        })?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= MOST_OPENED {
            opened.clear();
        }
        Ok(opened.entry((tenant.id().clone(), sealed.text)).or_insert(value).clone())
    }

    /// Seals a tenant's key under the current master key, where another one sealed it. Whether it was
    /// another one; none where the tenant has no key.
    pub async fn reseal(&self, tenant: &Tenant) -> Result<Option<bool>, KeepError> {
        let Some(before) = tenant.kept_data_key().await? else { return Ok(None) };
        if DataKey::is_current(&Sealed { text: before.clone() }, &self.masters) {
            return Ok(Some(false));
        }
        let sealed = self.open_key(tenant, before.clone())?.seal(&self.masters, tenant.id());
        // It may have been done by somebody else in the meantime.
        tenant.reseal_data_key(&before, &sealed.text).await?;
        Ok(Some(true))
    }
}

/// Whether a secret may be put into that place of a request there. `where_to` says the place in words.
pub(super) fn may_go(
    row: &SecretRow,
    place: SecretPlace,
    where_to: &str,
    url: Option<&Url>,
) -> Result<(), Box<Failure>> {
    let refused = |message: String| {
        let hint = format!(
            "`sluice secrets set {} --host HOST --in PLACE` says where it may go.",
            row.name
        );
        Err(Box::new(Failure::new(Code::SecretRefused, message).hint(hint)))
    };
    let name = &row.name;
    let Ok(bounds) = serde_json::from_value::<SecretBounds>(row.bounds.clone()) else {
        return refused(format!("where `{name}` may go cannot be read"));
    };
    if !bounds.places.contains(&place) {
        return refused(format!("`{name}` may not be put into {where_to}"));
    }
    let Some(url) = url else { return refused("the address is none".to_owned()) };
    let is_open = url.scheme() == "http";
    let none = |_: &str| None;
    let to = url.host_str().zip(url.port_or_known_default());
    let is_allowed = to.is_some_and(|(host, port)| {
        let target = Needed::Place(Destination { host, port, path: url.path() });
        let need = Need { kind: CallKind::Http, target, values: &none };
        bounds.hosts.iter().any(|host| {
            format!("http:{host}").parse::<Capability>().is_ok_and(|word| {
                // In the clear a secret goes where that port was named, and nowhere else.
                word.allows(&need) && (!is_open || host.ends_with(&format!(":{port}")))
            })
        })
    });
    if !is_allowed {
        let host = url.host_str().unwrap_or_default();
        return refused(format!("`{name}` may not go to `{host}`"));
    }
    Ok(())
}

//! The secrets of tenants: sealed in the store, opened here, and nowhere else.

use std::sync::Arc;
use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_db::{KeepError, NewSecret, SecretRow, Tenant};
use sluice_model::{
    CallKind, Capability, Code, Destination, Failure, Need, Needed, Scrub, TenantId,
};
use sluice_outbound::http::Url;
use sluice_outbound::vault::{DataKey, MasterKeys, Sealed, Secret};
use tokio::sync::OwnedSemaphorePermit;

use super::invalid;
use super::opened::Opened;
use crate::fresh::now_us;
use crate::under_way::UnderWay;

/// What the values that a tenant's calls have in use may have at most, sealed, in KiB: each takes many times that in
/// memory, with all that looks for it.
const MOST_IN_USE_KIB: u32 = 1_024;

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
    opened: Arc<Opened>,
    in_use: Arc<UnderWay>,
}

/// Values that a call has in use. As long as it holds this, they are taken out of what is logged.
pub(super) struct InUse {
    /// In the order in which they were asked for.
    pub(super) values: Vec<Secret>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Vault {
    /// Under these master keys.
    pub fn new(masters: MasterKeys) -> Vault {
        let in_use = Arc::new(UnderWay::new(MOST_IN_USE_KIB as usize));
        Vault { masters: Arc::new(masters), opened: Arc::default(), in_use }
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
        if !Capability::can_name(CallKind::Secret, name) {
            return Err(invalid("secret", "the name of a secret has letters, digits and . _ - /"));
        }
        let is_placed = !bounds.places.is_empty();
        bounds.check().map_err(|why| invalid(if is_placed { "/hosts" } else { "/in" }, &why))?;
        let value = Secret::new(value).map_err(|error| invalid("/value", &error.to_string()))?;
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
        let version = tenant.set_secret(new).await?;
        self.forget(tenant.id(), name);
        Ok(version)
    }

    /// Forgets the value of a secret that was removed.
    pub fn forget(&self, tenant: &TenantId, name: &str) {
        self.opened.forget(tenant, name);
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

    /// The values of secrets, for as long as a call has them in use; `log` takes them out for as long. Waits where
    /// the tenant's calls have too much in use.
    pub(super) async fn open(
        &self,
        key: &DataKey,
        tenant: &Tenant,
        rows: &[SecretRow],
        log: &Scrub,
    ) -> Result<InUse, Box<Failure>> {
        let bytes: usize = rows.iter().map(|row| row.sealed.len()).sum();
        let kib = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
        if kib > MOST_IN_USE_KIB {
            let message = format!("a request has secrets of at most {MOST_IN_USE_KIB} KiB in it");
            return Err(Box::new(Failure::new(Code::SecretRefused, message)));
        }
        let room = self.in_use.places(tenant.id());
        // It is never closed.
        let room = room.acquire_many_owned(kib).await.ok();
        let mut in_use = InUse { values: Vec::new(), _room: room };
        for row in rows {
            let value = Vault::open_one(key, tenant, row)?;
            let now = Instant::now();
            let value = self.opened.used(tenant.id(), &row.name, &row.sealed, value, now);
            log.lend(value.scrub());
            in_use.values.push(value);
        }
        self.opened.make_room();
        Ok(in_use)
    }

    /// Opened each time: what is bound to another tenant, name or version must not open.
    fn open_one(key: &DataKey, tenant: &Tenant, row: &SecretRow) -> Result<Secret, Box<Failure>> {
        let sealed = Sealed { text: row.sealed.clone() };
        let version = u32::try_from(row.version).unwrap_or(u32::MAX);
        key.open_value(tenant.id(), &row.name, version, &sealed).map_err(|error| {
            tracing::error!(%error, "a secret cannot be opened");
            Box::new(Failure::new(Code::PlatformError, "a secret cannot be opened"))
        })
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

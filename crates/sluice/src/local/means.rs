//! Services, secrets and models of the store of this machine.

use async_trait::async_trait;
use sluice_db::{KeepError, Store, Tenant};
use sluice_executor::{Checked, Interface, ModelEndpoint, Outside, SecretBounds, ServiceSummary};
use sluice_model::{Scrub, TenantId};

use super::outside::open_vault;
use super::{Keys, cannot_open, now_us, outside, person};
use crate::settings;
use crate::site::{KeptModel, KeptSecret, Means, Refusable};

/// What the store holds of them.
pub struct LocalMeans {
    outside: Outside,
    tenant: Tenant,
}

impl LocalMeans {
    /// Opens the store; makes it where there is none.
    pub async fn open(url: &str, scrub: Scrub) -> anyhow::Result<LocalMeans> {
        let store = Store::open(url).await.map_err(cannot_open)?;
        let tenant = store.tenant(&TenantId::local());
        let outside = outside(&store, scrub, Keys::Found)?;
        Ok(LocalMeans { outside, tenant })
    }
}

/// What was not kept, told apart by whose fault that is.
fn told_apart<T>(done: Result<T, KeepError>) -> Refusable<T> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(KeepError::Refused(failure)) => Ok(Err(failure)),
        Err(KeepError::Db(error)) => Err(error.into()),
    }
}

#[async_trait]
impl Means for LocalMeans {
    async fn services(&self) -> anyhow::Result<Vec<ServiceSummary>> {
        Ok(self.outside.services().await?)
    }

    async fn found(&self) -> anyhow::Result<Vec<(String, String)>> {
        let Some(directory) = settings::sockets_directory() else { return Ok(Vec::new()) };
        Ok(self.outside.found_in(&directory).await?)
    }

    async fn check_service(&self, name: &str, address: Option<&str>) -> Refusable<Checked> {
        told_apart(self.outside.check_service(name, address).await)
    }

    async fn remove_service(&self, name: &str) -> anyhow::Result<bool> {
        Ok(self.outside.remove_service(name).await?)
    }

    async fn interface(&self, name: &str) -> anyhow::Result<Option<Interface>> {
        Ok(self.outside.interface(name).await?)
    }

    async fn secrets(&self) -> anyhow::Result<Vec<KeptSecret>> {
        let rows = self.tenant.secrets().await?;
        let kept = rows.into_iter().map(|row| {
            Ok(KeptSecret {
                secret: row.name,
                version: row.version,
                bounds: serde_json::from_value(row.bounds)?,
                created_at_us: row.created_at_us,
                created_by: row.created_by,
            })
        });
        kept.collect()
    }

    async fn set_secret(&self, name: &str, value: &str, bounds: &SecretBounds) -> Refusable<u64> {
        // A key is made for the first secret, and by no command that only looks.
        let Some(vault) = open_vault(Keys::Made)? else { anyhow::bail!("there is no master key") };
        let by = person();
        told_apart(vault.set(&self.tenant, name, value.to_owned(), bounds, &by).await)
    }

    async fn remove_secret(&self, name: &str) -> anyhow::Result<bool> {
        Ok(self.tenant.remove_secret(name).await?)
    }

    async fn models(&self) -> anyhow::Result<Vec<KeptModel>> {
        let rows = self.tenant.models().await?;
        let kept = rows.into_iter().map(|row| {
            let endpoint = serde_json::from_value(row.endpoint)?;
            Ok(KeptModel { name: row.alias, endpoint, changed_at_us: row.changed_at_us })
        });
        kept.collect()
    }

    async fn set_model(&self, name: &str, endpoint: &ModelEndpoint) -> Refusable<()> {
        told_apart(endpoint.keep(&self.tenant, name, now_us()).await)
    }

    async fn remove_model(&self, name: &str) -> anyhow::Result<bool> {
        Ok(self.tenant.remove_model(name).await?)
    }
}

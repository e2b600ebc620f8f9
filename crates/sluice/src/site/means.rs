//! What runs work with, beside their flows: services, secrets and models.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sluice_executor::{Checked, Interface, ModelEndpoint, SecretBounds, ServiceSummary};

use super::Refusable;

/// A secret, without its value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptSecret {
    /// Its name.
    pub secret: String,
    /// The number of its current version.
    pub version: u64,
    /// Where it may go.
    pub bounds: SecretBounds,
    /// When that version was set, in microseconds since the Unix epoch.
    pub created_at_us: u64,
    /// Who set it.
    pub created_by: String,
}

/// A model by the tenant's name for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptModel {
    /// The name.
    pub name: String,
    /// Where it is and what it costs.
    pub endpoint: ModelEndpoint,
    /// When it was set, in microseconds since the Unix epoch.
    pub changed_at_us: u64,
}

/// Services, and the secrets and models of the tenant.
#[async_trait]
pub trait Means: Send + Sync {
    /// All services.
    async fn services(&self) -> anyhow::Result<Vec<ServiceSummary>>;
    /// The services with a socket on this machine that are not put in: names and addresses.
    async fn found(&self) -> anyhow::Result<Vec<(String, String)>>;
    /// Puts a service in, or reads its document anew.
    async fn check_service(&self, name: &str, address: Option<&str>) -> Refusable<Checked>;
    /// Takes a service out. False where there is none.
    async fn remove_service(&self, name: &str) -> anyhow::Result<bool>;
    /// What a service's client looks like.
    async fn interface(&self, name: &str) -> anyhow::Result<Option<Interface>>;
    /// All secrets.
    async fn secrets(&self) -> anyhow::Result<Vec<KeptSecret>>;
    /// Sets a secret. The number of its version.
    async fn set_secret(&self, name: &str, value: &str, bounds: &SecretBounds) -> Refusable<u64>;
    /// Removes a secret. False where there is none.
    async fn remove_secret(&self, name: &str) -> anyhow::Result<bool>;
    /// All models.
    async fn models(&self) -> anyhow::Result<Vec<KeptModel>>;
    /// Sets a model.
    async fn set_model(&self, name: &str, endpoint: &ModelEndpoint) -> Refusable<()>;
    /// Removes a model. False where there is none.
    async fn remove_model(&self, name: &str) -> anyhow::Result<bool>;
}

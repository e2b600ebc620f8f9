//! Services, secrets and models of a server.

use async_trait::async_trait;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sluice_executor::{Checked, Interface, ModelEndpoint, SecretBounds, ServiceSummary};

use super::Remote;
use super::refused::{found, told_apart};
use crate::site::{KeptModel, KeptSecret, Means, Refusable};

/// Things of a list that a server gives at once.
const AT_ONCE: u32 = 500;

/// What a server holds of them for whoever asks.
pub struct RemoteMeans {
    remote: Remote,
}

/// A part of a list.
#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

impl RemoteMeans {
    /// Of that server.
    pub fn new(remote: Remote) -> RemoteMeans {
        RemoteMeans { remote }
    }

    async fn all<T: DeserializeOwned>(&self, what: &str) -> anyhow::Result<Vec<T>> {
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let request = self.remote.to(Method::GET, &[what])?.query(&[("limit", AT_ONCE)]);
            let page: Page<T> = self.remote.ask(request.query(&[("after", &after)])).await?;
            items.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(items),
            }
        }
    }

    /// Removes a thing. False where there is none.
    async fn remove(&self, parts: &[&str]) -> anyhow::Result<bool> {
        let removed = self.remote.text(self.remote.to(Method::DELETE, parts)?).await;
        Ok(found(removed)?.is_some())
    }
}

#[async_trait]
impl Means for RemoteMeans {
    async fn services(&self) -> anyhow::Result<Vec<ServiceSummary>> {
        self.all("services").await
    }

    async fn found(&self) -> anyhow::Result<Vec<(String, String)>> {
        // What has a socket there, only the machine of the server knows.
        Ok(Vec::new())
    }

    async fn check_service(&self, name: &str, address: Option<&str>) -> Refusable<Checked> {
        let request = match address {
            Some(address) => self
                .remote
                .to(Method::PUT, &["services", name])?
                .json(&json!({ "address": address })),
            None => self.remote.to(Method::POST, &["services", name, "refresh"])?,
        };
        told_apart(self.remote.ask(request).await)
    }

    async fn remove_service(&self, name: &str) -> anyhow::Result<bool> {
        self.remove(&["services", name]).await
    }

    async fn interface(&self, name: &str) -> anyhow::Result<Option<Interface>> {
        found(self.remote.ask(self.remote.to(Method::GET, &["services", name])?).await)
    }

    async fn secrets(&self) -> anyhow::Result<Vec<KeptSecret>> {
        self.all("secrets").await
    }

    async fn set_secret(&self, name: &str, value: &str, bounds: &SecretBounds) -> Refusable<u64> {
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        let body = json!({ "value": value, "hosts": bounds.hosts, "in": bounds.places });
        let request = self.remote.to(Method::PUT, &["secrets", name])?.json(&body);
        let set: Result<Version, _> = told_apart(self.remote.ask(request).await)?;
        Ok(set.map(|set| set.version))
    }

    async fn remove_secret(&self, name: &str) -> anyhow::Result<bool> {
        self.remove(&["secrets", name]).await
    }

    async fn models(&self) -> anyhow::Result<Vec<KeptModel>> {
        self.all("models").await
    }

    async fn set_model(&self, name: &str, endpoint: &ModelEndpoint) -> Refusable<()> {
        let request = self.remote.to(Method::PUT, &["models", name])?.json(endpoint);
        let set: Result<KeptModel, _> = told_apart(self.remote.ask(request).await)?;
        Ok(set.map(|_| ()))
    }

    async fn remove_model(&self, name: &str) -> anyhow::Result<bool> {
        self.remove(&["models", name]).await
    }
}

//! Services: put in by whoever runs this Sluice, with the documents that they give of themselves.

use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_db::{DbError, KeepError, ServiceDocument, ServiceRow};
use sluice_model::{Code, Failure};
use sluice_rpc::{Address, Document, Texts, discover, document_of, drift, is_service};
use tokio::task::spawn_blocking;

use super::{Outside, invalid};
use crate::clients::Effects;
use crate::fresh::now_us;

/// How long a service may take to give its document.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A service, as lists show it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ServiceSummary {
    /// Its name.
    pub service: String,
    /// Where it is.
    pub address: String,
    /// SHA-256 of its document, in hex; absent where nobody could read that yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_digest: Option<String>,
    /// When its document was read last, in microseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_at_us: Option<u64>,
}

/// What became of looking at a service's document.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Checked {
    /// The service as it is kept now.
    #[serde(flatten)]
    pub service: ServiceSummary,
    /// How many methods it has.
    pub methods: usize,
    /// What changed since its document was read before, a line each: `+` is new, `-` gone, `~` different.
    pub drift: Vec<String>,
    /// What of the document is left out, a sentence each.
    pub left_out: Vec<String>,
}

/// Texts made of a service's document.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Interface {
    /// For models and for people who write flows: a line a method.
    pub interface: String,
    /// For editors: the client as a `.pyi` file.
    pub stub: String,
}

impl From<ServiceRow> for ServiceSummary {
    fn from(row: ServiceRow) -> ServiceSummary {
        ServiceSummary {
            service: row.name,
            address: row.address,
            document_digest: row.document_digest,
            checked_at_us: row.checked_at_us,
        }
    }
}

impl Outside {
    /// All services, by their names.
    pub async fn services(&self) -> Result<Vec<ServiceSummary>, DbError> {
        let rows = self.store.admin().services().await?;
        Ok(rows.into_iter().map(ServiceSummary::from).collect())
    }

    /// Puts a service in, or reads the document anew of one that is there: then without an address.
    pub async fn check_service(
        &self,
        name: &str,
        address: Option<&str>,
    ) -> Result<Checked, KeepError> {
        let refused = |failure: Failure| KeepError::Refused(Box::new(failure));
        if !is_service(name) {
            let why = "the name of a service is a small letter, then letters, digits, - and _";
            return Err(invalid("service", why));
        }
        let admin = self.store.admin();
        let before = admin.service(name).await?;
        let address = match (address, &before) {
            (Some(address), _) => address.to_owned(),
            (None, Some(before)) => before.address.clone(),
            (None, None) => return Err(refused(no_service(name))),
        };
        let to: Address = address
            .parse()
            .map_err(|error: sluice_rpc::InvalidAddress| invalid("/address", &error.to_string()))?;
        let (json, document) = document_of(&self.rpc, &to, TIMEOUT).await.map_err(|failure| {
            let message = format!("the service at {to}: {failure}");
            refused(Failure::new(Code::ServiceUnavailable, message).hint(
                "Start it, or look at its address; it answers `rpc.discover` or GET /openrpc.json.",
            ))
        })?;
        let known = match before.as_ref().and_then(|before| before.document_digest.as_deref()) {
            Some(digest) => admin.text(digest).await?,
            None => None,
        };
        // A large document takes long, and nobody else is to wait for it.
        let service = name.to_owned();
        let made = spawn_blocking(move || {
            let known = known.and_then(|known| Document::parse(known.as_bytes()).ok());
            let drift = known.map(|known| drift(&known, &document).to_string()).unwrap_or_default();
            let Texts { client, stub, interface } = Texts::of(&service, &document);
            let effects = Effects::of(&document).json();
            let (text, at_us) = (json.to_string(), now_us());
            let kept = ServiceDocument { document: text, client, interface, stub, effects, at_us };
            (document, drift, kept)
        });
        let (document, drift, kept) = made.await.map_err(|error| {
            tracing::error!(%error, "a service's client cannot be made");
            refused(Failure::new(Code::PlatformError, "the service's client cannot be made"))
        })?;
        admin.put_service(name, &to.to_string(), Some(kept)).await?;
        self.services.changed();
        let row = admin.service(name).await?.ok_or_else(|| refused(no_service(name)))?;
        Ok(Checked {
            service: row.into(),
            methods: document.methods.len(),
            drift: drift.lines().map(str::to_owned).collect(),
            left_out: document.left_out,
        })
    }

    /// Takes a service out. False where there is none of that name.
    pub async fn remove_service(&self, name: &str) -> Result<bool, DbError> {
        let is_removed = self.store.admin().remove_service(name).await?;
        self.services.changed();
        Ok(is_removed)
    }

    /// What the client of a service looks like. None where there is no such service, or no document of it.
    pub async fn interface(&self, name: &str) -> Result<Option<Interface>, DbError> {
        let admin = self.store.admin();
        let Some(row) = admin.service(name).await? else { return Ok(None) };
        let Some((interface, stub)) = row.interface_digest.zip(row.stub_digest) else {
            return Ok(None);
        };
        let texts = (admin.text(&interface).await?, admin.text(&stub).await?);
        let (Some(interface), Some(stub)) = texts else { return Ok(None) };
        Ok(Some(Interface { interface: interface.to_string(), stub: stub.to_string() }))
    }

    /// The services with a socket in a directory that are not put in: their names and addresses.
    pub async fn found_in(&self, directory: &Path) -> Result<Vec<(String, String)>, DbError> {
        let known = self.store.admin().services().await?;
        let found = discover(directory).unwrap_or_default();
        let is_new = |name: &str| known.iter().all(|service| service.name != name);
        let found = found.into_iter().filter(|found| is_new(&found.name));
        Ok(found.map(|found| (found.name, found.address.to_string())).collect())
    }
}

fn no_service(name: &str) -> Failure {
    Failure::new(Code::NotFound, format!("there is no service `{name}`"))
        .hint("`sluice services ls` lists the services; `sluice services add` puts one in.")
}

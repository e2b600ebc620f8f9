//! Services that flows may be let at, their documents, and the clients made of them: those of whoever runs
//! the store, the same for all tenants.

use std::sync::Arc;

use serde_json::Value;

use crate::engine::{Row, args, composed};
use crate::record::{sha256, to_json};
use crate::writer::{Tx, Work};
use crate::{Admin, DbError};

/// A service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRow {
    /// Its name, which is one word.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// The digest of its document; none where nobody could read that yet.
    pub document_digest: Option<String>,
    /// The digest of the client made of the document.
    pub client_digest: Option<String>,
    /// The digest of the interface made of it.
    pub interface_digest: Option<String>,
    /// The digest of the stub made of it.
    pub stub_digest: Option<String>,
    /// Which methods may be called again, and which change nothing, by its document; null where there is none.
    pub effects: Value,
    /// When its document was read last, in microseconds since the Unix epoch.
    pub checked_at_us: Option<u64>,
}

/// What is known of a service by its document.
#[derive(Clone, Debug)]
pub struct ServiceDocument {
    /// The document.
    pub document: String,
    /// The Python client made of it.
    pub client: String,
    /// What people and models read of it.
    pub interface: String,
    /// The client as editors read it.
    pub stub: String,
    /// Which methods may be called again, and which change nothing.
    pub effects: Value,
    /// When it was read, in microseconds since the Unix epoch.
    pub at_us: u64,
}

const ROW: &str = "SELECT name, address, document_digest, client_digest, interface_digest, \
    stub_digest, effects, checked_at_us FROM services";

impl ServiceRow {
    fn of_row(row: &Row) -> Result<ServiceRow, DbError> {
        Ok(ServiceRow {
            name: row.text(0)?.to_owned(),
            address: row.text(1)?.to_owned(),
            document_digest: row.text_or_null(2)?.map(str::to_owned),
            client_digest: row.text_or_null(3)?.map(str::to_owned),
            interface_digest: row.text_or_null(4)?.map(str::to_owned),
            stub_digest: row.text_or_null(5)?.map(str::to_owned),
            effects: row.json_or_null(6)?.unwrap_or_default(),
            checked_at_us: row.count_or_null(7)?,
        })
    }
}

impl Admin {
    /// All services, by their names.
    pub async fn services(&self) -> Result<Vec<ServiceRow>, DbError> {
        let conn = &mut self.store().reader().await?;
        let rows = conn.rows(composed(format!("{ROW} ORDER BY name")), Vec::new()).await?;
        rows.iter().map(ServiceRow::of_row).collect()
    }

    /// A service.
    pub async fn service(&self, name: &str) -> Result<Option<ServiceRow>, DbError> {
        let conn = &mut self.store().reader().await?;
        let row = conn.row(composed(format!("{ROW} WHERE name = $1")), args![name]).await?;
        row.as_ref().map(ServiceRow::of_row).transpose()
    }

    /// Puts a service in, or in the place of the one of that name. Without a document it keeps the one
    /// that it had.
    pub async fn put_service(
        &self,
        name: &str,
        address: &str,
        document: Option<ServiceDocument>,
    ) -> Result<(), DbError> {
        let put = PutService { name: name.into(), address: address.into(), document };
        self.store().write(put).await
    }

    /// Takes a service out. False where there is none of that name. Runs that are pinned to its client
    /// keep that.
    pub async fn remove_service(&self, name: &str) -> Result<bool, DbError> {
        self.store().write(RemoveService { name: name.into() }).await
    }

    /// A document or a client, by its digest.
    pub async fn text(&self, digest: &str) -> Result<Option<Arc<str>>, DbError> {
        let conn = &mut self.store().reader().await?;
        let row = conn.row("SELECT content FROM texts WHERE digest = $1", args![digest]).await?;
        row.map(|row| Ok(Arc::from(row.text(0)?))).transpose()
    }

    /// Keeps a text. Its digest.
    pub async fn keep_text(&self, content: &str) -> Result<String, DbError> {
        self.store().write(KeepText { content: content.into() }).await
    }
}

struct PutService {
    name: String,
    address: String,
    document: Option<ServiceDocument>,
}

impl Work for PutService {
    type Output = ();

    async fn run(&self, tx: &mut Tx) -> Result<(), DbError> {
        let (mut digests, mut effects, mut at_us) = ([const { None }; 4], None, None);
        if let Some(document) = &self.document {
            let ServiceDocument {
                document,
                client,
                interface,
                stub,
                effects: read,
                at_us: read_at_us,
            } = document;
            effects = Some(to_json(read)?);
            for (digest, text) in digests.iter_mut().zip([document, client, interface, stub]) {
                *digest = Some(keep(tx, text).await?);
            }
            at_us = Some(*read_at_us);
        }
        let [document, client, interface, stub] = digests;
        let sql = "INSERT INTO services (name, address, document_digest, client_digest, \
            interface_digest, stub_digest, effects, checked_at_us) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
            ON CONFLICT (name) DO UPDATE SET address = excluded.address, \
            document_digest = COALESCE(excluded.document_digest, services.document_digest), \
            client_digest = COALESCE(excluded.client_digest, services.client_digest), \
            interface_digest = COALESCE(excluded.interface_digest, services.interface_digest), \
            stub_digest = COALESCE(excluded.stub_digest, services.stub_digest), \
            effects = COALESCE(excluded.effects, services.effects), \
            checked_at_us = COALESCE(excluded.checked_at_us, services.checked_at_us)";
        let (name, address) = (self.name.as_str(), self.address.as_str());
        let args = args![name, address, document, client, interface, stub, effects, at_us];
        tx.run(sql, args).await?;
        Ok(())
    }
}

struct RemoveService {
    name: String,
}

impl Work for RemoveService {
    type Output = bool;

    async fn run(&self, tx: &mut Tx) -> Result<bool, DbError> {
        Ok(tx.run("DELETE FROM services WHERE name = $1", args![self.name.as_str()]).await? > 0)
    }
}

struct KeepText {
    content: String,
}

impl Work for KeepText {
    type Output = String;

    async fn run(&self, tx: &mut Tx) -> Result<String, DbError> {
        keep(tx, &self.content).await
    }
}

async fn keep(tx: &mut Tx, content: &str) -> Result<String, DbError> {
    let digest = sha256(content.as_bytes());
    let sql = "INSERT INTO texts (digest, content) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    tx.run(sql, args![digest.as_str(), content]).await?;
    Ok(digest)
}

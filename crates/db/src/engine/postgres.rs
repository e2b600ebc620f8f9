//! What only PostgreSQL says and needs.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, PgConnection, Pool, Postgres};

use crate::DbError;

pub(super) const BEGIN: &str = "BEGIN";
pub(super) const NUMBER: &str = "SELECT CAST(pg_backend_pid() AS BIGINT)";
pub(super) const FOR_UPDATE: &str = " FOR NO KEY UPDATE";
pub(super) const FOR_UPDATE_OF_FREE: &str = " FOR NO KEY UPDATE SKIP LOCKED";
/// The number stands for Sluice; it means nothing.
pub(super) const LOCK_FOR_UPGRADE: &str = "SELECT pg_advisory_xact_lock(7310588)";
pub(super) const WORDS: [(&str, &str); 4] = [
    ("{text}", "TEXT COLLATE \"C\""),
    ("{bytes}", "BYTEA"),
    ("{serial}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
    ("{by_key}", ""),
];

const CHANNEL: &str = "sluice";

pub(super) async fn open(url: &str, most: u32) -> Result<Pool<Postgres>, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?
        .ssl_mode(PgSslMode::Disable)
        .application_name("sluice")
        .statement_cache_capacity(256)
        .disable_statement_logging();
    PgPoolOptions::new().max_connections(most).connect_with(options).await
}

/// Told to others when the transaction commits.
pub(super) async fn tell(
    conn: &mut PgConnection,
    payloads: Vec<String>,
) -> Result<(), sqlx::Error> {
    for payload in payloads {
        let query = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(payload);
        query.execute(&mut *conn).await?;
    }
    Ok(())
}

/// A connection that hears what others tell.
pub(crate) struct Ears(PgListener);

/// What was heard.
pub(crate) enum Heard {
    /// A payload, and the number of the connection that told it.
    Payload(String, i64),
    /// Nothing for a while: the connection was lost and is there again.
    Gap,
}

impl Ears {
    pub(crate) async fn open(url: &str) -> Result<Ears, DbError> {
        let pool = open(url, 1).await?;
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(Ears(listener))
    }

    /// The next that is heard.
    pub(crate) async fn hear(&mut self) -> Result<Heard, DbError> {
        Ok(match self.0.try_recv().await? {
            Some(heard) => Heard::Payload(heard.payload().to_owned(), heard.process_id().into()),
            None => Heard::Gap,
        })
    }
}

/// What an SQLSTATE means.
pub(super) fn error(code: &str, text: String) -> DbError {
    match code {
        // Serialization failure, deadlock, lock not available.
        "40001" | "40P01" | "55P03" => DbError::Busy(text),
        // The server shuts down, or starts.
        "57P01" | "57P02" | "57P03" => DbError::Unreachable(text),
        // An I/O error of the server, damaged data, a damaged index.
        "58030" | "XX001" | "XX002" => DbError::Fatal(text),
        _ if code.starts_with("08") => DbError::Unreachable(text),
        _ => DbError::Statement(text),
    }
}

//! Brings a store to the schema that this program knows, one numbered step after the other.

use crate::DbError;
use crate::engine::{Conn, args, composed};
use crate::tenant::words;

/// The steps; the schema's number is how many were taken.
const STEPS: [&str; 3] = [
    include_str!("../migrations/0001_initial.sql"),
    include_str!("../migrations/0002_edge.sql"),
    include_str!("../migrations/0003_capabilities.sql"),
];

/// The step that gives flow versions their words.
const WITH_WORDS: i64 = 2;

/// Takes the steps that are missing, all or none of them.
pub(crate) async fn migrate(conn: &mut Conn, address: &str) -> Result<(), DbError> {
    conn.begin().await?;
    let migrated = steps(conn, address).await;
    match &migrated {
        Ok(()) => conn.script("COMMIT").await?,
        Err(_) => conn.script("ROLLBACK").await?,
    }
    migrated
}

async fn steps(conn: &mut Conn, address: &str) -> Result<(), DbError> {
    conn.lock_for_upgrade().await?;
    conn.script("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)").await?;
    let row = conn.row("SELECT version FROM schema_version", Vec::new()).await?;
    let found = row.as_ref().map(|row| row.int(0)).transpose()?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let taken = found.unwrap_or(0);
    if taken > known {
        return Err(DbError::Newer { address: address.to_owned(), found: taken, known });
    }
    if taken == known {
        return Ok(());
    }
    for step in STEPS.iter().skip(usize::try_from(taken).unwrap_or(0)) {
        let step = conn
            .words()
            .iter()
            .fold((*step).to_owned(), |step, (open, word)| step.replace(open, word));
        conn.script(composed(step)).await?;
    }
    if (1..WITH_WORDS).contains(&taken) {
        fill_words(conn).await?;
    }
    match found {
        Some(_) => conn.run("UPDATE schema_version SET version = $1", args![known]).await?,
        None => conn.run("INSERT INTO schema_version (version) VALUES ($1)", args![known]).await?,
    };
    Ok(())
}

/// Gives the flow versions of an older store the words that they are found by.
async fn fill_words(conn: &mut Conn) -> Result<(), DbError> {
    let sql = "SELECT tenant, name, version, description FROM flow_versions";
    for row in conn.rows(sql, Vec::new()).await? {
        let (tenant, name, version) = (row.text(0)?, row.text(1)?, row.int(2)?);
        let words = words(name, &row.json(3)?);
        let sql = "UPDATE flow_versions SET words = $4 \
            WHERE tenant = $1 AND name = $2 AND version = $3";
        conn.run(sql, args![tenant, name, version, words]).await?;
    }
    Ok(())
}

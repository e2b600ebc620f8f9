//! A PostgreSQL database for one test: made fresh, dropped at the end.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// A database of its own on the server that `scripts/postgres.sh` starts, or on that of
/// `SLUICE_TEST_POSTGRES_URL`. Dropped with this value.
pub struct Database {
    name: String,
}

impl Database {
    /// Makes a database. Panics with what the tools said where that does not work.
    pub fn fresh() -> Database {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let since_epoch = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        let name = format!("sluice_{}_{}_{count}", since_epoch.as_nanos(), std::process::id());
        run_sql(server(), &format!("CREATE DATABASE {name}"));
        Database { name }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        with_database(server(), &self.name)
    }

    /// Runs SQL on it, as somebody who goes around the store.
    pub fn sql(&self, sql: &str) {
        run_sql(&self.url(), sql);
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A database that is left behind hurts nobody.
        let _ = psql(server(), &drop).output();
    }
}

/// The server's URL.
fn server() -> &'static str {
    static SERVER: OnceLock<String> = OnceLock::new();
    SERVER.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres.sh");
        let output = Command::new(&script).arg("url").output().expect("the script starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} url: {said}", script.display());
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    })
}

/// The URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (url, query) =
        url.split_once('?').map_or((url, String::new()), |(url, query)| (url, format!("?{query}")));
    let (scheme, rest) = url.split_once("://").expect("a URL has a scheme");
    let place = rest.split('/').next().unwrap_or_default();
    format!("{scheme}://{place}/{name}{query}")
}

fn psql(url: &str, sql: &str) -> Command {
    let mut psql = Command::new("psql");
    psql.args(["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command", sql, url]);
    psql
}

fn run_sql(url: &str, sql: &str) {
    let output = psql(url, sql).output().expect("psql is there: apt install postgresql-client");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sql}: {said}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_another_database() {
        let named = |url| with_database(url, "new");
        assert_eq!(named("postgresql:///postgres?host=/run"), "postgresql:///new?host=/run");
        assert_eq!(named("postgres://ada:s@db:5432/old"), "postgres://ada:s@db:5432/new");
        assert_eq!(named("postgres://db"), "postgres://db/new");
    }
}

//! Fresh stores, one for each measurement: files on the disk of the build, or databases of a server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context as _;
use tempfile::TempDir;

/// Where stores are made.
pub(in crate::bench) struct Stores {
    dir: TempDir,
    /// The server; none for files.
    server: Option<String>,
    made: AtomicU32,
}

/// A store that nobody has used. It is removed when this is dropped.
pub(in crate::bench) struct Fresh {
    name: String,
    server: Option<String>,
    file: Option<PathBuf>,
    url: String,
}

impl Stores {
    pub(in crate::bench) fn new(server: Option<String>) -> anyhow::Result<Stores> {
        // Temporary files may be in memory; what was just built is on a disk.
        let program = std::env::current_exe()?;
        let beside = program.parent().context("this program is in no folder")?;
        let dir = tempfile::Builder::new().prefix("bench-durable-").tempdir_in(beside)?;
        Ok(Stores { dir, server, made: AtomicU32::new(0) })
    }

    pub(in crate::bench) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(in crate::bench) fn is_postgres(&self) -> bool {
        self.server.is_some()
    }

    /// The engine, with what it does to be durable.
    pub(in crate::bench) fn description(&self) -> String {
        let Some(server) = &self.server else {
            return "SQLite, synchronous = full".to_owned();
        };
        let setting = |name| query(server, &format!("SHOW {name}")).unwrap_or_default();
        let (version, commit) = (setting("server_version"), setting("synchronous_commit"));
        format!("PostgreSQL {version}, fsync {}, synchronous_commit {commit}", setting("fsync"))
    }

    pub(in crate::bench) fn fresh(&self) -> anyhow::Result<Fresh> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let name = format!("bench_{}_{number}", std::process::id());
        let (url, file) = match &self.server {
            None => {
                let file = self.dir.path().join(format!("{name}.db"));
                let url = file.to_str().context("the folder has no readable name")?;
                (url.to_owned(), Some(file))
            }
            Some(server) => {
                query(server, &format!("CREATE DATABASE {name}"))?;
                (with_database(server, &name)?, None)
            }
        };
        Ok(Fresh { name, server: self.server.clone(), file, url })
    }
}

impl Fresh {
    pub(in crate::bench) fn url(&self) -> &str {
        &self.url
    }

    /// Bytes that it takes on disk, with what is still in its log.
    pub(in crate::bench) fn size_bytes(&self) -> anyhow::Result<u64> {
        let Some(file) = &self.file else {
            return Ok(query(&self.url, "SELECT pg_database_size(current_database())")?.parse()?);
        };
        let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |data| data.len());
        Ok(parts(file).iter().map(length).sum())
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            for part in parts(file) {
                // Two of them are there only while somebody works.
                let _ = std::fs::remove_file(part);
            }
        }
        if let Some(server) = &self.server {
            // What is left over is named after this process.
            let _ = query(server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

fn parts(file: &Path) -> [PathBuf; 3] {
    ["db", "db-wal", "db-shm"].map(|end| file.with_extension(end))
}

/// The same URL with another database.
fn with_database(server: &str, name: &str) -> anyhow::Result<String> {
    let (address, options) = match server.split_once('?') {
        Some((address, options)) => (address, format!("?{options}")),
        None => (server, String::new()),
    };
    let (scheme, rest) = address.split_once("://").context("the store's address is no URL")?;
    let host = rest.split('/').next().unwrap_or_default();
    Ok(format!("{scheme}://{host}/{name}{options}"))
}

fn query(url: &str, query: &str) -> anyhow::Result<String> {
    let mut psql = Command::new("psql");
    let told = psql.args([url, "-qAtc", query]).output().context("psql does not start")?;
    if !told.status.success() {
        anyhow::bail!("{query}: {}", String::from_utf8_lossy(&told.stderr).trim());
    }
    Ok(String::from_utf8(told.stdout)?.trim().to_owned())
}

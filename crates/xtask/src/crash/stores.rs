//! Fresh stores, one after the other: files, or databases of the throwaway server of the tests.

use std::fmt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Context;

use crate::places;

/// Where runs are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        })
    }
}

/// The stores of one campaign.
pub(super) struct Stores {
    engine: Engine,
    dir: PathBuf,
    /// The server; empty for files.
    server: String,
    made: u32,
}

impl Stores {
    pub(super) fn new(engine: Engine, dir: PathBuf) -> anyhow::Result<Stores> {
        let server = match engine {
            Engine::Sqlite => String::new(),
            Engine::Postgres => {
                output(Command::new(places::in_repository("scripts/postgres.sh")).arg("url"))?
            }
        };
        Ok(Stores { engine, dir, server, made: 0 })
    }

    /// The URL of a store that nobody has used; the one before it is removed.
    pub(super) fn fresh(&mut self) -> anyhow::Result<String> {
        self.remove()?;
        self.made += 1;
        let name = self.name();
        match self.engine {
            Engine::Sqlite => {
                let file = self.dir.join(format!("{name}.db"));
                Ok(file
                    .to_str()
                    .context("the temporary directory has no readable name")?
                    .to_owned())
            }
            Engine::Postgres => {
                self.query(&format!("CREATE DATABASE {name}"))?;
                with_database(&self.server, &name)
            }
        }
    }

    /// Removes the last store.
    pub(super) fn remove(&self) -> anyhow::Result<()> {
        let name = self.name();
        match self.engine {
            _ if self.made == 0 => {}
            Engine::Sqlite => {
                for end in ["db", "db-wal", "db-shm"] {
                    // The latter two are there only while somebody works, or was killed.
                    let _ = std::fs::remove_file(self.dir.join(format!("{name}.{end}")));
                }
            }
            Engine::Postgres => {
                self.query(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
            }
        }
        Ok(())
    }

    fn name(&self) -> String {
        format!("crash_{}_{}", std::process::id(), self.made)
    }

    fn query(&self, query: &str) -> anyhow::Result<String> {
        output(Command::new("psql").args([&self.server, "-qAtc", query]))
    }
}

/// The same URL with another database.
fn with_database(server: &str, name: &str) -> anyhow::Result<String> {
    let (address, options) = match server.split_once('?') {
        Some((address, options)) => (address, format!("?{options}")),
        None => (server, String::new()),
    };
    let (scheme, rest) = address.split_once("://").context("the server's URL is none")?;
    let host = rest.split('/').next().unwrap_or_default();
    Ok(format!("{scheme}://{host}/{name}{options}"))
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let told = command.output().with_context(|| format!("{command:?} does not start"))?;
    if !told.status.success() {
        anyhow::bail!("{command:?}: {}", String::from_utf8_lossy(&told.stderr).trim());
    }
    Ok(String::from_utf8(told.stdout)?.trim().to_owned())
}

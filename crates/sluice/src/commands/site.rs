//! Where a command does its work, by its options: the one place that knows that there are two.

use std::sync::Arc;

use sluice_model::Description;

use super::{local_machine, open};
use crate::cli::Global;
use crate::exit::Usage;
use crate::local::{Keys, LocalMeans, LocalRecords, Only};
use crate::remote::{Remote, RemoteMachine, RemoteMeans, RemoteRecords, named};
use crate::render::Theme;
use crate::secrets::known;
use crate::settings::store_url;
use crate::site::{Machine, Means, Records, Refusable};

enum Site {
    /// The store of that address, and this machine.
    Store(String),
    /// A server.
    Server(Remote),
}

impl Site {
    /// An option goes before the environment, and there a server before a store.
    fn of(global: &Global) -> anyhow::Result<Site> {
        match (&global.store, &global.server) {
            (Some(_), Some(_)) => Err(Usage::new("is it the store or the server?")
                .hint("give --store or --server, not both")
                .into()),
            (None, server) if named(server.as_deref()).is_some() => {
                Ok(Site::Server(Remote::of(server.as_deref())?))
            }
            (store, _) => Ok(Site::Store(store_url(store.as_deref())?)),
        }
    }
}

/// Whether the command is about a server.
pub fn is_remote(global: &Global) -> anyhow::Result<bool> {
    Ok(matches!(Site::of(global)?, Site::Server(_)))
}

/// The store that the command is about, where it is about one of this machine.
pub fn store_of(global: &Global) -> anyhow::Result<String> {
    match Site::of(global)? {
        Site::Store(url) => Ok(url),
        Site::Server(_) => {
            Err(Usage::new("this is done where the store is, and not through a server")
                .hint("give --store, beside the master key")
                .into())
        }
    }
}

/// The runs, questions and flows that the command is about.
pub async fn records(global: &Global) -> anyhow::Result<Box<dyn Records>> {
    Ok(match Site::of(global)? {
        Site::Store(url) => Box::new(LocalRecords::open(&url).await?),
        Site::Server(remote) => Box::new(RemoteRecords::new(remote)),
    })
}

/// The services and secrets that the command is about.
pub async fn means(global: &Global) -> anyhow::Result<Box<dyn Means>> {
    Ok(match Site::of(global)? {
        Site::Store(url) => Box::new(LocalMeans::open(&url, known(global)).await?),
        Site::Server(remote) => Box::new(RemoteMeans::new(remote)),
    })
}

/// What runs the flows that the command is about.
pub async fn machine(global: &Global, theme: Theme) -> anyhow::Result<Box<dyn Machine>> {
    Ok(match Site::of(global)? {
        Site::Store(url) => Box::new(
            local_machine(&url, theme, Only::Its, None, (None, known(global), Keys::Found)).await?,
        ),
        Site::Server(remote) => Box::new(RemoteMachine::new(remote)),
    })
}

/// What a source holds, without a look into the store.
pub async fn load(global: &Global, theme: Theme, source: &Arc<str>) -> Refusable<Description> {
    match Site::of(global)? {
        Site::Store(_) => {
            let local = tokio::task::spawn_blocking(move || open(theme)).await??;
            let described = local.describe(source).await?;
            Ok(described.map(|described| described.description).map_err(Box::new))
        }
        Site::Server(remote) => RemoteMachine::new(remote).load(source).await,
    }
}

//! `cargo xtask bench --only durable`: what runs cost that are on disk. Each figure stands beside the
//! time of one flush of the same disk, measured in the same minutes, since that is what it is made of.

mod client;
pub(super) mod disk;
mod many;
mod peer;
pub(super) mod place;
mod replay;
mod restart;
mod result;
mod rpc;
mod steps;
pub(super) mod stores;
mod waiting;

use std::path::PathBuf;

use stores::Stores;

use super::figures::{heading, line};

/// What the durable measurements take.
#[derive(clap::Args)]
pub(super) struct Args {
    /// With durable and edge: a PostgreSQL server, on which databases are made and dropped; without one, SQLite.
    #[arg(long, value_name = "URL")]
    pub(super) store: Option<String>,
    /// With durable: also a store of a million runs. With edge: a minute of load.
    #[arg(long)]
    pub(super) long: bool,
    /// With durable and edge: a tenth of the work, to see that it can be measured.
    #[arg(long)]
    pub(super) small: bool,
    /// With durable: a Python that has DBOS, to be measured beside: V/bin/python after
    /// `python3 -m venv V && V/bin/pip install dbos`.
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// Be a worker over that store whose runs are held up in their middle.
    #[arg(long, hide = true, value_name = "URL")]
    hold: Option<String>,
    /// How many runs are held up.
    #[arg(long, hide = true, default_value_t = 1)]
    held_runs: usize,
}

/// Where to measure, and how much.
struct Context {
    stores: Stores,
    runtime: tokio::runtime::Runtime,
    small: bool,
    long: bool,
}

impl Context {
    /// So many, or a tenth where little is measured.
    fn scaled(&self, count: usize) -> usize {
        if self.small { count.div_ceil(10) } else { count }
    }
}

/// Whether this process is a worker of a measurement rather than the measurement.
pub(super) fn is_worker(args: &Args) -> bool {
    args.hold.is_some()
}

/// Works until it is killed.
pub(super) fn work(args: &Args) -> anyhow::Result<()> {
    let url = args.hold.as_deref().unwrap_or_default();
    runtime()?.block_on(restart::hold(url, args.held_runs))
}

/// Measures what is wanted, by names that begin with `durable-`.
pub(super) fn measure(args: &Args, wanted: impl Fn(&str) -> bool) -> anyhow::Result<()> {
    type Part = fn(&Context) -> anyhow::Result<()>;
    let parts: [(&str, Part); 7] = [
        ("durable-steps", steps::measure),
        ("durable-result", result::measure),
        ("durable-replay", replay::measure),
        ("durable-restart", restart::measure),
        ("durable-waiting", waiting::measure),
        ("durable-many", many::measure),
        ("durable-rpc", rpc::measure),
    ];
    let parts = parts.iter().filter(|(name, _)| wanted(name)).collect::<Vec<_>>();
    let peer = args.peer.as_deref().filter(|_| wanted("durable-peer"));
    if parts.is_empty() && peer.is_none() {
        return Ok(());
    }
    let context = Context {
        stores: Stores::new(args.store.clone())?,
        runtime: runtime()?,
        small: args.small,
        long: args.long,
    };
    println!("\ndurable runs, {}", context.stores.description());
    for (_, part) in parts {
        flushes(&context)?;
        part(&context)?;
    }
    if let Some(python) = peer {
        flushes(&context)?;
        peer::measure(&context, python)?;
    }
    Ok(())
}

/// The disk as it is just now: what the next figures are to be read against.
fn flushes(context: &Context) -> anyhow::Result<()> {
    heading("the disk of the store");
    let flushes = disk::flushes(context.stores.dir(), context.scaled(500))?;
    line("4 KiB appended and flushed", "ms", &flushes, "");
    Ok(())
}

pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

//! `cargo xtask crash`: workers are killed again and again, at named points and at any time, and what
//! they were doing is compared with what they had promised. Zero violations is the only good result.

mod book;
mod campaign;
mod chance;
mod check;
mod child;
mod ends;
mod figures;
mod ledger;
mod load;
mod performer;
mod record;
mod stores;
mod words;
mod worker;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use campaign::Campaign;
use sluice_sandbox::ImageSource;

use crate::places;

/// Kill workers and look whether anything that was promised is broken.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many times a worker is killed.
    #[arg(long, default_value_t = 200)]
    cycles: u64,
    /// Where the runs are kept.
    #[arg(long, value_enum, default_value_t = stores::Engine::Sqlite)]
    store: stores::Engine,
    /// Decides what is done, though not when; drawn and shown where it is absent.
    #[arg(long)]
    seed: Option<u64>,
    /// After so many cycles a worker is left alone until nothing is left to do.
    #[arg(long, default_value_t = 20)]
    drain_every: u64,
    /// After so many of those, a fresh store is begun.
    #[arg(long, default_value_t = 5)]
    fresh_every: u64,
    /// Be a worker of that name.
    #[arg(long, hide = true, requires = "url", requires = "ledger")]
    worker: Option<String>,
    /// The worker's store.
    #[arg(long, hide = true)]
    url: Option<String>,
    /// The socket of the ledger.
    #[arg(long, hide = true)]
    ledger: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    if let (Some(name), Some(store), Some(ledger)) = (&args.worker, &args.url, &args.ledger) {
        let (name, store, ledger) = (name.clone(), store.clone(), ledger.clone());
        return child::run(child::Work { name, store, ledger });
    }
    // Once for all workers.
    let source = ImageSource { cache_dir: places::cache_dir()?, hash_seed: 0 };
    source.open(&mut |stage| eprintln!("{stage} ..."))?;
    let seed = match args.seed {
        Some(seed) => seed,
        None => u64::from(SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos()),
    };
    println!("{} cycles, {}, seed {seed}", args.cycles, args.store);
    Campaign::new(args, seed)?.run()
}

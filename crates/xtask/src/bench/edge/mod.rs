//! `cargo xtask bench --only edge`: what those see who use the server, by HTTP and sockets over loopback,
//! with a durable store. The clients are in the same process and share its cores.

mod live;
mod noisy;
mod posts;
mod reconnects;
mod server;
mod socket;
mod stalled;

use server::Server;
use sluice_server::Settings;

use super::durable::disk::flushes;
use super::durable::stores::Stores;
use super::durable::{Args, runtime};
use super::figures::{heading, line};

/// What is measured, and how much of it.
struct Context {
    server: Server,
    small: bool,
    long: bool,
}

impl Context {
    /// So many, or a tenth where little is measured.
    fn scaled(&self, count: usize) -> usize {
        if self.small { count.div_ceil(10) } else { count }
    }
}

/// Measures what is wanted, by names that begin with `edge-`.
pub(super) fn measure(args: &Args, wanted: impl Fn(&str) -> bool) -> anyhow::Result<()> {
    let parts = ["edge-posts", "edge-live", "edge-reconnects", "edge-stalled", "edge-noisy"];
    if !parts.iter().any(|name| wanted(name)) {
        return Ok(());
    }
    let stores = Stores::new(args.store.clone())?;
    println!("\nthe edge, {}", stores.description());
    for part in parts.into_iter().filter(|name| wanted(name)) {
        heading("the disk of the store");
        let flushes = flushes(stores.dir(), if args.small { 50 } else { 500 })?;
        line("4 KiB appended and flushed", "ms", &flushes, "");
        let store = stores.fresh()?;
        runtime()?.block_on(async {
            // A flood meets what holds floods back.
            let requests_per_second = match part {
                "edge-noisy" => Settings::default().requests_per_second,
                _ => 1_000_000,
            };
            let server = Server::start(store.url(), requests_per_second).await?;
            let context = Context { server, small: args.small, long: args.long };
            match part {
                "edge-posts" => posts::measure(&context).await?,
                "edge-live" => live::measure(&context).await?,
                "edge-reconnects" => reconnects::measure(&context).await?,
                "edge-noisy" => noisy::measure(&context).await?,
                _ => stalled::measure(&context).await?,
            }
            context.server.stop().await
        })?;
    }
    Ok(())
}

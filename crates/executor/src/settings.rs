//! What an executor is set to. The defaults suit one machine.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use sluice_model::CallKind;

use crate::outside::Outside;
use crate::performer::Performer;
use crate::spans::SpanSink;

/// How an executor works.
#[derive(Clone)]
pub struct Settings {
    /// What this process is called in leases and records. Default: host and process number.
    pub worker: String,
    /// Attempts alive at once. Default 64.
    pub concurrency: u32,
    /// How much less urgent guests are whose tenants take much CPU time: 0 to 19, as for `nice`. Default 0.
    pub niceness: u8,
    /// How long a lease lasts without a sign of life. Default 15 s; renewed every third of it.
    pub lease: Duration,
    /// How long an instance that can only wait is kept. Default 250 ms. Without a free place, not at
    /// all.
    pub linger: Duration,
    /// How often the queue is looked at when nothing was heard. Default 5 s.
    pub net: Duration,
    /// How often in a row a run may be lost by its workers before it is given up. Default 5.
    pub most_losses: u32,
    /// How deep children of children may be nested. Default 16.
    pub most_depth: u32,
    /// Takes up only what is submitted through this executor, and what that starts. Default: whatever
    /// the store holds.
    pub own_only: bool,
    /// What is outside: services, HTTP, secrets, models. Default: nothing.
    pub outside: Option<Outside>,
    /// Who performs the calls that leave this machine, where that is not what is outside.
    pub performers: HashMap<CallKind, Arc<dyn Performer>>,
    /// Who is told of spans that are over. Default: nobody.
    pub spans: Option<Arc<dyn SpanSink>>,
}

impl Settings {
    /// The defaults of a process that many tenants share: guests of those who compute a lot are less
    /// urgent than all else in it, with about a tenth of the weight as the Linux kernel counts it.
    pub fn shared() -> Settings {
        Settings { niceness: 10, ..Settings::default() }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            worker: worker_name(),
            concurrency: 64,
            niceness: 0,
            lease: Duration::from_secs(15),
            linger: Duration::from_millis(250),
            net: Duration::from_secs(5),
            most_losses: 5,
            most_depth: 16,
            own_only: false,
            outside: None,
            performers: HashMap::new(),
            spans: None,
        }
    }
}

fn worker_name() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{host}:{}", std::process::id())
}

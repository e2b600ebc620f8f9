//! Threads that the kernel lets run when nobody more urgent wants to.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

/// A runtime on threads of its own, less urgent than the rest of the process. They begin with the first who
/// needs them.
pub struct CalmThreads {
    name: &'static str,
    count: usize,
    niceness: u8,
    runtime: OnceLock<Option<Runtime>>,
}

impl CalmThreads {
    /// So many threads, so much less urgent (0 to 19).
    pub fn new(name: &'static str, count: usize, niceness: u8) -> CalmThreads {
        CalmThreads { name, count, niceness, runtime: OnceLock::new() }
    }

    /// The runtime; none where the machine gives no more threads.
    pub fn handle(&self) -> Option<&Handle> {
        let niceness = i32::from(self.niceness);
        let made = self.runtime.get_or_init(|| {
            let runtime = Builder::new_multi_thread()
                .worker_threads(self.count)
                .thread_name(self.name)
                .on_thread_start(move || be_nice(niceness))
                .enable_all()
                .build();
            let told = runtime.inspect_err(
                |error| tracing::warn!(%error, threads = self.name, "there are no such threads"),
            );
            told.ok()
        });
        made.as_ref().map(Runtime::handle)
    }
}

impl Drop for CalmThreads {
    fn drop(&mut self) {
        // Nobody waits for what nobody has.
        if let Some(runtime) = self.runtime.take().flatten() {
            runtime.shutdown_background();
        }
    }
}

/// Makes the calling thread less urgent. On Linux that is a thread's own; elsewhere it would be the
/// process's, and is left alone.
fn be_nice(niceness: i32) {
    if cfg!(target_os = "linux")
        && niceness > 0
        && let Err(error) = rustix::process::setpriority_process(None, niceness)
    {
        tracing::warn!(%error, "calm threads are as urgent as the others");
    }
}

//! Measures one guest: the CPU time that the thread spends while it polls the guest's future, and the
//! most memory that the guest held. What was measured outlives the guest.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use rustix::time::{ClockId, clock_gettime};

/// The measure of one guest, readable from within it and from outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    /// Of the polls that are over.
    spent_us: AtomicU64,
    /// The thread's clock when the present poll began.
    poll_began_us: AtomicU64,
    memory_bytes: AtomicU64,
}

impl Meter {
    /// Microseconds of CPU time, the present poll included. To be called from within the guest's poll.
    pub(crate) fn cpu_time_now_us(&self) -> u64 {
        let began = self.0.poll_began_us.load(Ordering::Relaxed);
        self.0.spent_us.load(Ordering::Relaxed) + thread_cpu_us().saturating_sub(began)
    }

    /// Microseconds of CPU time of the polls that are over.
    pub(crate) fn cpu_time_us(&self) -> u64 {
        self.0.spent_us.load(Ordering::Relaxed)
    }

    /// The most linear memory that the guest held.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.0.memory_bytes.load(Ordering::Relaxed)
    }

    /// Notes that the guest holds so much linear memory.
    pub(crate) fn hold_memory(&self, bytes: u64) {
        self.0.memory_bytes.fetch_max(bytes, Ordering::Relaxed);
    }

    /// The future, with each of its polls measured.
    pub(crate) fn metered<F: Future>(&self, future: F) -> Metered<F> {
        Metered { meter: self.clone(), future }
    }
}

pin_project_lite::pin_project! {
    /// A future whose polls are measured.
    pub(crate) struct Metered<F> {
        meter: Meter,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let counters = &this.meter.0;
        let began = thread_cpu_us();
        counters.poll_began_us.store(began, Ordering::Relaxed);
        let result = this.future.poll(context);
        counters.spent_us.fetch_add(thread_cpu_us().saturating_sub(began), Ordering::Relaxed);
        result
    }
}

fn thread_cpu_us() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec.cast_unsigned() * 1_000_000 + now.tv_nsec.cast_unsigned() / 1_000
}

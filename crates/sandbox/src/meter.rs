//! Measures the CPU time of a guest: what the thread spends while it polls the guest's future.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use rustix::time::{ClockId, clock_gettime};

/// CPU time of one guest, readable from within it and from outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct CpuTime(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    /// Of the polls that are over.
    spent_us: AtomicU64,
    /// The thread's clock when the present poll began.
    poll_began_us: AtomicU64,
}

impl CpuTime {
    /// Microseconds, the present poll included. To be called from within the guest's poll.
    pub(crate) fn now_us(&self) -> u64 {
        let began = self.0.poll_began_us.load(Ordering::Relaxed);
        self.0.spent_us.load(Ordering::Relaxed) + thread_cpu_us().saturating_sub(began)
    }

    /// Microseconds of the polls that are over.
    pub(crate) fn spent_us(&self) -> u64 {
        self.0.spent_us.load(Ordering::Relaxed)
    }

    /// The future, with each of its polls measured.
    pub(crate) fn metered<F: Future>(&self, future: F) -> Metered<F> {
        Metered { cpu_time: self.clone(), future }
    }
}

pin_project_lite::pin_project! {
    /// A future whose polls are measured.
    pub(crate) struct Metered<F> {
        cpu_time: CpuTime,
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let counters = &this.cpu_time.0;
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

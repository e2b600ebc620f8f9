//! Lanes for guests: what takes little CPU time goes on threads as urgent as the rest of the process, what
//! takes much goes on threads that the kernel lets run when nobody more urgent wants to. So a tenant that
//! computes all day slows nobody who does not, and still gets whatever processors are free.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use rustix::time::{ClockId, clock_gettime};
use sluice_model::TenantId;

use crate::threads::CalmThreads;
use crate::turns::Turns;

/// What a tenant may take of one processor, in the long run, before its guests change lanes: a quarter.
const SHARE: u32 = 4;

/// How much of its share a tenant may take at once: 250 ms of CPU time, which is its share of a second.
const BURST: Duration = Duration::from_secs(1);

/// Tenants that are kept in mind before those at rest are forgotten.
const MOST_TENANTS: usize = 1_024;

/// A guest, whatever drives it.
pub(crate) type Guest<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Where guests go on. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Lanes {
    credit: Arc<Credit>,
    turns: Turns,
    slow: Arc<CalmThreads>,
}

impl Lanes {
    /// Lanes on so many processors, the slow one so much less urgent than the fast one (0 to 19).
    pub(crate) fn new(processors: usize, niceness: u8) -> Lanes {
        Lanes {
            credit: Arc::default(),
            turns: Turns::new(processors),
            slow: Arc::new(CalmThreads::new("sluice-slow", processors, niceness)),
        }
    }

    /// Brings a tenant's guest to its end, on whichever lane it belongs. Dropping this drops the guest.
    pub(crate) async fn run<T: Send + 'static>(&self, tenant: &TenantId, guest: Guest<T>) -> T {
        self.run_metered(tenant, guest).await.0
    }

    /// The same, with the CPU time that the guest took.
    pub(crate) async fn run_metered<T: Send + 'static>(
        &self,
        tenant: &TenantId,
        guest: Guest<T>,
    ) -> (T, Duration) {
        let mut guest = Metered {
            guest,
            tenant: tenant.clone(),
            credit: Arc::clone(&self.credit),
            taken: Duration::ZERO,
        };
        let fast = std::future::poll_fn(|cx| {
            if self.credit.is_used_up(tenant) {
                return Poll::Ready(None);
            }
            Pin::new(&mut guest).poll(cx).map(Some)
        });
        if let Some(done) = fast.await {
            return done;
        }
        let in_turn = self.turns.take(tenant.clone(), guest);
        let Some(runtime) = self.slow.handle() else { return in_turn.await };
        let mut task = AbortOnDrop(runtime.spawn(in_turn));
        match (&mut task.0).await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Only with the process: nobody else has the task, and it was not dropped.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pin_project! {
    /// A guest whose CPU time is charged to its tenant.
    struct Metered<T> {
        guest: Guest<T>,
        tenant: TenantId,
        credit: Arc<Credit>,
        taken: Duration,
    }
}

impl<T> Future for Metered<T> {
    type Output = (T, Duration);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(T, Duration)> {
        let this = self.project();
        let began = thread_cpu();
        let polled = this.guest.as_mut().poll(cx);
        let taken = thread_cpu().saturating_sub(began);
        *this.taken += taken;
        this.credit.charge(this.tenant, taken, Instant::now());
        polled.map(|done| (done, *this.taken))
    }
}

/// Who took how much CPU time of late.
#[derive(Default)]
struct Credit {
    /// When each tenant's CPU time so far would be over if it were taken at its share.
    even: Mutex<HashMap<TenantId, Instant>>,
}

impl Credit {
    /// CPU time was taken. More than twice a burst is not held against anybody.
    fn charge(&self, tenant: &TenantId, taken: Duration, now: Instant) {
        let mut even = self.even.lock().unwrap_or_else(PoisonError::into_inner);
        if even.len() >= MOST_TENANTS && !even.contains_key(tenant) {
            even.retain(|_, at| *at > now);
        }
        let at = even.entry(tenant.clone()).or_insert(now);
        *at = ((*at).max(now) + taken * SHARE).min(now + 2 * BURST);
    }

    fn is_used_up(&self, tenant: &TenantId) -> bool {
        self.is_used_up_at(tenant, Instant::now())
    }

    fn is_used_up_at(&self, tenant: &TenantId, now: Instant) -> bool {
        let even = self.even.lock().unwrap_or_else(PoisonError::into_inner);
        even.get(tenant).is_some_and(|at| at.saturating_duration_since(now) > BURST)
    }
}

fn thread_cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_takes_much_uses_their_credit_up_and_has_it_again_after_a_rest() {
        let (credit, now) = (Credit::default(), Instant::now());
        let (busy, other) = (TenantId::local(), "other".parse().expect("it is a name"));
        credit.charge(&busy, Duration::from_millis(250), now);
        assert!(!credit.is_used_up_at(&busy, now), "a burst is free");
        credit.charge(&busy, Duration::from_millis(1), now);
        assert!(credit.is_used_up_at(&busy, now));
        assert!(!credit.is_used_up_at(&other, now));
        credit.charge(&busy, Duration::from_hours(1), now);
        assert!(credit.is_used_up_at(&busy, now + BURST / 2));
        assert!(!credit.is_used_up_at(&busy, now + BURST), "what is long ago is forgotten");
    }

    #[tokio::test]
    async fn a_guest_goes_on_in_the_slow_lane_where_it_stood() {
        let lanes = Lanes::new(1, 0);
        let tenant = TenantId::local();
        let place = || std::thread::current().name().unwrap_or_default().to_owned();
        let guest = async move {
            let first = place();
            while place() == first {
                std::hint::black_box((0..100_000_u64).sum::<u64>());
                tokio::task::yield_now().await;
            }
            place()
        };
        assert_eq!(lanes.run(&tenant, Box::pin(guest)).await, "sluice-slow");
    }

    #[tokio::test]
    async fn a_guest_that_is_given_up_is_dropped_and_a_panic_is_handed_on() {
        let lanes = Lanes::new(1, 0);
        let tenant = TenantId::local();
        lanes.credit.charge(&tenant, Duration::from_secs(1), Instant::now());
        let (held, dropped) = tokio::sync::oneshot::channel::<()>();
        let (begins, has_begun) = tokio::sync::oneshot::channel::<()>();
        let guest = lanes.run(
            &tenant,
            Box::pin(async move {
                begins.send(()).expect("somebody waits");
                std::future::pending::<()>().await;
                drop(held);
            }),
        );
        tokio::select! {
            () = guest => panic!("it has no end"),
            () = async { has_begun.await.expect("it began") } => {}
        }
        assert!(dropped.await.is_err(), "what the guest held is gone");
        let panics = lanes.run(&tenant, Box::pin(async { panic!("a fault") }));
        let handed_on = futures_catch(panics).await;
        assert!(handed_on.is_err());
    }

    async fn futures_catch(future: impl Future<Output = ()> + Send) -> Result<(), ()> {
        let mut future = Box::pin(future);
        std::future::poll_fn(|cx| {
            let polled = std::panic::AssertUnwindSafe(|| future.as_mut().poll(cx));
            match std::panic::catch_unwind(polled) {
                Ok(polled) => polled.map(Ok),
                Err(_) => Poll::Ready(Err(())),
            }
        })
        .await
    }
}

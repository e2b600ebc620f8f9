//! The executor: takes runs from the queue as long as it has places, keeps their leases, and hands on
//! what it hears.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sluice_db::{Claim, Leased, Notice, Store};
use sluice_model::{RunId, TenantId};
use sluice_sandbox::Sandbox;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinError, JoinSet};
use tokio::time::MissedTickBehavior;

use crate::attempt::attempt;
use crate::beside::Beside;
use crate::clients::Services;
use crate::fresh::now_us;
use crate::lanes::Lanes;
use crate::outside::Outside;
use crate::pace::Pace;
use crate::poke::Poke;
use crate::registry::{Registry, Reserved};
use crate::settings::Settings;
use crate::shared::{ExecutorError, Shared};
use crate::sources::Sources;
use crate::tenants::Tenants;
use crate::under_way::{MOST_CALLS, UnderWay};

/// The shortest wait before the queue is looked at again without having heard anything.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Instances that only wait make room where fewer places than this part of all are free.
const FEW: u32 = 8;

/// Runs the runs of a store. Cheap to clone; all clones are the same executor.
#[derive(Clone)]
pub struct Executor {
    pub(crate) shared: Arc<Shared>,
    /// Runs that are submitted here and begin at once, without a way through the queue.
    pub(crate) direct: Arc<Direct>,
}

/// The short way from a submission to a place.
pub(crate) struct Direct {
    is_working: AtomicBool,
    sender: UnboundedSender<(Leased, Reserved)>,
    receiver: tokio::sync::Mutex<UnboundedReceiver<(Leased, Reserved)>>,
}

impl Executor {
    /// An executor over a store. It takes up nothing before [`Executor::work`].
    pub fn new(store: Store, sandbox: Sandbox, mut settings: Settings) -> Executor {
        if let Some(outside) = &settings.outside {
            for (kind, performer) in outside.performers() {
                settings.performers.entry(kind).or_insert(performer);
            }
        }
        let (sender, receiver) = unbounded_channel();
        let lanes = Lanes::new(processors(), settings.niceness);
        let services: Option<Arc<Services>> = settings.outside.as_ref().map(Outside::kept_services);
        let services = services.unwrap_or_default();
        Executor {
            shared: Arc::new(Shared {
                store,
                sandbox,
                sources: Sources::new(),
                services,
                settings,
                registry: Arc::default(),
                lanes,
                own: Mutex::default(),
                tenants: Tenants::default(),
                beside: Beside::default(),
                pace: Pace::default(),
                under_way: UnderWay::new(MOST_CALLS),
                panics: AtomicU64::new(0),
            }),
            direct: Arc::new(Direct {
                is_working: AtomicBool::new(false),
                sender,
                receiver: tokio::sync::Mutex::new(receiver),
            }),
        }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// Digest of the image that new runs are pinned to.
    pub fn image_digest(&self) -> &str {
        self.shared.sandbox.image_digest()
    }

    /// What is outside, where this executor lets runs out.
    pub fn outside(&self) -> Option<&Outside> {
        self.shared.settings.outside.as_ref()
    }

    /// How many attempts are alive in this process.
    pub fn live_attempts(&self) -> usize {
        self.shared.registry.count()
    }

    /// How many attempts were lost in this process, by a panic or a record that the store cannot give or
    /// keep. Each is a fault of ours; its run is taken up again when its lease has run out.
    pub fn panics(&self) -> u64 {
        self.shared.panics.load(Ordering::Relaxed)
    }

    /// Takes up runs until `stop` resolves; then leaves the live ones in good order: what is under way
    /// outside is waited for, the rest goes on elsewhere by replay. Fails when the store does. One
    /// call at a time does the work; a second waits for the first.
    pub async fn work(&self, stop: impl Future<Output = ()>) -> Result<(), ExecutorError> {
        let mut direct = self.direct.receiver.lock().await;
        let mut work = Work { shared: Arc::clone(&self.shared), attempts: JoinSet::new() };
        let claims_and_leaves = async {
            let working = Working::new(&self.direct.is_working);
            let claimed = work.claim_until(stop, &mut direct).await;
            drop(working);
            while let Ok((leased, reserved)) = direct.try_recv() {
                work.take_up(leased, Some(reserved));
            }
            work.leave().await;
            claimed
        };
        tokio::select! {
            biased;
            worked = claims_and_leaves => worked,
            failed = keep_leases(&self.shared) => failed,
            () = listen(&self.shared) => Ok(()),
        }
    }

    /// How a tenant's run that is submitted here may begin at once, and its place; none where it has to queue.
    pub(crate) fn claim(&self, tenant: &TenantId) -> Option<(Claim, Reserved)> {
        let settings = &self.shared.settings;
        if !self.direct.is_working.load(Ordering::Acquire) {
            return None;
        }
        let reserved = Registry::reserve(&self.shared.registry, tenant, settings.concurrency)?;
        let claim = Claim {
            worker: settings.worker.clone(),
            lease_until_us: now_us() + micros(settings.lease),
        };
        Some((claim, reserved))
    }

    /// A run was submitted here: hands it to the worker of this process, if it is leased to it.
    pub(crate) fn submitted(&self, run: &RunId, leased: Option<(Leased, Reserved)>) {
        if self.shared.settings.own_only {
            let mut own = self.shared.own.lock().unwrap_or_else(PoisonError::into_inner);
            own.push(run.clone());
        }
        if let Some(leased) = leased {
            // The receiver lives as long as the executor.
            let _ = self.direct.sender.send(leased);
        }
    }
}

struct Work {
    shared: Arc<Shared>,
    attempts: JoinSet<Result<(), ExecutorError>>,
}

impl Work {
    async fn claim_until(
        &mut self,
        stop: impl Future<Output = ()>,
        direct: &mut UnboundedReceiver<(Leased, Reserved)>,
    ) -> Result<(), ExecutorError> {
        let shared = Arc::clone(&self.shared);
        let mut stop = std::pin::pin!(stop);
        loop {
            let wait = if self.fill().await? { Duration::ZERO } else { self.until_due().await? };
            loop {
                tokio::select! {
                    biased;
                    () = &mut stop => return Ok(()),
                    Some((leased, reserved)) = direct.recv() => {
                        self.take_up(leased, Some(reserved));
                        continue;
                    }
                    Some(over) = self.attempts.join_next() => finished(&shared, over)?,
                    () = shared.registry.queued.notified() => {}
                    () = tokio::time::sleep(wait) => {}
                }
                break;
            }
        }
    }

    /// Takes up what is due, as far as there are places. Whether there may be more.
    async fn fill(&mut self) -> Result<bool, ExecutorError> {
        let shared = Arc::clone(&self.shared);
        let (settings, registry) = (&shared.settings, &shared.registry);
        let places = registry.places(settings.concurrency);
        if places.left() <= settings.concurrency / FEW {
            registry.poke_all(Poke::MakeRoom);
        }
        if places.left() == 0 {
            return Ok(false);
        }
        let now = now_us();
        let claim =
            Claim { worker: settings.worker.clone(), lease_until_us: now + micros(settings.lease) };
        let (queue, image) = (shared.store.queue(), shared.sandbox.image_digest());
        for root in shared.roots() {
            let places = registry.places(settings.concurrency);
            for leased in queue.claim(&claim, image, root.as_ref(), now, &places).await? {
                self.take_up(leased, None);
            }
        }
        Ok(registry.places(settings.concurrency).left() == 0)
    }

    /// How long nothing will be due.
    async fn until_due(&self) -> Result<Duration, ExecutorError> {
        let settings = &self.shared.settings;
        if self.shared.registry.count() >= settings.concurrency as usize {
            return Ok(settings.net);
        }
        let queue = self.shared.store.queue();
        let image = self.shared.sandbox.image_digest();
        let mut wait = settings.net;
        for root in self.shared.roots() {
            if let Some(due_us) = queue.next_due(image, root.as_ref()).await? {
                wait = wait.min(Duration::from_micros(due_us.saturating_sub(now_us())));
            }
        }
        // What is due and was not given is held back by a quota, or by another worker just now.
        Ok(wait.max(BETWEEN_LOOKS))
    }

    fn take_up(&mut self, leased: Leased, reserved: Option<Reserved>) {
        let shared = Arc::clone(&self.shared);
        let run = leased.run.clone();
        let fence = leased.fence;
        let tenant = leased.tenant.clone();
        let pokes = shared.registry.enter(&tenant, &run, fence);
        // It is entered by now.
        drop(reserved);
        let entered = Entered { shared: Arc::clone(&shared), tenant: tenant.clone(), run, fence };
        let lanes = shared.lanes.clone();
        self.attempts.spawn(async move {
            let guest = async move {
                let _entered = entered;
                attempt(shared, leased, pokes).await
            };
            lanes.run(&tenant, Box::pin(guest)).await
        });
    }

    /// Waits until every live attempt has come to a stop.
    async fn leave(&mut self) {
        self.shared.registry.poke_all(Poke::Release);
        while let Some(over) = self.attempts.join_next().await {
            // The work ends in any case.
            let _ = finished(&self.shared, over);
        }
    }
}

/// Hands on what the store tells. Ends with the store.
async fn listen(shared: &Shared) {
    let mut notices = shared.store.notices();
    loop {
        match notices.recv().await {
            Ok(Notice::Run(run)) => shared.registry.poke(&run, Poke::Look),
            Ok(Notice::Queued) => shared.registry.queued.notify_one(),
            Ok(Notice::Events { .. }) => {}
            Ok(Notice::Elsewhere) | Err(RecvError::Lagged(_)) => {
                shared.registry.poke_all(Poke::Look);
                shared.registry.queued.notify_one();
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Says again and again that this worker lives. A run that it has lost is told so.
async fn keep_leases(shared: &Shared) -> Result<(), ExecutorError> {
    let settings = &shared.settings;
    let mut beat = tokio::time::interval(settings.lease / 3);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let leases = shared.registry.leases();
        if leases.is_empty() {
            continue;
        }
        let until_us = now_us() + micros(settings.lease);
        let queue = shared.store.queue();
        for lost in queue.heartbeat(&settings.worker, leases, until_us).await? {
            shared.registry.poke(&lost, Poke::Lost);
        }
    }
}

/// Says that this executor takes runs, as long as it does.
struct Working<'e>(&'e AtomicBool);

impl Working<'_> {
    fn new(is_working: &AtomicBool) -> Working<'_> {
        is_working.store(true, Ordering::Release);
        Working(is_working)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// An attempt's place, given back however it ends.
struct Entered {
    shared: Arc<Shared>,
    tenant: TenantId,
    run: RunId,
    fence: u64,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.shared.registry.leave(&self.tenant, &self.run, self.fence);
    }
}

/// A broken store ends the work. An attempt that panicked, or whose record or words the store cannot keep, is
/// counted; its lease runs out, the run is taken up again, and given up after some such losses.
fn finished(
    shared: &Shared,
    over: Result<Result<(), ExecutorError>, JoinError>,
) -> Result<(), ExecutorError> {
    let is_lost = match &over {
        Ok(Ok(())) => false,
        Ok(Err(ExecutorError::Store(error))) => error.is_of_the_data(),
        Err(error) => error.is_panic(),
    };
    if is_lost {
        shared.panics.fetch_add(1, Ordering::Relaxed);
        if let Ok(Err(error)) = &over {
            tracing::error!(%error, "an attempt was lost");
        }
        return Ok(());
    }
    over.unwrap_or(Ok(()))
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

//! A sandbox: one image, ready to be instantiated for any number of attempts.

use std::future::Future;

use sluice_model::{Code, Description, Failure, Limits, Observed, Outcome, Usage};
use wasmtime::Store;
use wasmtime::component::Linker;

use crate::attempt::{Attempt, Described, Ended};
use crate::bindings::{self, GuestPre, Invocation};
use crate::budget;
use crate::door::{Door, LocalDoor};
use crate::driver::{Driver, End};
use crate::grants::Grants;
use crate::guest::{Beginning, Guest};
use crate::image::Image;
use crate::replay::{Cursor, Judged, Replay};
use crate::stop::Stop;
use crate::verdict::{self, Verdict};
use crate::{SandboxError, host};

/// Ceilings of a `describe`: it loads a module and looks at it.
fn describe_limits() -> Limits {
    Limits {
        cpu_time_ms: 10_000,
        wall_time_ms: 20_000,
        spans: 100,
        events: 1_000,
        calls: 0,
        ..Limits::default()
    }
}

/// The longest description of a source, in bytes. It is kept with each version and told in each list.
const DESCRIPTION_BYTES: u64 = 256 << 10;

/// Runs guests from one image.
pub struct Sandbox {
    image: Image,
    guest: GuestPre<Guest>,
}

/// How a guest's own code came to its end.
pub(crate) struct Finished {
    /// What the export returned, or the trap.
    pub(crate) result: wasmtime::Result<Result<Returned, String>>,
    /// The guest was never instantiated.
    pub(crate) never_began: bool,
    /// Set if it was refused memory: how that reads as a failure.
    pub(crate) memory_refused: Option<Box<Failure>>,
    /// The replay, where the guest never went live.
    pub(crate) replay: Option<Cursor>,
}

/// What an export of the guest returns when all is well.
pub(crate) struct Returned {
    pub(crate) document: String,
    pub(crate) code: Vec<u8>,
}

/// The clients of a source that may import none.
pub const NO_CLIENTS: &str = "{}";

/// What a guest is asked to do.
enum Task {
    Describe { source: String, clients: String },
    Run { invocation: Invocation },
}

impl Sandbox {
    /// A sandbox for an image.
    pub fn new(image: Image) -> Result<Sandbox, SandboxError> {
        let mut linker = Linker::new(&image.engine);
        host::add_to_linker(&mut linker)?;
        let pre = linker.instantiate_pre(&image.component).map_err(SandboxError::engine)?;
        let guest = GuestPre::new(pre).map_err(SandboxError::engine)?;
        Ok(Sandbox { image, guest })
    }

    /// Digest of the image that runs are pinned to.
    pub fn image_digest(&self) -> &str {
        self.image.digest()
    }

    /// Loads a source without any capability and says what is in it. `clients` are the modules of `hero_rpc`
    /// that it may import: a JSON object of texts. The inner result is the source's fault, the outer ours.
    pub async fn describe(
        &self,
        source: &str,
        clients: &str,
    ) -> Result<Result<Described, Failure>, SandboxError> {
        let (mut driver, guest) = Driver::new(Beginning::bare(describe_limits()));
        let task = Task::Describe { source: source.to_owned(), clients: clients.to_owned() };
        let mut unheard = LocalDoor::new(|_, _| ());
        let never = std::future::pending();
        let end = driver.drive(&mut unheard, never, self.perform(guest, task)).await;
        let returned = match Verdict::of(end, &driver.trail, &describe_limits())? {
            Verdict::Returned(returned) => returned,
            Verdict::Failed(failure) => return Ok(Err(*failure)),
        };
        let (bytes, limit) = (returned.document.len(), DESCRIPTION_BYTES);
        if bytes as u64 > limit {
            let message = format!(
                "what is to be said of the source's flows, {bytes} bytes, is longer than {limit}"
            );
            let failure = Stop::limit(Code::LimitStringSize, message, limit).0.hint(
                "Write fewer flows in one source, shorter texts about them, or simpler types.",
            );
            return Ok(Err(failure));
        }
        Ok(match serde_json::from_str::<Description>(&returned.document) {
            Ok(description) => Ok(Described { description, code: returned.code.into() }),
            Err(error) => Err(*Stop::fault(format!("the description is not one: {error}")).0),
        })
    }

    /// Runs one attempt in a fresh instance, first through its record again, then live. A flow that
    /// fails, a limit, a cancel are outcomes; `Err` is a broken platform. When `cancel` resolves, the
    /// guest is gone within one tick (10 ms). Where the run ended, every call that has no answer was
    /// given up and every span has ended.
    pub async fn run(
        &self,
        attempt: Attempt,
        door: &mut dyn Door,
        cancel: impl Future<Output = ()> + Send,
    ) -> Result<(Ended, Usage), SandboxError> {
        let limits = attempt.limits.clone();
        let replay = attempt.replay;
        let (mut driver, guest) = Driver::new(Beginning {
            limits: attempt.limits,
            grants: Grants::new(attempt.grants, attempt.withheld, attempt.uses),
            seed: attempt.seed,
            history: attempt.history,
            replay,
        });
        let task = Task::Run {
            invocation: Invocation {
                flow: attempt.flow,
                source: attempt.source.to_string(),
                code: attempt.code.to_vec(),
                input: attempt.input.to_string(),
            },
        };
        let mut end = driver.drive(door, cancel, self.perform(guest, task)).await;
        let usage = driver.usage();
        let within_record = match &mut end {
            End::Suspended => return Ok((Ended::Suspended, usage)),
            End::Finished(finished) => finished.replay.take(),
            End::Stopped(_) => None,
        };
        if within_record.is_some() {
            driver.learn_the_rest();
        }
        let outcome = Verdict::of(end, &driver.trail, &limits)?.into_outcome();
        let outcome = match within_record.map(|mut record| record.judge(&outcome)) {
            None | Some(Judged::AsRecorded) => outcome,
            Some(Judged::Exhausted) => return Ok((Ended::Exhausted, usage)),
            Some(Judged::Diverged(Stop(failure))) => {
                let span = driver.trail.innermost();
                Outcome::from_failure(*verdict::placed(failure, span, &driver.trail))
            }
        };
        let observed = match replay {
            Replay::Resume => driver.clean_up(door),
            Replay::Only => Observed::default(),
        };
        Ok((Ended::Finished { outcome, observed }, usage))
    }

    /// Makes an instance and drops it: what every attempt begins and ends with. For measurements.
    pub async fn instantiate(&self) -> Result<(), SandboxError> {
        let (_driver, guest) = Driver::new(Beginning::bare(describe_limits()));
        self.guest.instantiate_async(&mut self.store(guest)).await.map_err(SandboxError::guest)?;
        Ok(())
    }

    fn store(&self, guest: Guest) -> Store<Guest> {
        let fuel = guest.limits.payload_bytes + guest.limits.string_bytes;
        let mut store = Store::new(&self.image.engine, guest);
        store.limiter(|guest| &mut guest.budget);
        store.set_hostcall_fuel(usize::try_from(fuel).unwrap_or(usize::MAX));
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|guest| budget::on_tick(&guest.data().budget));
        store
    }

    /// Makes an instance, has it do its task, and drops it.
    async fn perform(&self, guest: Guest, task: Task) -> Finished {
        let mut store = self.store(guest);
        let (result, never_began) = match self.guest.instantiate_async(&mut store).await {
            Ok(instance) => (call(&instance, &mut store, task).await, false),
            Err(error) => (Err(error), true),
        };
        // What was printed last is said, too, when the guest was stopped. One limit ends a run at most.
        let mut flushed = Ok(());
        if !store.data().recorder.is_stopped() {
            flushed = store.data_mut().flush_lines();
        }
        let result = result.and_then(|returned| flushed.map(|()| returned).map_err(Into::into));
        let Guest { budget, recorder, .. } = store.into_data();
        Finished {
            result,
            never_began,
            memory_refused: budget.memory_refused.then(|| budget.memory_exceeded().0),
            replay: recorder.into_replay(),
        }
    }
}

async fn call(
    instance: &bindings::Guest,
    store: &mut Store<Guest>,
    task: Task,
) -> wasmtime::Result<Result<Returned, String>> {
    let result = match task {
        Task::Describe { source, clients } => {
            let described = instance.call_describe(&mut *store, &source, &clients).await?;
            described.map(|found| Returned { document: found.document, code: found.code })
        }
        Task::Run { invocation } => {
            let output = instance.call_run(&mut *store, &invocation).await?;
            output.map(|document| Returned { document, code: Vec::new() })
        }
    };
    Ok(result)
}

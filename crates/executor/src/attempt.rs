//! One attempt of a run: the record so far is replayed in a fresh sandbox, and the run goes on from
//! there until it ends, fails to be tried again, or can only wait.

use std::sync::Arc;

use sluice_db::{DbError, Leased, NewEvent, WriteError};
use sluice_model::{
    AttemptEnd, Code, Event, EventBody, Failure, History, Observed, Outcome, Request, Usage,
};
use sluice_sandbox::{Attempt, Ended, Replay};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;

use crate::builtin::cancel_children;
use crate::day::Day;
use crate::digest::seed_of_try;
use crate::door::{Parted, RecordingDoor, cancelled, past_deadline};
use crate::fresh::{chance, now_us};
use crate::journal::Journal;
use crate::outstanding::{Done, Outstanding};
use crate::poke::Poke;
use crate::shared::{ExecutorError, RunOf, Shared};
use crate::sources::Version;
use crate::spans::Spans;
use crate::submit::no_client;
use crate::without_guest;

/// What the earlier attempts of a run left.
struct Before {
    history: History,
    usage: Usage,
    retries: u32,
    /// It has started children, whatever became of them.
    has_children: bool,
}

impl Before {
    fn of(events: Vec<Event>) -> Before {
        let mut usage = Usage::default();
        let mut retries = 0;
        let mut has_children = false;
        for event in &events {
            match &event.body {
                EventBody::AttemptEnded { why, usage: taken } => {
                    usage = usage.and(taken);
                    retries += u32::from(matches!(why, AttemptEnd::Retried { .. }));
                }
                EventBody::CallStarted { call } => {
                    has_children |= matches!(call.request, Request::Flow { .. });
                }
                _ => {}
            }
        }
        Before { history: History::new(events), usage, retries, has_children }
    }
}

/// Takes a leased run up and brings it as far as it goes.
pub(crate) async fn attempt(
    shared: Arc<Shared>,
    leased: Leased,
    pokes: UnboundedReceiver<Poke>,
) -> Result<(), ExecutorError> {
    let tenant = shared.store.tenant(&leased.tenant);
    let run = RunOf {
        id: leased.run.clone(),
        tenant: leased.tenant.clone(),
        start: Arc::clone(&leased.start),
    };
    let imposed = imposed(&shared, leased.cancel_reason.as_deref(), leased.lost, &run);
    // Only who exports spans has to know when a new run was queued.
    let is_known = leased.log.is_new() && shared.settings.spans.is_none();
    let events = if is_known {
        Vec::new()
    } else if imposed.is_some() {
        // What is only to be ended needs no bytes beside its events, which may be what workers died of,
        // and can do without the record.
        match tenant.events(&leased.run, 0, u32::MAX).await {
            Err(error) if error.is_of_the_data() => Vec::new(),
            events => events?,
        }
    } else {
        tenant.history(&leased.run).await?
    };
    // This process may have stood still since it took the run up, and another has gone on with it.
    if events.last().is_some_and(|event| event.seq >= leased.log.next_seq()) {
        return Ok(());
    }
    let spans = Spans::after(&events, &run, shared.settings.spans.as_ref());
    let before = Before::of(events);
    let mut journal = Journal::new(leased.log, spans);
    journal.write(
        now_us(),
        EventBody::AttemptStarted {
            attempt: leased.attempt,
            worker: shared.settings.worker.clone(),
        },
    );
    let ended = match imposed {
        Some(failure) => {
            without_guest::end(&before.history, &mut journal);
            Outcome::from_failure(failure)
        }
        None => match version(&shared, &run).await? {
            Err(failure) => Outcome::from_failure(*failure),
            Ok(version) => {
                let writer = journal.log().writer();
                let outstanding = Outstanding::new(
                    Arc::clone(&shared),
                    run.clone(),
                    version,
                    writer,
                    leased.quota.calls_per_second,
                    leased.wakes,
                );
                let day = Day { quota: leased.quota, cpu_ms_left: leased.cpu_ms_left };
                return guest(&shared, &run, before, journal, outstanding, pokes, &day).await;
            }
        },
    };
    if before.has_children
        && let Some(parted) = without_children(&shared, &run, &journal).await
    {
        return parted;
    }
    let end = EventBody::RunEnded { outcome: ended, usage: before.usage };
    commit(&mut journal, Observed::default(), end, leased.wakes).await.map_err(Into::into)
}

/// Cancels what the run has started. How the attempt parts, where it cannot go on after that.
async fn without_children(
    shared: &Shared,
    run: &RunOf,
    journal: &Journal,
) -> Option<Result<(), ExecutorError>> {
    match cancel_children(shared, run, &journal.log().writer()).await {
        Ok(()) => None,
        Err(WriteError::Fenced) => Some(Ok(())),
        Err(WriteError::Db(error)) => Some(Err(error.into())),
    }
}

/// Why a run ends that is not even taken up.
fn imposed(
    shared: &Shared,
    cancel_reason: Option<&str>,
    lost: u32,
    run: &RunOf,
) -> Option<Failure> {
    if let Some(reason) = cancel_reason {
        return Some(cancelled(reason));
    }
    if run.start.deadline_us.is_some_and(|deadline_us| deadline_us <= now_us()) {
        return Some(past_deadline());
    }
    let most = shared.settings.most_losses;
    (lost >= most).then(|| {
        let message = format!("{most} workers in a row lost this run");
        Failure::new(Code::AttemptsExhausted, message).hint(
            "Look at what the workers logged when they ended; run it again when that is mended.",
        )
    })
}

/// The version that the run is pinned to. The inner error ends the run.
async fn version(
    shared: &Shared,
    run: &RunOf,
) -> Result<Result<Arc<Version>, Box<Failure>>, ExecutorError> {
    let (digest, clients) = (&run.start.source_digest, &run.start.clients);
    if let Some(version) = shared.sources.kept(digest, clients) {
        return Ok(Ok(version));
    }
    let Some(source) = shared.store.tenant(&run.tenant).source(digest).await? else {
        let message = format!("the source {digest} is not in the store");
        return Ok(Err(Box::new(Failure::new(Code::PlatformError, message))));
    };
    let Some(texts) = shared.services.texts(&shared.store, clients).await? else {
        return Ok(Err(Box::new(no_client())));
    };
    Ok(match shared.sources.version(&shared.sandbox, &source, clients, &texts).await {
        Ok(version) => version,
        Err(error) => Err(Box::new(Failure::new(Code::PlatformError, error.to_string()))),
    })
}

/// Runs the guest, and writes down how that ended.
async fn guest(
    shared: &Arc<Shared>,
    run: &RunOf,
    before: Before,
    journal: Journal,
    outstanding: Outstanding,
    pokes: UnboundedReceiver<Poke>,
    day: &Day,
) -> Result<(), ExecutorError> {
    let history = Arc::new(before.history);
    if history.outstanding().next().is_some() {
        for performer in shared.settings.performers.values() {
            performer.prepare().await?;
        }
    }
    let version = outstanding.version();
    let Some(seed) = seed_of_try(&run.start.seed, before.retries) else {
        return Err(DbError::corrupt(format!("the seed of {}", run.id)).into());
    };
    let attempt = Attempt {
        source: Arc::clone(&version.source),
        code: Arc::clone(&version.described.code),
        flow: run.start.flow.clone(),
        input: run.start.input.clone(),
        grants: run.start.grants.clone(),
        withheld: run.start.withheld.clone(),
        uses: run.start.uses.clone(),
        limits: day.narrowed(&run.start.limits),
        seed,
        history: Arc::clone(&history),
        replay: Replay::Resume,
    };
    let (parting, parted) = oneshot::channel();
    let deadline_us = run.start.deadline_us;
    let mut door = RecordingDoor::new(journal, outstanding, history, pokes, parting, deadline_us);
    let ended = {
        let ran = shared.sandbox.run(attempt, &mut door, std::future::pending());
        tokio::select! {
            biased;
            why = parted => Err(why),
            ended = ran => Ok(ended),
        }
    };
    let (ended, usage) = match ended {
        Ok(Ok(ended)) => ended,
        // The record of a run has an end whatever happens.
        Ok(Err(error)) => {
            let failure = Failure::new(Code::PlatformError, error.to_string());
            let outcome = Outcome::from_failure(failure);
            (Ended::Finished { outcome, observed: Observed::default() }, Usage::default())
        }
        Err(Ok(Parted::Broken(error))) => return Err(error.into()),
        Err(Ok(Parted::Released)) => {
            let why = AttemptEnd::Released;
            let body = EventBody::AttemptEnded { why, usage: Usage::default() };
            let wakes = door.outstanding.wakes_seen;
            return commit(&mut door.journal, Observed::default(), body, wakes)
                .await
                .map_err(Into::into);
        }
        Err(Ok(Parted::Fenced) | Err(_)) => return Ok(()),
    };
    let wakes = door.outstanding.wakes_seen;
    let (observed, body) = match ended {
        Ended::Suspended => {
            let why = AttemptEnd::Suspended { wake_at_us: door.wake_at_us() };
            (Observed::default(), EventBody::AttemptEnded { why, usage })
        }
        Ended::Finished { outcome, observed } => {
            door.outstanding.give_up_work();
            let outcome = day.judged(outcome, &run.start.limits);
            let retries = before.retries;
            (observed, end_or_retry(run, outcome, usage, &before.usage, retries))
        }
        Ended::Exhausted => {
            return Err(DbError::corrupt(format!("a live attempt of {}", run.id)).into());
        }
    };
    match door.outstanding.settle().await {
        Err(Done::Broken(error)) => return Err(error.into()),
        // Another worker has the run: what is left is its.
        Err(_) => return Ok(()),
        Ok(()) => {}
    }
    // A worker that died between the end of a call and this left a child of whom nobody else knows.
    let has_children = before.has_children || door.outstanding.has_children;
    if has_children
        && matches!(body, EventBody::RunEnded { .. })
        && let Some(parted) = without_children(shared, run, &door.journal).await
    {
        return parted;
    }
    commit(&mut door.journal, observed, body, wakes).await.map_err(Into::into)
}

fn end_or_retry(
    run: &RunOf,
    outcome: Outcome,
    usage: Usage,
    before: &Usage,
    retries: u32,
) -> EventBody {
    if let Some(failure) = outcome.failure()
        && let Some(delay_ms) = run.start.retry.delay_ms(failure, retries + 1, chance())
    {
        let due_at_us = now_us() + delay_ms * 1_000;
        let why = AttemptEnd::Retried { failure: Box::new(failure.clone()), due_at_us };
        return EventBody::AttemptEnded { why, usage };
    }
    EventBody::RunEnded { outcome, usage: before.and(&usage) }
}

/// Appends the last event of an attempt. That another worker has the run by now is no error: its
/// record is the right one.
async fn commit(
    journal: &mut Journal,
    observed: Observed,
    body: EventBody,
    wakes_seen: u64,
) -> Result<(), DbError> {
    match journal.close(NewEvent { at_us: now_us(), observed, body }, wakes_seen).await {
        Ok(_) | Err(WriteError::Fenced) => Ok(()),
        Err(WriteError::Db(error)) => Err(error),
    }
}

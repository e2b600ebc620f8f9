//! Opens the store in the states that power cuts leave, and compares it with what was acknowledged.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

use sluice_db::{RunFilter, Store, Tenant};
use sluice_model::{Event, EventBody, RunId, TenantId};

use crate::cuts::Cut;
use crate::disk::{Chance, Disk, Files, Survivors};
use crate::recording::scratch;
use crate::trace::Operation;
use crate::workload::{STORE, message, read_mark};

/// How many states are examined side by side.
const EXAMINERS: usize = 2;

/// What was acknowledged before a power cut: for each run the number of its last promised event.
type Promises = BTreeMap<String, u64>;

/// One state of the disk that is to be examined.
struct State {
    /// What to call it where it is not as it should be.
    name: String,
    files: Files,
    promises: Promises,
}

/// What the examination of all states came to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// How many states there were.
    pub(crate) states: usize,
    /// How many events were acknowledged in the whole workload.
    pub(crate) acknowledged: u64,
    /// How many acknowledged events were missing, in all states together.
    pub(crate) lost: u64,
    /// In how many states some were missing.
    pub(crate) states_with_loss: usize,
    /// All that was wrong besides.
    pub(crate) unsound: Vec<String>,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { states, acknowledged, lost, states_with_loss, unsound } = self;
        write!(f, "{states} states, {acknowledged} acknowledged events, ")?;
        write!(f, "{lost} lost in {states_with_loss} states, {} unsound", unsound.len())
    }
}

/// Examines what each of the cuts leaves. They are in the order of the trace.
pub(crate) fn examine(operations: &[Operation<'_>], cuts: &[Cut], chance: &mut Chance) -> Figures {
    let figures = Mutex::new(Figures::default());
    let (sender, receiver) = sync_channel(EXAMINERS);
    let receiver = Arc::new(Mutex::new(receiver));
    std::thread::scope(|scope| {
        let figures = &figures;
        for _ in 0..EXAMINERS {
            let receiver = receiver.clone();
            scope.spawn(move || examiner(&receiver, figures));
        }
        // The examiners alone hold their end of the channel: when they panic, nobody waits for them.
        drop(receiver);
        let mut disk = Disk::default();
        let mut promises = Promises::new();
        let mut done = 0;
        for Cut { at, survivors } in cuts {
            for operation in &operations[done..*at] {
                disk.apply(*operation);
                if let Operation::Mark { text } = operation {
                    let (run, seq) = read_mark(text);
                    promises.insert(run.to_owned(), seq);
                }
            }
            done = *at;
            let mut files = disk.after_power_cut(*survivors, chance);
            if *survivors == Survivors::Any {
                let mut garbage = vec![0; 32 << 10];
                chance.fill(&mut garbage);
                files.insert(format!("{STORE}-shm"), garbage);
            }
            let name = format!("after operation {at}, {survivors:?} of the rest");
            let state = State { name, files, promises: promises.clone() };
            sender.send(state).expect("the examiners live");
        }
        drop(sender);
        figures.lock().expect("no examiner panicked").acknowledged = promises.values().sum();
    });
    figures.into_inner().expect("no examiner panicked")
}

fn examiner(states: &Mutex<Receiver<State>>, figures: &Mutex<Figures>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    loop {
        let next = states.lock().expect("no examiner panicked here").recv();
        let Ok(state) = next else { break };
        let directory = scratch();
        for (name, content) in &state.files {
            fs::write(directory.path().join(name), content).expect("the state is laid out");
        }
        let found = runtime.block_on(open_and_compare(directory.path(), &state.promises));
        let mut figures = figures.lock().expect("no examiner panicked here");
        figures.states += 1;
        match found {
            Ok(0) => {}
            Ok(lost) => {
                figures.lost += lost;
                figures.states_with_loss += 1;
            }
            Err(why) => figures.unsound.push(format!("{}: {why}", state.name)),
        }
    }
}

/// How many promised events are missing, or what is unsound.
async fn open_and_compare(directory: &Path, promises: &Promises) -> Result<u64, String> {
    let path = directory.join(STORE);
    let store = Store::open(path.to_str().ok_or("the path is no text")?).await;
    let store = store.map_err(|error| format!("it does not open: {error}"))?;
    let sound = store.admin().integrity_check().await;
    let compared = compare(&store.tenant(&TenantId::local()), promises).await;
    store.close().await;
    match sound.map_err(|error| error.to_string())?.as_slice() {
        [] => compared,
        wrong => Err(format!("its file is damaged: {wrong:?}")),
    }
}

async fn compare(tenant: &Tenant, promises: &Promises) -> Result<u64, String> {
    let filter = RunFilter { limit: Some(1_000), ..RunFilter::default() };
    let rows = tenant.runs(&filter).await.map_err(|error| error.to_string())?;
    let mut found = BTreeMap::new();
    for row in rows {
        let count =
            check_record(tenant, &row.id).await.map_err(|why| format!("{}: {why}", row.id))?;
        found.insert(row.id.to_string(), count);
    }
    let missing = |(run, promised): (&String, &u64)| {
        promised.saturating_sub(found.get(run).copied().unwrap_or(0))
    };
    Ok(promises.iter().map(missing).sum())
}

/// How many events a run has; they are whole, in order, and say what was written.
async fn check_record(tenant: &Tenant, run: &RunId) -> Result<u64, String> {
    let verified = tenant.verify(run).await.map_err(|error| error.to_string())?;
    if let Some(bad) = verified.first_bad {
        return Err(format!("its record is not whole: {bad}"));
    }
    let events = tenant.events(run, 0, 10_000).await.map_err(|error| error.to_string())?;
    for (event, seq) in events.iter().zip(1..) {
        if !is_as_written(run, event, seq) {
            return Err(format!("event {seq} is another: {event:?}"));
        }
    }
    Ok(events.len() as u64)
}

fn is_as_written(run: &RunId, event: &Event, seq: u64) -> bool {
    let body_fits = match &event.body {
        EventBody::RunQueued(start) => seq == 1 && start.flow == "power_cut",
        EventBody::Log { message: found, .. } => *found == message(run, seq),
        EventBody::RunEnded { .. } => true,
        _ => false,
    };
    event.seq == seq && body_fits
}

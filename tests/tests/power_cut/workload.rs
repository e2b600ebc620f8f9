//! The workload: sessions of a store in which runs are submitted, taken up and written to side by
//! side. After each acknowledgement, and not before, it says so with a mark: a run, and the number of
//! the last of its events that is promised.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use sluice_db::{AppendTicket, Claim, Leased, NewEvent, NewRun, Places, Store};
use sluice_model::{
    Attributes, EventBody, Level, Limits, Observed, Outcome, RetryPolicy, RunId, SpanId, Start,
    TenantId, Usage,
};

/// The test that is the workload, as the test runner knows it.
pub(crate) const NAME: &str = "workload::under_the_shim";
/// The variable that says `full` or `normal`. Without it the workload does nothing.
pub(crate) const SYNCHRONOUS: &str = "SLUICE_POWER_CUT_SYNCHRONOUS";
/// What it says when it is done, the store still open.
pub(crate) const DONE: &str = "the workload is done";

/// The store's file in its directory.
pub(crate) const STORE: &str = "store.db";
/// What the workload runs are pinned to.
const IMAGE: &str = "00";

const SESSIONS: u32 = 2;
const WRITERS: u32 = 4;
const RUNS_OF_A_WRITER: u32 = 4;
const APPENDS_OF_A_RUN: u32 = 20;

#[test]
#[ignore = "the other tests run it, under the shim"]
fn under_the_shim() {
    let Ok(synchronous) = std::env::var(SYNCHRONOUS) else { return };
    let directory = std::env::var("POWER_CUT_DIRECTORY").expect("where the store is to be");
    let marks = std::env::var("POWER_CUT_MARKS").expect("where marks go");
    let marks = Arc::new(File::create(marks).expect("the file of marks"));
    let path = Path::new(&directory).join(STORE);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        for session in 1..=SESSIONS {
            let address = path.to_str().expect("the path is text");
            let store = match synchronous.as_str() {
                "normal" => Store::open_without_sync(address).await,
                _ => Store::open(address).await,
            };
            let store = store.expect("the store opens");
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| tokio::spawn(write(store.clone(), marks.clone(), session, writer)))
                .collect();
            for writer in writers {
                writer.await.expect("a writer writes");
            }
            // The last session is never closed: its log stays as it is.
            if session == SESSIONS {
                let mut output = std::io::stdout();
                writeln!(output, "{DONE}").and_then(|()| output.flush()).expect("somebody listens");
                // It ends here, by the hand of whoever started it.
                std::io::stdin().read_to_end(&mut Vec::new()).expect("the input is a pipe");
            } else {
                store.close().await;
            }
        }
    });
}

/// One writer: submits runs and writes their records. Every other run it takes up as it submits it;
/// for the others it asks the queue, which may give it another writer's.
async fn write(store: Store, marks: Arc<File>, session: u32, writer: u32) {
    let tenant = store.tenant(&TenantId::local());
    let worker = format!("writer-{session}-{writer}");
    let claim = Claim { worker, lease_until_us: 1 << 60 };
    for number in 0..RUNS_OF_A_WRITER {
        let mut run = new_run(session, writer, number);
        run.claim = (number % 2 == 0).then(|| claim.clone());
        let submitted = tenant.submit(run).await.expect("the run is submitted");
        mark(&marks, &submitted.run, 1);
        let leased = if let Some(leased) = submitted.leased {
            vec![leased]
        } else {
            let claimed = store.queue().claim(&claim, IMAGE, None, 1, &Places::new(1, [])).await;
            claimed.expect("the queue answers")
        };
        for leased in leased {
            write_record(leased, &marks).await;
        }
    }
}

async fn write_record(mut leased: Leased, marks: &File) {
    for append in 0..APPENDS_OF_A_RUN {
        // Two at once now and then: the second is queued before the first is answered.
        let first = append_logs(&mut leased, 1 + append % 4);
        let second = (append % 3 == 0).then(|| append_logs(&mut leased, 1));
        for ticket in [Some(first), second].into_iter().flatten() {
            let seq = ticket.await.expect("the events are written");
            mark(marks, &leased.run, seq);
        }
    }
    let outcome = Outcome::Succeeded { output: serde_json::Value::Null };
    let end = EventBody::RunEnded { outcome, usage: Usage::default() };
    let end = NewEvent { at_us: 2, observed: Observed::default(), body: end };
    let seq = leased.log.append(vec![end]).await;
    mark(marks, &leased.run, seq.expect("the end is written"));
}

fn append_logs(leased: &mut Leased, count: u32) -> AppendTicket {
    let first = leased.log.next_seq();
    let event = |place: u32| {
        let body = EventBody::Log {
            span: SpanId::RUN,
            level: Level::Info,
            message: message(&leased.run, first + u64::from(place)),
            attributes: Attributes::new(),
            stream: None,
        };
        NewEvent { at_us: 1, observed: Observed::default(), body }
    };
    let events = (0..count).map(event).collect();
    leased.log.append(events)
}

/// What the log line with that number says: now and then more than a row holds.
pub(crate) fn message(run: &RunId, seq: u64) -> String {
    let repeated = if seq % 16 == 5 { 400 } else { 1 + seq % 5 };
    format!("{run} {seq}; ").repeat(usize::try_from(repeated).expect("it is small"))
}

fn mark(mut marks: &File, run: &RunId, seq: u64) {
    let text = format!("{run} {seq}");
    assert_eq!(marks.write(text.as_bytes()).expect("the mark is written"), text.len());
}

/// What a mark says.
pub(crate) fn read_mark(text: &str) -> (&str, u64) {
    let (run, seq) = text.split_once(' ').expect("a mark is a run and a number");
    (run, seq.parse().expect("a mark ends with a number"))
}

fn new_run(session: u32, writer: u32, number: u32) -> NewRun {
    let mut random = [0; 10];
    random[..4].copy_from_slice(&writer.to_be_bytes());
    random[4..8].copy_from_slice(&number.to_be_bytes());
    let source = format!("# The flow of writer {writer} in session {session}.\n");
    let start = Start {
        tenant: TenantId::local(),
        flow: "power_cut".to_owned(),
        // Any name of the source will do here.
        source_digest: format!("{session:032x}{writer:032x}"),
        clients: std::collections::BTreeMap::new(),
        image_digest: IMAGE.to_owned(),
        input: serde_json::json!({ "number": number }),
        seed: "00".repeat(32),
        grants: Vec::new(),
        withheld: Vec::new(),
        uses: Vec::new(),
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        deadline_us: None,
        started_by: None,
        parent: None,
        forked_from: None,
        trace: None,
    };
    NewRun {
        id: RunId::new(u64::from(session), random),
        start,
        source: source.into(),
        at_us: 1,
        idempotency_key: None,
        prefix: Vec::new(),
        due_at_us: 1,
        claim: None,
    }
}

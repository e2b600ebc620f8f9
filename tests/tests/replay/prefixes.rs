//! Flows are recorded once and gone on with after every beginning of their records.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_model::{
    Answer, Attachment, AttemptEnd, Call, Code, Event, EventBody, Failure, Request, Usage,
};
use sluice_sandbox::{Ended, Sandbox};
use sluice_tests::{Report, Run, sandbox};
use tokio::task::JoinSet;

use crate::flows::{Draw, generated, whole};

/// A store with one key; its numbers are such as only exact JSON brings back.
fn answer(call: &Call) -> Option<Result<Answer, Box<Failure>>> {
    match &call.request {
        Request::Kv { action, .. } if action.key() == Some("missing") => {
            Some(Err(Box::new(Failure::new(Code::Exception, "there is no such key"))))
        }
        Request::Kv { .. } => {
            let bytes: Arc<[u8]> = b"attached".as_slice().into();
            let attachment =
                Attachment { digest: "of it".to_owned(), size_bytes: bytes.len() as u64, bytes };
            let value =
                json!({"numbers": [0.1 + 0.2, 1.0 / 3.0, 5e-324, 2.0_f64.powi(70), 8.0 / 7.0]});
            Some(Ok(Answer { value, attachment: Some(attachment) }))
        }
        Request::Artifact { .. } => Some(Ok(Answer::of(json!({"size_bytes": 50})))),
        _ => None,
    }
}

fn run(source: &str, seed: u8) -> Run {
    Run::of(source)
        .seed(seed)
        .uses(&["kv:*", "artifact:*"])
        .grants(&["kv:*", "artifact:*"])
        .answers(answer)
}

/// Attempts that go on at once: their waits overlap.
const AT_ONCE: usize = 64;

/// How many values of the output are decided by these events.
fn decided(events: &[Event]) -> usize {
    let tells = |event: &&Event| matches!(&event.body, EventBody::Log { message, .. } if message.starts_with("told "));
    events.iter().filter(tells).count()
}

/// A record, a line an event.
fn told(record: &[Event]) -> String {
    let line = |event: &Event| serde_json::to_string(event).expect("an event is JSON") + "\n";
    record.iter().map(line).collect()
}

fn values(report: &Report) -> &Vec<Value> {
    report.output().as_array().expect("a list of what was noted")
}

/// A replay of the whole record is the run.
async fn check_replay(run: Run, report: &Report, sandbox: &Sandbox) {
    let again = run.replay(&report.record).on(sandbox).await;
    assert_eq!(again.outcome(), report.outcome());
}

/// Goes on after each beginning of a record. Returns how many there were.
async fn check_prefixes(source: String, seed: u8, sandbox: Arc<Sandbox>) -> usize {
    let run = run(&source, seed);
    let first = Arc::new(run.clone().on(&sandbox).await);
    let whole = values(&first).len();
    assert_eq!(whole, decided(&first.record), "{source}");
    check_replay(run.clone(), &first, &sandbox).await;

    // The last event is the end of the run: nobody resumes that.
    let mut attempts = JoinSet::new();
    let cuts = first.record.len() - 1;
    for cut in 0..=cuts {
        let (run, first, sandbox) = (run.clone(), Arc::clone(&first), Arc::clone(&sandbox));
        let source = source.clone();
        if attempts.len() == AT_ONCE {
            attempts.join_next().await.expect("an attempt").expect("it goes on");
        }
        attempts.spawn(async move {
            let beginning = &first.record[..cut];
            let resumed = run.clone().resume(beginning).on(&sandbox).await;
            let at = || format!("cut after {cut}\n{source}\n{}", told(&first.record));
            assert_eq!(told(&resumed.record[..cut]), told(beginning), "{}", at());
            assert!(resumed.outcome().failure().is_none(), "{:#?}\n{}", resumed.outcome(), at());
            let known = decided(beginning);
            assert_eq!(values(&resumed)[..known], values(&first)[..known], "{}", at());
            assert_eq!(values(&resumed).len(), whole, "{}", at());
            assert!(
                resumed.tree.walk().all(|(_, span)| span.status.is_some()),
                "a span is left open: {}",
                at()
            );
            check_replay(run, &resumed, &sandbox).await;
        });
    }
    attempts.join_all().await;
    cuts + 1
}

#[tokio::test]
async fn generated_flows_go_on_after_every_beginning_of_their_records() {
    let sandbox = Arc::new(sandbox());
    let mut draw = Draw::new(1);
    let mut cuts = 0;
    for seed in 0..50 {
        cuts += check_prefixes(generated(&mut draw), seed, Arc::clone(&sandbox)).await;
    }
    assert!(cuts > 1_000, "{cuts} beginnings");
}

#[tokio::test]
async fn everything_at_once_goes_on_after_every_beginning_of_its_record() {
    check_prefixes(whole(), 200, Arc::new(sandbox())).await;
}

#[tokio::test]
async fn a_run_that_is_cut_again_and_again_comes_to_its_end() {
    let sandbox = sandbox();
    let mut draw = Draw::new(2);
    for seed in 0..10 {
        let run = run(&generated(&mut draw), seed);
        let mut record = run.clone().on(&sandbox).await.record;
        for _ in 0..8 {
            // The end of the run is taken away, and as much before it as chance says.
            record.truncate(record.len() - 1 - draw.below(record.len() / 2));
            let resumed = run.clone().resume(&record).on(&sandbox).await;
            let known = decided(&record);
            check_replay(run.clone(), &resumed, &sandbox).await;
            assert!(values(&resumed).len() >= known);
            record = resumed.record;
        }
    }
}

#[tokio::test]
async fn a_replay_ends_where_a_record_without_an_end_does() {
    let sandbox = sandbox();
    let source = "
import time
from sluice import flow
@flow
def lasting():
    with flow.step('first'):
        flow.sleep(0.001)
    flow.log.info('second')
    return time.time()
";
    let run = Run::of(source);
    let record = run.clone().on(&sandbox).await.record;
    for cut in 0..record.len() - 1 {
        let again = run.clone().replay(&record[..cut]).on(&sandbox).await;
        assert_eq!(again.ended, Ended::Exhausted, "cut after {cut}");
    }
}

#[tokio::test]
async fn a_run_that_is_tried_again_begins_anew_with_numbers_that_go_on() {
    let sandbox = sandbox();
    let source = "
from sluice import flow
@flow
def numbered():
    with flow.step('step'):
        flow.sleep(0.001)
    return 'done'
";
    let run = Run::of(source);
    let mut record = run.clone().on(&sandbox).await.record;
    let failure = Box::new(Failure::new(Code::Exception, "x"));
    let why = AttemptEnd::Retried { failure, due_at_us: 0 };
    let end = record.last_mut().expect("an end");
    end.body = EventBody::AttemptEnded { why, usage: Usage::default() };
    let tries = record.len();
    for cut in tries..2 * tries - 1 {
        let again = run.clone().resume(&record[..cut]).on(&sandbox).await;
        assert_eq!(again.output(), "done", "cut after {cut}");
        assert_eq!(again.outline(), "step ok\n  sleep ok\n".repeat(2), "cut after {cut}");
        let calls = again.record.iter().filter_map(|event| match &event.body {
            EventBody::CallStarted { call } => Some((call.call.0, call.span.0)),
            _ => None,
        });
        assert_eq!(calls.collect::<Vec<_>>(), [(1, 2), (2, 4)], "cut after {cut}");
        check_replay(run.clone(), &again, &sandbox).await;
        record = again.record;
    }
}

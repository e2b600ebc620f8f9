//! What the other side of the door does to a run: notes, stops, suspensions, answers.

use serde_json::json;
use sluice_model::{CallId, Code, EventBody, Failure, Request};
use sluice_sandbox::{Ended, FromDoor, ToDoor};
use sluice_tests::{Report, Run, sandbox};

const STEPS: &str = "
from sluice import flow
@flow
def steps():
    with flow.step('first'):
        flow.sleep(0.001)
    with flow.step('second'):
        flow.sleep(0.001)
    return 'done'
";

fn ends(report: &Report) -> usize {
    report.record.iter().filter(|event| matches!(event.body, EventBody::SpanEnded { .. })).count()
}

#[tokio::test]
async fn a_note_stands_on_the_span_of_its_call_while_that_is_open() {
    let sandbox = sandbox();
    let run = Run::of(STEPS).interferes(|message| {
        let mut attributes = sluice_model::Attributes::new();
        attributes.insert("run".to_owned(), json!("of a child"));
        match message {
            ToDoor::Start(call) if call.call == CallId(1) => {
                Some(FromDoor::Note { call: call.call, attributes })
            }
            // Too late: the first call is over.
            ToDoor::Start(_) => Some(FromDoor::Note { call: CallId(1), attributes }),
            _ => None,
        }
    });
    let report = run.clone().on(&sandbox).await;
    let noted: Vec<_> = report.events.iter().filter(|body| body.kind() == "span_set").collect();
    assert_eq!(noted.len(), 1);
    let call = report.tree.walk().find(|(_, span)| span.name == "sleep").expect("a call").1;
    assert_eq!(call.attributes["run"], "of a child");
    for cut in 0..report.record.len() {
        let resumed = run.clone().resume(&report.record[..cut]).on(&sandbox).await;
        assert_eq!(resumed.output(), "done");
    }
    let again = run.replay(&report.record).on(&sandbox).await;
    assert_eq!(again.output(), "done");
}

fn past_deadline() -> FromDoor {
    FromDoor::Stop(Box::new(Failure::new(Code::LimitDeadline, "the deadline has passed")))
}

#[tokio::test]
async fn a_stop_ends_the_run_with_its_failure() {
    let sandbox = sandbox();
    let run = Run::of(STEPS).interferes(|message| match message {
        ToDoor::Start(call) if call.call == CallId(2) => Some(past_deadline()),
        _ => None,
    });
    let report = run.clone().on(&sandbox).await;
    assert_eq!(report.code(), Code::LimitDeadline);
    assert_eq!(report.failure().step, ["second"]);
    let outline = "first ok\n  sleep ok\nsecond cancelled\n  sleep cancelled\n";
    assert_eq!(report.outline(), outline);
    let again = run.replay(&report.record).on(&sandbox).await;
    assert_eq!(again.ended, Ended::Exhausted);
}

#[tokio::test]
async fn a_stop_within_the_record_ends_what_the_whole_record_left_open() {
    let sandbox = sandbox();
    let record = Run::of(STEPS).on(&sandbox).await.record;
    // A guest whose last call is over comes to its end before anybody can stop it.
    for cut in 1..record.len() - 3 {
        let run = Run::of(STEPS).resume(&record[..cut]);
        let stopped = run
            .interferes(|message| {
                matches!(message, ToDoor::Replayed { .. } | ToDoor::Live).then(past_deadline)
            })
            .on(&sandbox)
            .await;
        assert_eq!(stopped.code(), Code::LimitDeadline, "cut after {cut}");
        assert!(stopped.tree.walk().all(|(_, span)| span.status.is_some()), "cut after {cut}");
        assert_eq!(ends(&stopped), stopped.tree.len(), "cut after {cut}");
    }
}

#[tokio::test]
async fn a_guest_that_has_something_to_do_is_not_suspended() {
    let source = "
from sluice import flow
@flow
def busy():
    for _ in range(10): flow.log.info('x')
    return sum(range(1_000_000))
";
    let run = Run::of(source)
        .interferes(|message| matches!(message, ToDoor::Event { .. }).then_some(FromDoor::Suspend));
    assert_eq!(run.on(&sandbox()).await.output(), 499_999_500_000_u64);
}

#[tokio::test]
async fn a_call_that_was_given_up_within_the_record_is_given_up_again() {
    let sandbox = sandbox();
    let source = "
from sluice import flow
import _sluice as host
@flow
def impatient():
    call = host.call_start(0, 0, '{\"duration_ms\": 3600000}', b'')
    host.call_cancel(call)
    flow.log.info('given up')
    return [ok for _, ok, _, _ in host.call_next(None)]
";
    let run = Run::of(source);
    let record = run.clone().on(&sandbox).await.record;
    for cut in 0..record.len() {
        let resumed = run.clone().resume(&record[..cut]).on(&sandbox).await;
        assert_eq!(resumed.output(), &json!([false]), "cut after {cut}");
    }
}

#[tokio::test]
async fn a_child_run_may_do_what_its_place_may() {
    let source = "
from sluice import flow
import _sluice as host
@flow
def parent():
    span = host.span_start(0, 'narrow', '{}', '[\"kv:notes\", \"flow:*\", \"ask\"]')
    host.call_start(span, 4, '{\"flow\": \"child\", \"input\": {}}', b'')
";
    let report = Run::of(source)
        .uses(&["flow:*", "kv:*", "rpc:calendar.*"])
        .grants(&["flow:child", "kv:*", "ask", "rpc:calendar.event_list"])
        .on(&sandbox())
        .await;
    let grants = report.events.iter().find_map(|body| match body {
        EventBody::CallStarted { call } => match &call.request {
            Request::Flow { grants, .. } => Some(grants.iter().map(ToString::to_string)),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(grants.expect("a child").collect::<Vec<_>>(), ["flow:child", "kv:notes"]);
}

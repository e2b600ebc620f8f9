//! A guest that does something else than its record holds is stopped, and both sides are shown.

use serde_json::Value;
use sluice_model::{Code, Event, EventBody, Failure, FailureKind, SpanStatus};
use sluice_sandbox::Ended;
use sluice_tests::{Report, Run, indent, sandbox};

const HEAD: &str = "
import asyncio, time
from sluice import flow
import _sluice as host

@flow
def changing():
";

fn flow(body: &str) -> Run {
    Run::of(&[HEAD, &indent(body, 4)].concat())
}

/// The record of one body, gone through with another: the event where they part.
async fn check(recorded: &str, replayed: &str) -> (Failure, Option<Event>) {
    let sandbox = sandbox();
    let record = flow(recorded).on(&sandbox).await.record;
    let replay = flow(replayed).replay(&record).on(&sandbox).await;
    let failure = replay.failure().clone();
    assert_eq!((failure.code, failure.kind), (Code::ReplayDiverged, FailureKind::ReplayError));
    assert!(failure.hint.is_some());
    let event = failure.details["seq"]
        .as_u64()
        .and_then(|seq| record.iter().find(|event| event.seq == seq).cloned());
    // A run that goes on is stopped at the same difference, and all that its record left open ends.
    let beginning = &record[..record.len() - 1];
    let resumed = flow(replayed).resume(beginning).on(&sandbox).await;
    if resumed.outcome().failure().is_some_and(|f| f.code == Code::ReplayDiverged) {
        assert!(resumed.record.starts_with(beginning));
        assert!(resumed.tree.walk().all(|(_, span)| span.status.is_some()));
        let ends = |report: &Report| {
            let ends = |e: &&Event| matches!(e.body, EventBody::SpanEnded { .. });
            report.record.iter().filter(ends).count()
        };
        assert_eq!(ends(&resumed), resumed.tree.len(), "each span ends once");
    }
    (failure, event)
}

fn side<'a>(failure: &'a Failure, side: &str, member: &str) -> &'a Value {
    &failure.details[side][member]
}

#[tokio::test]
async fn another_step() {
    let (failure, event) =
        check("with flow.step('load'): pass\nreturn 1", "with flow.step('save'): pass\nreturn 1")
            .await;
    assert_eq!(side(&failure, "recorded", "name"), "load");
    assert_eq!(side(&failure, "asked", "name"), "save");
    assert!(matches!(event.map(|e| e.body), Some(EventBody::SpanStarted { .. })));
    assert!(failure.message.contains("\"load\"") && failure.message.contains("\"save\""));
}

#[tokio::test]
async fn other_arguments_of_a_call() {
    let (failure, _) = check("flow.sleep(0.001)", "flow.sleep(0.002)").await;
    assert_eq!(side(&failure, "recorded", "request")["duration_ms"], 1);
    assert_eq!(side(&failure, "asked", "request")["duration_ms"], 2);
}

#[tokio::test]
async fn another_attachment_of_a_call() {
    let keep = |bytes: &str| {
        format!("host.call_start(0, 8, '{{\"name\": \"n\", \"media_type\": \"x\"}}', b'{bytes}')")
    };
    let sandbox = sandbox();
    let run = |bytes| flow(&keep(bytes)).uses(&["artifact:*"]).grants(&["artifact:*"]);
    let record = run("one").on(&sandbox).await.record;
    let same = run("one").replay(&record).on(&sandbox).await;
    assert_eq!(same.output(), &Value::Null);
    let other = run("two").replay(&record).on(&sandbox).await;
    assert_eq!(other.code(), Code::ReplayDiverged);
    assert_eq!(side(other.failure(), "asked", "attachment")["size_bytes"], 3);
}

#[tokio::test]
async fn a_call_less() {
    let (failure, event) = check("flow.sleep(0.001)\nflow.sleep(0.002)", "flow.sleep(0.001)").await;
    assert!(matches!(event.map(|e| e.body), Some(EventBody::SpanStarted { .. })));
    assert_eq!(side(&failure, "asked", "kind"), "run_ended");
}

#[tokio::test]
async fn a_call_more() {
    let (failure, event) = check("flow.sleep(0.001)", "flow.sleep(0.001)\nflow.sleep(0.002)").await;
    assert!(matches!(event.map(|e| e.body), Some(EventBody::RunEnded { .. })));
    assert_eq!(side(&failure, "recorded", "kind"), "run_ended");
    assert_eq!(side(&failure, "asked", "name"), "sleep");
}

#[tokio::test]
async fn another_output() {
    let (failure, _) = check("return 1", "return 2").await;
    assert_eq!(side(&failure, "recorded", "output"), 1);
    assert_eq!(side(&failure, "asked", "output"), 2);
}

#[tokio::test]
async fn an_error_instead_of_an_output() {
    let (failure, _) = check("return 1", "raise ValueError('x')").await;
    assert_eq!(side(&failure, "recorded", "outcome"), "succeeded");
    assert_eq!(side(&failure, "asked", "failure")["exception"], "ValueError");
}

#[tokio::test]
async fn a_wait_elsewhere() {
    let start = "call = flow.sleep.start(0.001)\n";
    let (failure, _) = check(
        &format!("{start}flow.log.info('a')\ncall.result()\nflow.log.info('b')"),
        &format!("{start}call.result()\nflow.log.info('a')\nflow.log.info('b')"),
    )
    .await;
    assert_eq!(side(&failure, "asked", "kind"), "next");
    assert_eq!(side(&failure, "recorded", "message"), "a");
    let (failure, _) = check(
        &format!("{start}call.result()\nflow.log.info('a')"),
        &format!("{start}flow.log.info('a')\ncall.result()"),
    )
    .await;
    assert_eq!(side(&failure, "recorded", "calls"), &serde_json::json!([1]));
    assert_eq!(side(&failure, "asked", "message"), "a");
}

#[tokio::test]
async fn a_longer_wait() {
    let recorded = "flow.sleep.start(0.001)\nhost.call_next(5000)\nflow.log.info('x')";
    let (failure, _) = check(recorded, &recorded.replace("5000", "6000")).await;
    assert_eq!(side(&failure, "recorded", "kind"), "waiting");
    assert_eq!(side(&failure, "asked", "kind"), "waiting");
}

#[tokio::test]
async fn a_replay_is_told_what_was_told_and_nothing_else() {
    let sandbox = sandbox();
    let source = "return [time.time(), host.call_next(1), time.time()]";
    let mut record = flow(source).on(&sandbox).await.record;
    let Some(Event { observed, .. }) = record.last_mut() else { panic!("no end") };
    observed.clock[0].1 += 1_000_000;
    let replay = flow(source).replay(&record).on(&sandbox).await;
    assert_eq!(replay.code(), Code::ReplayDiverged, "another time is another output");
}

#[tokio::test]
async fn a_run_that_was_ended_from_outside_is_gone_through_up_to_there() {
    let sandbox = sandbox();
    let body =
        "print('last words', end='')\nwith flow.step('forever'):\n    while True: time.time()";
    let began = |event: &EventBody| matches!(event, EventBody::SpanStarted { .. });
    let cancelled = flow(body).until(&sandbox, began).await;
    assert_eq!(cancelled.code(), Code::Cancelled);
    let replay = flow(body).limits(|limits| limits.cpu_time_ms = 100);
    let replay = replay.replay(&cancelled.record).on(&sandbox).await;
    assert_eq!(replay.ended, Ended::Exhausted);

    let limited = flow(body).limits(|limits| limits.cpu_time_ms = 100).on(&sandbox).await;
    assert_eq!(limited.code(), Code::LimitCpuTime);
    let replay = flow(&body.replace("while True: time.time()", "pass")).replay(&limited.record);
    assert_eq!(replay.on(&sandbox).await.ended, Ended::Exhausted);
    let body = "with flow.step('waits'):\n    flow.sleep(3600)";
    let timed_out = flow(body).limits(|limits| limits.wall_time_ms = 20).on(&sandbox).await;
    assert_eq!(timed_out.code(), Code::LimitWallTime);
    let replay = flow(body).replay(&timed_out.record).on(&sandbox).await;
    assert_eq!(replay.ended, Ended::Exhausted);
}

#[tokio::test]
async fn limits_end_a_replay_where_they_ended_the_run() {
    let sandbox = sandbox();
    for (code, body) in [
        (Code::LimitEvents, "while True: flow.log.info('x')"),
        (Code::LimitSpans, "while True: host.span_start(0, 'x', '{}', None)"),
        (Code::LimitCalls, "while True: flow.sleep.start(10)"),
        (Code::LimitMemory, "with flow.step('big'): bytearray(1 << 30)"),
        (Code::GuestFault, "with flow.step('odd'): host.span_end(99, 0, None)"),
        (Code::GuestExited, "import os\nprint('x', end='')\nos._exit(3)"),
        (Code::Deadlock, "with flow.step('none'): asyncio.run(asyncio.Event().wait())"),
    ] {
        let run = flow(body).limits(|limits| {
            limits.events = 300;
            limits.spans = 100;
            limits.calls = 50;
        });
        let report = run.clone().on(&sandbox).await;
        assert_eq!(report.code(), code);
        let replay = run.replay(&report.record).on(&sandbox).await;
        assert_eq!(replay.outcome(), report.outcome());
    }
}

#[tokio::test]
async fn a_worker_that_died_while_it_cleaned_up_has_nothing_ended_twice() {
    let sandbox = sandbox();
    let body =
        "flow.sleep.start(60)\nfor name in 'abc': host.span_start(0, name, '{}', None)\nreturn 1";
    let record = flow(body).on(&sandbox).await.record;
    let whole: Vec<_> =
        record.iter().filter(|e| matches!(e.body, EventBody::SpanEnded { .. })).collect();
    assert!(
        whole
            .iter()
            .all(|e| matches!(e.body, EventBody::SpanEnded { status: SpanStatus::Cancelled, .. }))
    );
    for cut in 1..record.len() {
        let resumed = flow(body).resume(&record[..cut]).on(&sandbox).await;
        assert_eq!(resumed.output(), 1);
        let ends = resumed.record.iter().filter(|e| matches!(e.body, EventBody::SpanEnded { .. }));
        assert_eq!(ends.count(), whole.len(), "cut after {cut}");
        let replay = flow(body).replay(&resumed.record).on(&sandbox).await;
        assert_eq!(replay.output(), 1);
    }
}

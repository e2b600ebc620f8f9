//! A run that can only wait is suspended, and goes on later as if it had waited.

use serde_json::Value;
use sluice_model::{Event, EventBody, Observed};
use sluice_sandbox::Ended;
use sluice_tests::{Report, Run, sandbox};

const HOUR_US: u64 = 3_600_000_000;

/// The record as if all of it had happened two hours ago.
fn two_hours_ago(record: &[Event]) -> Vec<Event> {
    let mut record = record.to_vec();
    for event in &mut record {
        event.at_us -= 2 * HOUR_US;
        for (_, ms) in &mut event.observed.clock {
            *ms -= 2 * HOUR_US / 1_000;
        }
        if let EventBody::Waiting { until_ms } = &mut event.body {
            *until_ms -= 2 * HOUR_US / 1_000;
        }
    }
    record
}

fn count(report: &Report, kind: &str) -> usize {
    report.record.iter().filter(|event| event.body.kind() == kind).count()
}

/// Suspends the flow, and lets it go on two hours after. It returns what it knew before its wait, and
/// how many milliseconds passed meanwhile.
async fn check(statements: &str) -> Report {
    let sandbox = sandbox();
    let source = format!(
        "
import asyncio, time, uuid
from sluice import flow
import _sluice as host

@flow
def patient():
    before = [host.now_ms(), uuid.uuid4().hex]
    flow.log.info(before[1])
{}    return [*before, uuid.uuid4().hex, host.now_ms()]
",
        sluice_tests::indent(statements, 4)
    );
    let run = Run::of(&source);
    let suspended = run.clone().suspends().on(&sandbox).await;
    assert_eq!(suspended.ended, Ended::Suspended);
    assert_eq!(count(&suspended, "span_ended") + count(&suspended, "call_ended"), 0);

    let early = run.clone().suspends().resume(&suspended.record).on(&sandbox).await;
    assert_eq!(early.ended, Ended::Suspended, "it waits for what is left");
    assert_eq!(early.events, [], "and says nothing again");

    let record = two_hours_ago(&early.record);
    let resumed = run.clone().resume(&record).on(&sandbox).await;
    let output = resumed.output();
    let at_ms = |value: &Value| value.as_u64().expect("a time");
    let passed_ms = at_ms(&output[3]) - at_ms(&output[0]);
    assert!(passed_ms >= 2 * HOUR_US / 1_000, "{passed_ms} ms passed");
    let logged = resumed.record.iter().find_map(|event| match &event.body {
        EventBody::Log { message, .. } => Some(message.as_str()),
        _ => None,
    });
    assert_eq!(output[1].as_str(), logged);
    assert_ne!(output[1], output[2]);
    let again = run.replay(&resumed.record).on(&sandbox).await;
    assert_eq!(again.outcome(), resumed.outcome());
    resumed
}

#[tokio::test]
async fn a_sleep_of_an_hour_is_over_when_its_time_has_passed() {
    let report = check("flow.sleep(3600)").await;
    assert_eq!(report.outline(), "sleep ok\n");
    assert_eq!(count(&report, "waiting"), 0);
}

#[tokio::test]
async fn a_timer_of_asyncio_waits_for_what_is_left() {
    let report = check("asyncio.run(asyncio.sleep(3600))").await;
    assert_eq!(count(&report, "waiting"), 1);
}

#[tokio::test]
async fn a_timeout_passes_while_the_run_is_suspended() {
    let waits =
        "try:\n    flow.sleep.start(7 * 24 * 3600).result(timeout=3600)\nexcept TimeoutError: pass";
    let report = check(waits).await;
    assert_eq!(report.outline(), "sleep cancelled\n");
}

#[tokio::test]
async fn coroutines_wait_together() {
    let waits = "
async def nap(hours):
    async with flow.step(f'nap {hours}'):
        await asyncio.sleep(3600 * hours)
async def main():
    await asyncio.gather(nap(0.5), nap(1), flow.sleep.start(1800))
asyncio.run(main())";
    check(waits).await;
}

#[tokio::test]
async fn the_end_of_a_call_may_be_recorded_while_nobody_waits() {
    let sandbox = sandbox();
    let source = "
from sluice import flow
@flow
def patient():
    flow.sleep(3600)
    return 'slept'
";
    let run = Run::of(source);
    let mut record = run.clone().suspends().on(&sandbox).await.record;
    let Some(EventBody::CallStarted { call }) = record
        .iter()
        .map(|event| event.body.clone())
        .find(|body| matches!(body, EventBody::CallStarted { .. }))
    else {
        panic!("no call")
    };
    let at_us = record[0].at_us + HOUR_US;
    let body = EventBody::CallEnded { call: call.call, answer: None, failure: None };
    record.push(Event { seq: record.len() as u64 + 1, at_us, observed: Observed::default(), body });
    let resumed = run.resume(&record).on(&sandbox).await;
    assert_eq!(resumed.output(), "slept");
    assert_eq!(resumed.outline(), "sleep ok\n", "the end of its span was missing");
}

#[tokio::test]
async fn a_loop_that_looks_at_the_clock_a_million_times_makes_a_short_record() {
    let sandbox = sandbox();
    let source = "
import _sluice as host
from sluice import flow
@flow
def busy():
    now_ms, seen = host.now_ms, set()
    for _ in range(1_000_000): seen.add(now_ms())
    return [len(seen), now_ms()]
";
    let run = Run::of(source);
    let report = run.clone().on(&sandbox).await;
    assert_eq!(report.record.len(), 2, "its beginning and its end");
    let clock = &report.record[1].observed.clock;
    let seen = report.output()[0].as_u64().expect("a count");
    assert!(clock.len() as u64 <= seen + 1, "{} changes, {seen} seen", clock.len());
    assert!(clock.len() < 10_000, "{} changes", clock.len());
    let again = run.replay(&report.record).on(&sandbox).await;
    assert_eq!(again.outcome(), report.outcome());
}

#[tokio::test]
async fn a_wait_of_a_flow_that_never_looked_at_the_clock_counts_from_its_beginning() {
    let sandbox = sandbox();
    let source = "
from sluice import flow
import _sluice as host
@flow
def blind():
    return host.call_next(3_600_000)
";
    let run = Run::of(source);
    let suspended = run.clone().suspends().on(&sandbox).await;
    let early = run.clone().suspends().resume(&suspended.record).on(&sandbox).await;
    assert_eq!(early.ended, Ended::Suspended);
    let resumed = run.resume(&two_hours_ago(&early.record)).on(&sandbox).await;
    assert_eq!(resumed.output(), &Value::Array(Vec::new()));
}

//! Every built-in flow that needs no server, with its input and its expected outcome.

use std::path::Path;

use serde_json::json;
use sluice_model::{Code, EventBody, Level};
use sluice_tests::{Run, built_in, describe, sandbox};

#[tokio::test]
async fn hello_greets() {
    let report = Run::of(&built_in("hello.py")).input(json!({"name": "Ada"})).on(&sandbox()).await;
    assert_eq!(report.output(), "Hello, Ada!");
    assert_eq!(report.outline(), "compose ok\n");
}

#[tokio::test]
async fn hello_has_a_default() {
    let report = Run::of(&built_in("hello.py")).on(&sandbox()).await;
    assert_eq!(report.output(), "Hello, world!");
}

#[tokio::test]
async fn access_log_report_reads_the_sample() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows/data/access.log");
    let log = std::fs::read_to_string(sample).expect("the sample is there");
    let lines = log.lines().count();
    let report = Run::of(&built_in("access_log_report.py"))
        .input(json!({"log": log, "top": 2}))
        .on(&sandbox())
        .await;
    let output = report.output();
    assert_eq!(output["requests"], lines - 2);
    assert_eq!(output["malformed"], 2);
    assert_eq!(output["first_at"], "2026-11-21T03:21:09+00:00");
    assert_eq!(output["top_paths"].as_array().map(Vec::len), Some(2));
    assert_eq!(report.outline(), "parse ok\nrank ok\n  paths ok\n  hosts ok\n");
    let parse = report.tree.walk().next().expect("the first span").1;
    assert_eq!(parse.attributes["malformed"], 2);
    assert_eq!(parse.progress, Some((2000, Some(lines as u64))));
    let warnings = report.events.iter().filter(
        |event| matches!(event, EventBody::Log { level: Level::Warning, attributes, .. } if attributes.contains_key("line")),
    );
    assert_eq!(warnings.count(), 2);
}

#[tokio::test]
async fn access_log_report_fails_on_a_log_that_is_none() {
    let report = Run::of(&built_in("access_log_report.py"))
        .input(json!({"log": "not a log\n"}))
        .on(&sandbox())
        .await;
    assert_eq!(report.code(), Code::FlowFailed);
    assert_eq!(report.failure().message, "no line of the log could be read");
}

#[tokio::test(start_paused = true)]
async fn sleeps_that_are_started_run_at_once() {
    let began = tokio::time::Instant::now();
    let report =
        Run::of(&built_in("concurrent_calls.py")).flow("concurrent-plain").on(&sandbox()).await;
    assert_eq!(report.output(), 10);
    let sleeps = report.tree.walk().filter(|(depth, span)| *depth == 1 && span.name == "sleep");
    assert_eq!(sleeps.count(), 10);
    assert_eq!(began.elapsed().as_millis() / 10, 10, "ten sleeps of 100 ms take 100 ms");
}

#[tokio::test]
async fn coroutines_run_at_once() {
    let report =
        Run::of(&built_in("concurrent_calls.py")).flow("concurrent-async").on(&sandbox()).await;
    assert_eq!(report.output(), 10);
    let naps: Vec<_> = report.tree.walk().map(|(depth, span)| (depth, span.name.clone())).collect();
    assert_eq!(naps, (0..10).map(|n| (0, format!("nap {n}"))).collect::<Vec<_>>());
    let opened_before_any_ended = report
        .events
        .iter()
        .take_while(|event| !matches!(event, EventBody::SpanEnded { .. }))
        .filter(|event| matches!(event, EventBody::SpanStarted { .. }));
    assert_eq!(opened_before_any_ended.count(), 10);
}

#[tokio::test]
async fn a_step_is_tried_again() {
    let report = Run::of(&built_in("retries.py")).on(&sandbox()).await;
    assert_eq!(report.output(), 3);
    assert_eq!(
        report.outline().lines().filter(|line| line.starts_with("flaky")).collect::<Vec<_>>(),
        ["flaky failed", "flaky failed", "flaky ok"]
    );
}

#[tokio::test]
async fn a_mistake_is_explained() {
    let report = Run::of(&built_in("friendly_error.py"))
        .input(json!({"order": {"customer_id": 7, "password": "hunter2"}}))
        .on(&sandbox())
        .await;
    let failure = report.failure();
    assert_eq!(failure.code, Code::Exception);
    assert_eq!(failure.exception.as_deref(), Some("KeyError"));
    assert_eq!(failure.hint.as_deref(), Some("Did you mean 'customer_id'?"));
    assert_eq!(failure.step, ["load order"]);
    let frame = failure.frames.last().expect("a frame");
    assert_eq!((frame.file.as_str(), frame.line, frame.own), ("flow.py", Some(10), true));
    assert_eq!((frame.column, frame.end_column), (Some(20), Some(39)));
    let locals = serde_json::to_string(&frame.locals).expect("locals are JSON");
    assert!(locals.contains("customer_id") && !locals.contains("hunter2"), "{locals}");
}

#[tokio::test]
async fn what_is_not_granted_is_refused_with_the_word_that_would_allow_it() {
    let report = Run::of(&built_in("refused.py"))
        .input(json!({"event_id": "e1"}))
        .uses(&["rpc:calendar.event_list"])
        .grants(&["rpc:*"])
        .on(&sandbox())
        .await;
    assert_eq!(report.output(), "rpc:calendar.event_delete");
    let refused = report.events.iter().find_map(|event| match event {
        EventBody::CallRefused { capability, failure, .. } => Some((capability, failure)),
        _ => None,
    });
    let (capability, failure) = refused.expect("the refusal is an event");
    assert_eq!(capability, "rpc:calendar.event_delete");
    let hint = failure.hint.as_deref().expect("a hint");
    assert!(hint.contains("\"rpc:calendar.event_delete\""), "{hint}");
}

#[tokio::test]
async fn what_is_granted_and_has_nobody_to_do_it_is_not_available() {
    let report = Run::of(&built_in("approval.py"))
        .input(json!({"amount": 5}))
        .uses(&["ask"])
        .grants(&["ask"])
        .on(&sandbox())
        .await;
    assert_eq!(report.code(), Code::NotAvailable);
}

#[tokio::test]
async fn every_built_in_flow_is_described_without_problems() {
    let sandbox = sandbox();
    let mut names = Vec::new();
    for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows"))
        .expect("the flows are there")
        .filter_map(|entry| entry.expect("a readable entry").file_name().into_string().ok())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "py"))
    {
        let description = describe(&sandbox, &built_in(&file)).await.expect(&file);
        assert_eq!(description.problems, [], "{file}");
        names.extend(description.flows.into_iter().map(|flow| flow.name));
    }
    names.sort();
    assert_eq!(
        names,
        [
            "access-log-report",
            "approval",
            "concurrent-async",
            "concurrent-plain",
            "friendly-error",
            "hello",
            "notes",
            "plan-week",
            "refused",
            "reminder",
            "report-artifact",
            "retries",
            "square",
            "sum-of-squares",
            "triage",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn spans_say_the_line_that_opened_them() {
    let source = "
import asyncio
from sluice import flow

@flow.step
def decorated() -> None:
    flow.sleep(0.01)

async def through_the_standard_library() -> None:
    await asyncio.sleep(0)
    await flow.sleep.start(0.01)

@flow
def lines() -> int:
    with flow.step(
        'outer',
    ):
        decorated()
    asyncio.run(through_the_standard_library())
    exec('with flow.step(\"made\"): pass')
    return 1
";
    let report = Run::of(source).on(&sandbox()).await;
    assert_eq!(report.output(), 1);
    let lines: Vec<_> =
        report.tree.walk().map(|(_, span)| (span.name.as_str(), span.line)).collect();
    let expected = [("outer", 15), ("decorated", 5), ("sleep", 7), ("sleep", 11), ("made", 20)];
    assert_eq!(lines, expected.map(|(name, line)| (name, Some(line))));
}

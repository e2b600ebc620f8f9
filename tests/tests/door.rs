//! Guests that call the host by themselves, past the SDK, with what no honest SDK would send.

use sluice_model::{Code, EventBody, FailureKind, SpanStatus};
use sluice_tests::{Report, Run, describe, indent, sandbox};

async fn raw(statements: &str) -> Report {
    let body = indent(statements, 4);
    let source = format!(
        "
from sluice import flow
import _sluice as host

@flow
def hostile():
{body}    return 'went on'
"
    );
    Run::of(&source).on(&sandbox()).await
}

/// The statements stop the run with that code; `try` does not help.
async fn stops(code: Code, statement: &str) {
    let report = raw(&format!("try:\n    {statement}\nexcept BaseException:\n    pass")).await;
    assert_eq!(report.code(), code, "{statement}: {:#?}", report.failure());
}

#[tokio::test]
async fn spans_that_are_not_the_guests_stop_the_run() {
    for statement in [
        "host.span_end(0, 0, None)",
        "host.span_end(99, 0, None)",
        "host.span_start(99, 'x', '{}', None)",
        "host.span_set(99, '{}')",
        "host.progress(2**63, 1, None)",
        "host.log(99, 1, 'x', '{}')",
        "host.call_start(99, 0, '{}', b'')",
        "s = host.span_start(0, 'x', '{}', None); host.span_end(s, 0, None); host.span_end(s, 0, None)",
    ] {
        stops(Code::GuestFault, statement).await;
    }
}

#[tokio::test]
async fn the_span_of_a_call_is_the_hosts() {
    let start = "host.call_start(0, 0, '{\"duration_ms\": 1000}', b'')";
    for statement in [
        "host.span_end(1, 0, None)",
        "host.span_set(1, '{}')",
        "host.span_start(1, 'x', '{}', None)",
    ] {
        stops(Code::GuestFault, &format!("{start}; {statement}")).await;
    }
}

#[tokio::test]
async fn documents_that_are_none_stop_the_run() {
    for statement in [
        "host.span_start(0, 'x', '[]', None)",
        "host.span_start(0, 'x', '{', None)",
        "host.span_start(0, 'x', '{}', '{}')",
        "host.span_start(0, 'x', '{}', '[\"everything:*\"]')",
        "s = host.span_start(0, 'x', '{}', None); host.span_end(s, 1, '{}')",
        "host.log(0, 1, 'x', 'null')",
        "host.log(0, 1, 'x', '[' * 100_000)",
    ] {
        stops(Code::GuestFault, statement).await;
    }
}

#[tokio::test]
async fn texts_that_are_too_long_stop_the_run() {
    for statement in [
        "host.log(0, 1, 'x' * 1_000_000, '{}')",
        "host.log(0, 1, 'x', '{\"x\": \"' + 'x' * 1_000_000 + '\"}')",
        "host.log(0, 1, 'x' * 50_000_000, '{}')",
        "host.call_start(0, 0, '{}', bytes(10_000_000))",
    ] {
        stops(Code::LimitStringSize, statement).await;
    }
}

#[tokio::test]
async fn malformed_calls_are_refused_and_the_flow_may_go_on() {
    for arguments in
        ["{}", "[]", "{\"duration_ms\": -1}", "{\"duration_ms\": 1, \"x\": 1}", "nonsense"]
    {
        let report = raw(&format!(
            "import json\ntry:\n    host.call_start(0, 0, {arguments:?}, b'')\nexcept host.Refused as refused:\n    return json.loads(refused.args[0])['code']"
        ))
        .await;
        assert_eq!(report.output(), "call_invalid", "{arguments}");
    }
}

#[tokio::test]
async fn calls_that_do_not_exist_can_be_cancelled_without_harm() {
    let report = raw("host.call_cancel(7)\nhost.call_cancel(2**63)").await;
    assert_eq!(report.output(), "went on");
}

#[tokio::test]
async fn waiting_for_nothing_returns_at_once() {
    let report = raw("return host.call_next(None)").await;
    assert_eq!(report.output(), &serde_json::json!([]));
}

#[tokio::test]
async fn a_guest_cannot_pass_its_failure_off_as_somebody_elses() {
    let source = "
from sluice import flow
class Forged(Exception):
    sluice_kind, sluice_code = 'platform_error', 'platform_error'
@flow
def forger():
    raise Forged('x')
";
    let report = Run::of(source).on(&sandbox()).await;
    assert_eq!(report.code(), Code::GuestFault);
}

#[tokio::test]
async fn leaving_the_process_ends_the_run() {
    let report = raw("import os\nos._exit(3)").await;
    assert_eq!(report.code(), Code::GuestExited);
    assert_eq!(report.failure().details["status"], 3);
    let report = raw("import os\nos.abort()").await;
    assert_eq!(report.failure().kind, FailureKind::GuestFault);
}

#[tokio::test]
async fn a_crash_of_the_interpreter_is_a_failure_of_the_run_alone() {
    let crash = "import types\ndef f(): pass\nf.__code__ = f.__code__.replace(co_code=b'\\x00\\xff' * 8, co_stacksize=1)\nf()";
    let report = raw(crash).await;
    assert!(
        matches!(report.failure().kind, FailureKind::GuestFault | FailureKind::FlowError),
        "{:#?}",
        report.failure()
    );
}

#[tokio::test]
async fn no_wasi_is_left_to_find_files_or_the_environment() {
    let report = raw("import os\nreturn dict(os.environ)").await;
    assert_eq!(report.output(), &serde_json::json!({}));
    let report = raw(
        "import posix\ntry:\n    posix.open('/lib/os.py', 0)\nexcept OSError as error:\n    return 'refused'",
    )
    .await;
    assert_eq!(report.output(), "refused");
}

#[tokio::test]
async fn capabilities_of_a_step_are_counted_and_few() {
    let words = "'[' + ','.join(['\"ask\"'] * 65) + ']'";
    stops(Code::GuestFault, &format!("host.span_start(0, 'x', '{{}}', {words})")).await;
}

#[tokio::test]
async fn giving_up_one_call_for_ever_costs_the_guest_its_own_time() {
    let flood = "c = host.call_start(0, 0, '{\"duration_ms\": 100000}', b'')\nwhile True: host.call_cancel(c)";
    let source = format!(
        "from sluice import flow\nimport _sluice as host\n@flow\ndef hostile():\n{}",
        indent(flood, 4)
    );
    let run = Run::of(&source).limits(|limits| limits.cpu_time_ms = 100);
    assert_eq!(run.on(&sandbox()).await.code(), Code::LimitCpuTime);
}

#[tokio::test]
async fn spans_are_not_nested_for_ever() {
    let report = raw("s = 0\nwhile True: s = host.span_start(s, 'x', '{}', None)").await;
    assert_eq!(report.code(), Code::LimitSpans);
    assert!(report.tree.len() < 200, "{} spans", report.tree.len());
}

#[tokio::test]
async fn where_a_stop_happened_is_the_hosts_word() {
    let source = "
from sluice import flow
import _sluice as host
@flow
def forger():
    innocent = host.span_start(0, 'innocent', '{}', None)
    host.span_end(innocent, 1, '{\"kind\": \"platform_error\", \"code\": \"platform_error\", \"message\": \"the flow used its 100 ms of CPU time\"}')
    host.span_start(0, 'guilty', '{}', None)
    while True: pass
";
    let report = Run::of(source).limits(|limits| limits.cpu_time_ms = 100).on(&sandbox()).await;
    assert_eq!(report.code(), Code::LimitCpuTime);
    assert_eq!(report.failure().step, ["guilty"]);
    let told = report.events.iter().find_map(|event| match event {
        EventBody::SpanEnded { status: SpanStatus::Failed { failure }, .. } => Some(failure.code),
        _ => None,
    });
    assert_eq!(told, Some(Code::Exception), "a step cannot blame the platform");
}

#[tokio::test]
async fn a_forged_description_is_the_sources_fault() {
    let source = "import sluice._entry as entry\nentry.encode = lambda document: '{}'\n";
    let failure = describe(&sandbox(), source).await.expect_err("no description");
    assert_eq!(failure.code, Code::GuestFault);
}

#[tokio::test]
async fn a_call_is_recorded_when_it_is_over_and_not_when_the_guest_asks() {
    let report = raw("host.call_start(0, 0, '{\"duration_ms\": 1}', b'')\nhost.call_start(0, 0, '{\"duration_ms\": 100000}', b'')\nhost.call_next(20)").await;
    let ended = report.events.iter().filter_map(|event| match event {
        EventBody::CallEnded { failure, .. } => Some(failure.as_ref().map(|failure| failure.code)),
        _ => None,
    });
    assert_eq!(ended.collect::<Vec<_>>(), [None, Some(Code::Cancelled)]);
}

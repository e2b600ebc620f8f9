//! Guests that call the host by themselves, past the SDK, with what no honest SDK would send.

use sluice_model::{Code, FailureKind};
use sluice_tests::{Report, Run, indent, sandbox};

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
    let report = raw("import os\nreturn [dict(os.environ), os.getcwd() if False else None]").await;
    assert_eq!(report.output(), &serde_json::json!([{}, null]));
    let report = raw(
        "import posix\ntry:\n    posix.open('/lib/os.py', 0)\nexcept OSError as error:\n    return 'refused'",
    )
    .await;
    assert_eq!(report.output(), "refused");
}

//! A guest that takes too much ends in the code of the limit that it reached, and the next run
//! is clean.

use serde_json::json;
use sluice_model::{Answer, Attachment, Call, Code, EventBody, Failure, FailureKind, Limits};
use sluice_tests::{Report, Run, indent, sandbox};

/// A flow with that body, under those limits, and a clean run after it on the same sandbox.
async fn check(code: Code, body: &str, change: impl FnOnce(&mut Limits)) -> Report {
    let sandbox = sandbox();
    let source = format!("from sluice import flow\n@flow\ndef greedy():\n{}\n", indent(body, 4));
    let report = Run::of(&source).limits(change).on(&sandbox).await;
    assert_eq!(report.code(), code, "{:#?}", report.failure());
    assert_eq!(report.failure().kind, FailureKind::LimitExceeded);
    assert!(report.failure().hint.is_some());

    let clean = "from sluice import flow\n@flow\ndef clean():\n    return sum(range(10))\n";
    assert_eq!(Run::of(clean).on(&sandbox).await.output(), 45);
    report
}

#[tokio::test]
async fn an_endless_loop_ends_with_its_cpu_time() {
    let body = "with flow.step('spin'):\n    while True: pass";
    let report = check(Code::LimitCpuTime, body, |limits| limits.cpu_time_ms = 100).await;
    assert_eq!(report.failure().step, ["spin"]);
    assert_eq!(report.outline(), "spin cancelled\n");
}

#[tokio::test]
async fn an_endless_loop_that_catches_everything_ends_too() {
    let body = "while True:\n    try:\n        while True: pass\n    except BaseException: pass";
    check(Code::LimitCpuTime, body, |limits| limits.cpu_time_ms = 100).await;
}

#[tokio::test]
async fn a_catastrophic_regex_ends_with_its_cpu_time() {
    let body = "import re\nre.match(r'(a+)+$', 'a' * 40 + 'b')";
    check(Code::LimitCpuTime, body, |limits| limits.cpu_time_ms = 100).await;
}

#[tokio::test]
async fn a_huge_integer_ends_with_its_cpu_time() {
    let body = "x = 3 ** 1_000_000\nwhile True: x = x * x % (x - 1)";
    check(Code::LimitCpuTime, body, |limits| limits.cpu_time_ms = 100).await;
}

#[tokio::test]
async fn a_wait_without_end_ends_with_its_wall_time() {
    let body = "flow.sleep(3600)";
    check(Code::LimitWallTime, body, |limits| limits.wall_time_ms = 50).await;
}

#[tokio::test]
async fn a_memory_hog_ends_with_its_memory() {
    for body in [
        "x = []\nwhile True: x.append(bytes(1 << 20))",
        "x = bytearray(1 << 30)",
        "x = 'a'\nwhile True: x += x",
        "x = [0]\nwhile True: x = x + [dict(a=i) for i in range(1000)]",
        "x = 1 << (1 << 33)",
    ] {
        let report = check(Code::LimitMemory, body, |_| ()).await;
        assert!(report.usage.memory_bytes <= Limits::default().memory_bytes);
    }
}

#[tokio::test]
async fn a_memory_error_that_the_flow_handles_is_its_own_business() {
    let source = "
from sluice import flow
@flow
def careful():
    try:
        bytearray(1 << 30)
    except MemoryError:
        return 'made do'
";
    assert_eq!(Run::of(source).on(&sandbox()).await.output(), "made do");
}

#[tokio::test]
async fn an_output_flood_ends_with_its_output() {
    let body = "while True: print('x' * 1000)";
    check(Code::LimitOutput, body, |limits| limits.output_bytes = 100_000).await;
}

#[tokio::test]
async fn a_million_spans_end_with_the_spans() {
    let body = "for i in range(1_000_000):\n    with flow.step('s'): pass";
    let report = check(Code::LimitSpans, body, |_| ()).await;
    assert_eq!(report.tree.len() as u64, Limits::default().spans);
}

#[tokio::test]
async fn a_flood_of_events_ends_with_the_events() {
    let body = "while True: flow.log.info('x')";
    check(Code::LimitEvents, body, |limits| limits.events = 1_000).await;
    let body = "while True: flow.log.info('x' * 10_000)";
    check(Code::LimitEvents, body, |limits| limits.event_bytes = 1_000_000).await;
}

#[tokio::test]
async fn a_flood_of_calls_ends_with_the_calls() {
    let body = "while True: flow.sleep.start(10)";
    check(Code::LimitCalls, body, |limits| limits.calls = 100).await;
}

#[tokio::test]
async fn texts_that_are_too_long_end_with_the_string_size() {
    check(Code::LimitStringSize, "return 'x' * 5_000_000", |_| ()).await;
    check(Code::LimitStringSize, "return 'x' * 50_000_000", |_| ()).await;
}

#[tokio::test]
async fn what_the_host_measures_is_reported() {
    let source = "from sluice import flow\n@flow\ndef work():\n    return len(bytes(100 << 20))\n";
    let report = Run::of(source).on(&sandbox()).await;
    assert_eq!(report.output(), &json!(100 << 20));
    assert!(report.usage.memory_bytes > 100 << 20);
    assert!(report.usage.cpu_time_us > 0);
    assert!(report.usage.wall_time_us >= report.usage.cpu_time_us);
}

#[tokio::test]
async fn a_cancelled_run_leaves_nothing_open() {
    let source = "
from sluice import flow
@flow
def forever():
    with flow.step('outer'):
        with flow.step('inner'):
            while True: pass
";
    let inner_began =
        |event: &EventBody| matches!(event, EventBody::SpanStarted { name, .. } if name == "inner");
    let report = Run::of(source).until(&sandbox(), inner_began).await;
    assert_eq!(report.code(), Code::Cancelled);
    assert_eq!(report.outline(), "outer cancelled\n  inner cancelled\n");
    assert_eq!(report.failure().step, ["outer", "inner"]);
}

#[tokio::test]
async fn memory_below_what_the_interpreter_needs_is_a_limit_of_the_run() {
    let source = "from sluice import flow\n@flow\ndef small():\n    pass\n";
    let run = Run::of(source).limits(|limits| limits.memory_bytes = 10 << 20);
    assert_eq!(run.on(&sandbox()).await.code(), Code::LimitMemory);
}

#[tokio::test]
async fn what_was_printed_last_is_not_lost_when_a_run_is_stopped() {
    let body = "import sys\nsys.stdout.write('last words')\nsys.stdout.flush()\nwhile True: pass";
    let report = check(Code::LimitCpuTime, body, |limits| limits.cpu_time_ms = 100).await;
    assert_eq!(report.logs(), ["last words"]);
}

/// A flow that may keep artifacts, with 1 MB for its events.
fn keeping(body: &str) -> Run {
    let source = format!(
        "from sluice import CallFailed, flow\n@flow(uses=['artifact:*'])\ndef keeping():\n{}\n",
        indent(body, 4)
    );
    let run = Run::of(&source).uses(&["artifact:*"]).grants(&["artifact:*"]);
    run.limits(|limits| limits.event_bytes = 1_000_000).answers(artifact)
}

/// What is kept is always the same 100 kB.
#[expect(clippy::unnecessary_wraps, reason = "the shape of what answers calls")]
fn artifact(_: &Call) -> Option<Result<Answer, Box<Failure>>> {
    let digest = "0".repeat(64);
    let value = json!({"name": "a", "media_type": "", "size_bytes": 100_000, "digest": digest});
    let attachment = Attachment { digest, size_bytes: 100_000, bytes: vec![7; 100_000].into() };
    Some(Ok(Answer { value, attachment: Some(attachment) }))
}

async fn check_kept(run: Run) {
    let sandbox = sandbox();
    let report = run.clone().on(&sandbox).await;
    assert_eq!(report.code(), Code::LimitEvents, "{:#?}", report.failure());
    let again = run.replay(&report.record).on(&sandbox).await;
    assert_eq!(again.outcome(), report.outcome(), "a replay ends at the same place");
}

#[tokio::test]
async fn what_lies_beside_calls_counts_among_the_events() {
    let body = "for n in range(100):\n    flow.artifact.start('a', bytes([n]) * 100_000)";
    check_kept(keeping(body)).await;
}

#[tokio::test]
async fn answers_count_among_the_events() {
    check_kept(keeping("for _ in range(100): flow.artifact.read('a')")).await;
}

#[tokio::test]
async fn answers_that_nobody_asks_for_do_not_pile_up() {
    let run = keeping(
        "
started = [flow.artifact.read.start('a') for _ in range(30)]
for _ in range(10_000_000): pass
codes = []
for call in started:
    try:
        codes.append(len(call.result()))
    except CallFailed as error:
        codes.append(error.code)
return sorted(map(str, codes))
",
    );
    let sandbox = sandbox();
    let report = run.clone().on(&sandbox).await;
    let expected: Vec<_> = [vec!["100000"; 9], vec!["limit_events"; 21]].concat();
    assert_eq!(report.output(), &json!(expected));
    let again = run.replay(&report.record).on(&sandbox).await;
    assert_eq!(again.outcome(), report.outcome());
}

#[tokio::test]
async fn a_flood_of_empty_lines_ends_with_the_events() {
    let body = "import sys\nsys.stdout.write('\\n' * 4_000_000)\nsys.stdout.flush()";
    check(Code::LimitEvents, body, |_| ()).await;
}

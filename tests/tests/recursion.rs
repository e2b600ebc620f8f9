//! Recursion without end raises `RecursionError`, wherever it happens, and never kills the guest.

use sluice_model::Code;
use sluice_tests::{Run, indent, sandbox};

/// The name of the exception that a statement raises, after which the interpreter still works.
async fn raised(statements: &str) -> String {
    let indented = indent(statements, 8);
    let source = format!(
        "
import json, sys
from sluice import flow

@flow
def deep():
    try:
{indented}
    except BaseException as error:
        return type(error).__name__
    return 'nothing'
"
    );
    let report = Run::of(&source).on(&sandbox()).await;
    report.output().as_str().expect("a name").to_owned()
}

#[tokio::test]
async fn in_python() {
    assert_eq!(raised("def f(): f()\nf()").await, "RecursionError");
}

#[tokio::test]
async fn in_python_with_a_limit_of_the_flows_own() {
    let body = "sys.setrecursionlimit(10**9)\ndef f(): f()\nf()";
    let source = format!(
        "import sys\nfrom sluice import flow\n@flow\ndef deep():\n    {}\n",
        body.replace('\n', "\n    ")
    );
    let report = Run::of(&source).on(&sandbox()).await;
    let code = report.code();
    assert!(
        matches!(code, Code::Exception | Code::LimitMemory | Code::LimitStack),
        "{:#?}",
        report.failure()
    );
}

#[tokio::test]
async fn in_slots_of_c() {
    let repr = "class A:\n    def __repr__(self): return repr(self)\nrepr(A())";
    assert_eq!(raised(repr).await, "RecursionError");
    let add = "class A:\n    def __add__(self, other): return self + other\nA() + 1";
    assert_eq!(raised(add).await, "RecursionError");
    let getattr = "class A:\n    def __getattr__(self, name): return getattr(self, name)\nA().x";
    assert_eq!(raised(getattr).await, "RecursionError");
}

#[tokio::test]
async fn in_nested_values() {
    let nest = "x = []\nfor _ in range(100_000): x = [x]\n";
    assert_eq!(raised(&format!("{nest}json.dumps(x)")).await, "RecursionError");
    assert_eq!(raised(&format!("{nest}repr(x)")).await, "RecursionError");
    assert_eq!(raised(&format!("{nest}x == [x]")).await, "RecursionError");
    assert_eq!(raised("json.loads('[' * 100_000 + ']' * 100_000)").await, "RecursionError");
}

#[tokio::test]
async fn in_the_compiler() {
    let body = "compile('-' * 100_000 + '1', 'x', 'eval')";
    assert!(
        ["RecursionError", "MemoryError", "SyntaxError"].contains(&raised(body).await.as_str())
    );
    let body = "compile('(' * 1_000 + ')' * 1_000, 'x', 'eval')";
    assert!(
        ["RecursionError", "MemoryError", "SyntaxError"].contains(&raised(body).await.as_str())
    );
}

#[tokio::test]
async fn in_an_output() {
    let source = "
from sluice import flow
@flow
def deep():
    x = []
    for _ in range(100_000): x = [x]
    return x
";
    let report = Run::of(source).on(&sandbox()).await;
    assert!(
        matches!(report.code(), Code::OutputInvalid | Code::Exception),
        "{:#?}",
        report.failure()
    );
}

#[tokio::test]
async fn in_an_input() {
    // serde_json itself refuses to nest this deep, so the input is made as deep as it allows.
    let mut input = serde_json::json!([]);
    for _ in 0..100 {
        input = serde_json::json!([input]);
    }
    let source = "from sluice import flow\n@flow\ndef deep(x: list):\n    return len(x)\n";
    let report = Run::of(source).input(serde_json::json!({"x": input})).on(&sandbox()).await;
    assert_eq!(report.output(), 1);
}

//! Failures as a terminal shows them.

use serde_json::json;

use super::super::Theme;
use super::super::samples::failed;
use super::*;

fn drawn(failure: &Failure) -> String {
    let theme = Theme { color: false, unicode: true };
    let lines = draw_failure(failure, "flows/order.py");
    lines.iter().map(|line| line.render(theme) + "\n").collect()
}

fn frame(function: &str, line: u32, text: &str) -> Frame {
    let column = 1 + text.chars().take_while(|c| *c == ' ').count();
    serde_json::from_value(json!({
        "file": "flow.py", "function": function, "line": line, "end_line": line,
        "column": column, "end_column": text.chars().count() + 1, "own": true,
        "excerpt": {"first_line": line, "lines": [text]},
    }))
    .expect("it is a frame")
}

#[test]
fn a_mistake_is_shown_with_all_that_helps_to_mend_it() {
    let failure: Failure = serde_json::from_value(json!({
        "version": 1, "kind": "flow_error", "code": "exception",
        "message": "'custmer_id'", "exception": "KeyError",
        "hint": "did you mean 'customer_id'?", "span": 1, "step": ["load order"],
        "frames": [
            {"file": "flow.py", "function": "main", "line": 20, "column": 5, "own": true},
            {"file": "flow.py", "function": "friendly_error", "line": 10, "column": 20,
             "end_line": 10, "end_column": 39, "own": true,
             "excerpt": {"first_line": 8, "lines": [
                "    \"\"\"Read a key that is spelled wrong.\"\"\"",
                "    with flow.step(\"load order\"):",
                "        customer = order[\"custmer_id\"]",
                "    return f\"order of {customer}\""]},
             "locals": {"order": "{'customer_id': 7}", "step": "<step 'load order'>"}},
        ],
        "notes": ["while reading the order of today"],
    }))
    .expect("it is a failure");
    insta::assert_snapshot!(drawn(&failure), @r#"
    error[exception]: KeyError: 'custmer_id'
      --> flows/order.py:10:20 in friendly_error (step: load order)
       |
     8 |     """Read a key that is spelled wrong."""
     9 |     with flow.step("load order"):
    10 |         customer = order["custmer_id"]
       |                    ^^^^^^^^^^^^^^^^^^^
    11 |     return f"order of {customer}"
       = locals: order = {'customer_id': 7}
                 step = <step 'load order'>
       = called from: flows/order.py:20:5 in main
       = hint: did you mean 'customer_id'?
       = note: while reading the order of today

    For more about this error: sluice explain exception
    "#);
}

#[test]
fn causes_follow_in_their_order() {
    let mut root = failed("ValueError", "not a number: 'x'");
    root.frames.push(frame("parse", 4, "    return int(text)"));
    root.frames.push(Frame {
        file: "decimal.py".to_owned(),
        function: "Decimal.__new__".to_owned(),
        line: Some(512),
        ..Frame::default()
    });
    let mut middle = failed("LookupError", "no price");
    middle.cause = Some(Box::new(root));
    middle.cause_kind = Some("cause".to_owned());
    let mut failure = failed("shop.OrderError", "cannot price the order");
    failure.frames.push(frame("price", 9, "    raise OrderError(order)"));
    failure.cause = Some(Box::new(middle));
    failure.cause_kind = Some("context".to_owned());
    insta::assert_snapshot!(drawn(&failure), @r"
    error[exception]: shop.OrderError: cannot price the order
     --> flows/order.py:9:5 in price
      |
    9 |     raise OrderError(order)
      |     ^^^^^^^^^^^^^^^^^^^^^^^

    while handling: error[exception]: LookupError: no price

    caused by: error[exception]: ValueError: not a number: 'x'
     --> flows/order.py:4:5 in parse
      |
    4 |     return int(text)
      |     ^^^^^^^^^^^^^^^^
      = raised in: decimal.py:512 in Decimal.__new__

    For more about this error: sluice explain exception
    ");
}

#[test]
fn a_group_shows_each_of_its_failures() {
    let mut failure =
        failed("ExceptionGroup", "unhandled errors in a TaskGroup (2 sub-exceptions)");
    let mut first = failed("ValueError", "one");
    first.frames.push(frame("nap", 12, "        raise ValueError(\"one\")"));
    failure.group = vec![first, failed("KeyError", "'two'")];
    insta::assert_snapshot!(drawn(&failure), @r#"
    error[exception]: ExceptionGroup: unhandled errors in a TaskGroup (2 sub-exceptions)

      1 of 2: error[exception]: ValueError: one
        --> flows/order.py:12:9 in nap
         |
      12 |         raise ValueError("one")
         |         ^^^^^^^^^^^^^^^^^^^^^^^

      2 of 2: error[exception]: KeyError: 'two'

    For more about this error: sluice explain exception
    "#);
}

#[test]
fn every_problem_of_an_input_is_listed_with_its_path() {
    let mut failure = Failure::new(
        Code::InputInvalid,
        "the input has 2 problems:\n  input.top: expected a whole number\n  input.nmae: unknown",
    );
    failure.details = serde_json::from_value(json!({"problems": [
        {"path": "input.top", "message": "expected a whole number, got true", "hint": null},
        {"path": "input.nmae", "message": "there is no such member", "hint": "did you mean `name`?"},
    ]}))
    .expect("it is an object");
    insta::assert_snapshot!(drawn(&failure), @r"
    error[input_invalid]: the input has 2 problems:
      = input.top: expected a whole number, got true
      = input.nmae: there is no such member; did you mean `name`?

    For more about this error: sluice explain input_invalid
    ");
}

#[test]
fn a_failure_without_frames_still_says_where() {
    let failure = Failure::new(Code::LimitCpuTime, "the run used its CPU time of 10 s")
        .hint("raise it with --cpu-time, or look for a loop that does not end");
    let failure = Failure { step: vec!["rank".to_owned(), "paths".to_owned()], ..failure };
    insta::assert_snapshot!(drawn(&failure), @r"
    error[limit_cpu_time]: the run used its CPU time of 10 s
     --> flows/order.py (step: rank > paths)
      = hint: raise it with --cpu-time, or look for a loop that does not end

    For more about this error: sluice explain limit_cpu_time
    ");
}

#[test]
fn nothing_of_a_hostile_failure_reaches_the_terminal_as_it_is() {
    let hostile = "\x1b]0;owned\x07\u{202e}\u{9b}2J\nerror[fake]: forged";
    let mut failure = failed(hostile, hostile);
    failure.hint = Some(hostile.to_owned());
    failure.notes = vec![hostile.to_owned()];
    failure.step = vec![hostile.to_owned()];
    failure.details.insert("problems".to_owned(), json!([{"path": hostile}]));
    let mut own = frame(hostile, 3, hostile);
    own.locals.insert(hostile.to_owned(), json!(hostile));
    failure.frames.push(own);
    failure.group = vec![failed(hostile, hostile)];
    failure.cause = Some(Box::new(failed(hostile, hostile)));
    let drawn = drawn(&failure);
    assert!(drawn.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{drawn}");
    assert!(!drawn.lines().any(|line| line.starts_with("error[fake]")), "{drawn}");
}

#[test]
fn endless_chains_are_cut() {
    let mut failure = failed("E", "0");
    for _ in 0..40 {
        let cause = Some(Box::new(failure));
        failure = Failure { cause, ..failed("E", "again") };
    }
    assert_eq!(drawn(&failure).matches("caused by").count(), MAX_DEPTH);
}

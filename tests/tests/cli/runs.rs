//! Runs in the store: listed, found by the beginning of their ids, logged, cancelled, tried again.

use serde_json::{Value, json};

use crate::place::{APPROVAL, Place};

const STEPS: &str = r#"
from sluice import flow


@flow
def steps(n: int = 1) -> int:
    with flow.step("one", n=n):
        flow.log.debug("small")
        flow.log.error("large", n=n)
        print("printed")
    return n
"#;

fn runs(place: &Place, args: &[&str]) -> Vec<Value> {
    let listed = place.json(&[&["runs", "ls"], args].concat());
    listed["runs"].as_array().expect("it is a list").clone()
}

#[test]
fn runs_are_listed_newest_first_page_by_page() {
    let place = Place::with(STEPS);
    let submitted: Vec<String> = (0..5).map(|n| place.submit(&["-i", &format!("n={n}")])).collect();
    place.work();
    place.submit(&["-i", "n=9"]);
    let all = runs(&place, &[]);
    assert_eq!(all.len(), 6);
    assert_eq!(all[5]["run"], json!(submitted[0]));
    assert_eq!(runs(&place, &["--state", "queued"]).len(), 1);
    assert_eq!(runs(&place, &["--outcome", "succeeded"]).len(), 5);
    assert_eq!(runs(&place, &["--flow", "other"]), Vec::<Value>::new());
    let page = place.json(&["runs", "ls", "--limit", "4"]);
    let next = page["next"].as_str().expect("there are more");
    assert_eq!(runs(&place, &["--after", next]), all[4..]);
    place.run(&["runs", "ls"]).ends_with(0).tells(&["FLOW", "steps", "succeeded", "queued"]);
}

#[test]
fn a_run_is_shown_with_its_tree_its_logs_and_its_output() {
    let place = Place::with(STEPS);
    let report = place.run(&["run", "flow.py", "--json", "-q"]).ends_with(0).json();
    let run = report["run"].as_str().expect("it has a name");
    place.run(&["runs", "get", &run[..24]]).ends_with(0).tells(&[run, "╰─ ✓ one", "n=1"]);
    let shown = place.get(run);
    assert_eq!(shown["output"], 1);
    assert_eq!(shown["input"], json!({}));
    place.run(&["runs", "get", "run_zzzz"]).ends_with(2).tells(&["sluice runs ls"]);
    place.run(&["runs", "get", "nonsense"]).ends_with(2).tells(&["`nonsense` is no id of a run"]);

    let logs = |args: &[&str]| place.run(&[&["runs", "logs", run], args].concat()).ends_with(0);
    assert_eq!(logs(&[]).stdout.lines().count(), 3);
    let errors = logs(&["--level", "error", "--follow"]);
    assert_eq!(errors.stdout.lines().count(), 1, "{errors:#?}");
    let followed = place.run(&["runs", "tail", run]).ends_with(0);
    assert_eq!(followed.stdout, "1\n");
    followed.tells(&["start   one", "run     succeeded"]);
}

#[test]
fn a_waiting_run_is_cancelled_once() {
    let place = Place::with(APPROVAL);
    let run = place.submit(&["-i", "amount=1", "--grant", "ask"]);
    place.work();
    let cancel = || place.json(&["runs", "cancel", &run, "--reason", "not needed"]);
    assert_eq!(cancel()["runs"][0]["cancelled"], true);
    place.work();
    let ended = place.get(&run);
    assert_eq!(ended["outcome"], "cancelled");
    assert!(ended["failure"]["message"].as_str().is_some_and(|text| text.contains("not needed")));
    assert_eq!(cancel()["runs"][0]["cancelled"], false);
    assert_eq!(place.json(&["asks", "ls"])["asks"], json!([]));
    place.run(&["runs", "tail", &run]).ends_with(130).tells(&["error[cancelled]"]);
}

#[test]
fn an_interrupt_cancels_the_run_in_the_store_too() {
    let place = Place::with(APPROVAL);
    let mut run = place.start(&["run", "flow.py", "-i", "amount=1", "--grant", "ask"]);
    run.says("waits").signal("INT");
    run.end().ends_with(130).tells(&["error[cancelled]", "interrupted"]);
    assert_eq!(runs(&place, &[])[0]["outcome"], "cancelled");
}

#[test]
fn a_key_starts_one_run() {
    let place = Place::with(STEPS);
    let args = ["run", "flow.py", "--json", "--idempotency-key", "today"];
    let first = place.run(&args).ends_with(0).json();
    let second = place.run(&args).ends_with(0).json();
    assert_eq!(first["run"], second["run"]);
    assert_eq!(runs(&place, &[]).len(), 1);
}

#[test]
fn a_key_of_a_run_that_nobody_works_on_takes_it_up() {
    let place = Place::with(STEPS);
    let run = place.submit(&["--idempotency-key", "today"]);
    let args = ["run", "flow.py", "--json", "--idempotency-key", "today"];
    let report = place.run(&args).ends_with(0).json();
    assert_eq!(report["run"], json!(run));
}

#[test]
fn a_run_that_fails_is_tried_again() {
    let place = Place::with(
        "from sluice import flow\n\n@flow\ndef fails() -> None:\n    raise ValueError(\"no\")\n",
    );
    let args = ["run", "flow.py", "--retries", "2", "--backoff", "1ms", "--json"];
    let ran = place.run(&args).ends_with(1).tells(&["retry", "ValueError: no"]);
    let report = ran.json();
    let run = report["run"].as_str().expect("it has a name");
    assert_eq!(place.get(run)["attempts"], 3);
}

#[test]
fn a_deadline_ends_a_run_that_waits() {
    let place = Place::with(APPROVAL);
    let args = ["run", "flow.py", "-i", "amount=1", "--grant", "ask", "--deadline", "1s"];
    place.run(&args).ends_with(6).tells(&["error[limit_deadline]"]);
}

#[test]
fn the_run_of_another_is_left_alone() {
    let place = Place::with(STEPS);
    let other = place.submit(&[]);
    place.run(&["run", "flow.py", "-q"]).ends_with(0);
    assert_eq!(place.get(&other)["state"], "queued");
}

#[test]
fn children_are_worked_on_and_listed() {
    let source =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../flows/sub_flows.py"));
    let place = Place::with(&source.expect("it is there"));
    let target = "flow.py:sum-of-squares";
    let args = ["run", target, "-i", "upto=4", "--grant", "flow:square", "--json"];
    let report = place.run(&args).ends_with(0).json();
    assert_eq!(report["output"], 30);
    let shown = place.get(report["run"].as_str().expect("it has a name"));
    assert_eq!(shown["children"].as_array().map(Vec::len), Some(4));
}

#[test]
fn a_store_that_cannot_be_opened_is_told() {
    let place = Place::with(STEPS);
    place.run(&["runs", "ls", "--store", "mysql://x"]).ends_with(2).tells(&["--store"]);
    place.run(&["runs", "ls", "--store", "flow.py"]).ends_with(2).tells(&["flow.py"]);
}

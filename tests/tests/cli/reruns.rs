//! Runs again: replayed without effects, from a step on, with other code, and taken elsewhere.

use serde_json::{Value, json};

use crate::place::{APPROVAL, Place};

/// A run of the approval that was answered and has ended.
fn answered(place: &Place) -> Value {
    let run = place.submit(&["-i", "amount=120", "--grant", "ask"]);
    place.work();
    let asks = place.json(&["asks", "ls"]);
    let ask = asks["asks"][0]["ask"].as_str().expect("it asks");
    place.run(&["asks", "answer", ask, "-i", "approve=true", "-i", "reason=due"]).ends_with(0);
    place.work();
    place.get(&run)
}

fn name(run: &Value) -> &str {
    run["run"].as_str().expect("it has a name")
}

#[test]
fn a_step_is_run_again_with_what_stands_before_it() {
    let place = Place::with(APPROVAL);
    let first = answered(&place);
    let rerun = ["runs", "rerun", name(&first), "--from", "settle"];
    place.run(&rerun).ends_with(0).tells(&["Nothing was run", "are taken over"]);
    let plan = place.json(&rerun);
    assert_eq!(plan["is_needed"], true);
    let again = place.json(&[&rerun[..], &["--yes"]].concat());
    assert_ne!(again["run"], first["run"]);
    assert_eq!(again["output"], first["output"]);
    let shown = place.get(name(&again));
    assert_eq!(shown["forked_from"]["run"], first["run"]);
    place.run(&["runs", "verify", name(&again)]).ends_with(0);
    place.run(&["replay", name(&again)]).ends_with(0);
    place
        .run(&["runs", "rerun", name(&first), "--from", "nowhere"])
        .ends_with(2)
        .tells(&["settle"]);
}

#[test]
fn other_code_goes_on_where_it_differs() {
    let place = Place::with(APPROVAL);
    let first = answered(&place);
    place.file("same.py", &APPROVAL.replace("import time", "import time  # as before"));
    place.file("other.py", &APPROVAL.replace("step(\"settle\")", "step(\"settle twice\")"));
    let replay = |source: &str| place.run(&["replay", name(&first), "--source", source]);
    replay("same.py").ends_with(0).tells(&["same: all "]);
    replay("other.py").ends_with(1).tells(&["error[replay_diverged]", "settle twice", "recorded"]);
    let report = place.run(&["replay", name(&first), "--source", "other.py", "--json"]);
    assert_eq!(report.ends_with(1).json()["failure"]["code"], "replay_diverged");

    let last = |source: &str| {
        place.run(&["replay", "--last", "5", "--flow", "approval", "--source", source])
    };
    last("same.py").ends_with(0).tells(&["1 the same"]);
    last("other.py").ends_with(1).tells(&["1 different"]);

    let same = place.json(&["runs", "rerun", name(&first), "--source", "same.py"]);
    assert_eq!(same["is_needed"], false);
    let args = ["runs", "rerun", name(&first), "--source", "other.py", "--yes"];
    let ran = place.run(&args).ends_with(0).tells(&["settle twice"]);
    assert_eq!(ran.json()["ticket"], first["output"]["ticket"]);
}

#[test]
fn another_input_asks_again() {
    let place = Place::with(APPROVAL);
    let first = answered(&place);
    let args = ["runs", "rerun", name(&first), "-i", "amount=80", "--yes", "--detach", "--json"];
    let again = place.run(&args).ends_with(0).json();
    place.work();
    let asks = place.json(&["asks", "ls"]);
    assert_eq!(asks["asks"][0]["run"], again["run"]);
    assert_eq!(asks["asks"][0]["details"]["amount"], 80);
    assert_eq!(asks["asks"][0]["details"]["ticket"], first["output"]["ticket"]);
}

#[test]
fn a_run_is_taken_elsewhere_as_one_file() {
    let here = Place::with(APPROVAL);
    let there = Place::with("");
    let run = answered(&here);
    here.run(&["runs", "export", name(&run), "-o", "run.jsonl"]).ends_with(0);
    let file = there.file("run.jsonl", &here.read("run.jsonl"));
    let imported = there.json(&["runs", "import", &file.display().to_string()]);
    assert_eq!(imported["run"], run["run"]);
    let shown = there.get(name(&run));
    assert_eq!(shown["output"], run["output"]);
    assert_eq!(shown["is_imported"], true);
    there.run(&["replay", name(&run)]).ends_with(0).tells(&["same: all "]);
    there.run(&["runs", "verify", name(&run)]).ends_with(0);

    let redacted = here.run(&["runs", "export", name(&run), "--redact", "due"]).ends_with(0);
    assert!(redacted.stdout.contains("[redacted]"), "{redacted:#?}");
    assert!(!redacted.stdout.contains("\"due\""), "{redacted:#?}");
    there.file("broken", "{}");
    there.run(&["runs", "import", "broken"]).ends_with(2).tells(&["line 1"]);
    assert_eq!(there.json(&["runs", "ls"])["next"], json!(null));
}

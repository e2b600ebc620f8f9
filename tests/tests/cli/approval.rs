//! A run that waits for a person: it outlives its processes, and what it drew keeps its value.

use serde_json::{Value, json};

use crate::place::{APPROVAL, Place, Ran};

/// The one open question.
fn question(place: &Place) -> Value {
    let asks = place.json(&["asks", "ls"]);
    assert_eq!(asks["asks"].as_array().map(Vec::len), Some(1), "{asks:#}");
    asks["asks"][0].clone()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("no text `{member}` in {value:#}"))
}

/// What the flow logged that it drew.
fn drawn(place: &Place, run: &str) -> Value {
    let ran = place.run(&["runs", "logs", run, "--json"]).ends_with(0);
    let first = ran.stdout.lines().next().expect("it logged a line").to_owned();
    let event: Value = serde_json::from_str(&first).expect("each line is JSON");
    event["attributes"].clone()
}

#[test]
fn a_worker_that_is_killed_takes_nothing_with_it() {
    let place = Place::with(APPROVAL);
    let run = place.submit(&["-i", "amount=120", "--grant", "ask"]);
    assert_eq!(text(&place.get(&run), "state"), "queued");

    let mut worker = place.start(&["worker"]);
    worker.says("waiting").signal("KILL");
    assert_eq!(worker.end().code, None, "it was killed");

    let waiting = place.get(&run);
    assert_eq!(text(&waiting, "state"), "waiting");
    let drawn = drawn(&place, &run);
    let ask = question(&place);
    assert_eq!(ask["details"]["ticket"], drawn["ticket"]);
    assert_eq!(text(&ask, "run"), run);

    // The worker that goes on has never seen the first one's memory.
    let mut worker = place.start(&["worker"]);
    worker.says("Working on");
    let ask = text(&ask, "ask").to_owned();
    place.run(&["asks", "answer", &ask, "-i", "approve=true", "-i", "reason=due"]).ends_with(0);
    let report: Value = place.run(&["runs", "tail", &run, "--json"]).ends_with(0).json();
    let expected = json!({
        "paid": true, "reason": "due", "ticket": drawn["ticket"], "lucky": drawn["lucky"],
    });
    assert_eq!(report["output"], expected);
    assert_eq!(text(&report, "run"), run);
    worker.signal("TERM");
    worker.end().ends_with(0);

    let answered = place.json(&["asks", "answer", &ask]);
    assert_eq!(answered["state"], "answered");
    assert_eq!(answered["answered_by"], "ada");
    place.run(&["asks", "answer", &ask, "{}"]).ends_with(1);
    place.run(&["runs", "verify", "--all"]).ends_with(0).tells(&["chain intact"]);
    place.run(&["replay", &run]).ends_with(0).tells(&["same: all "]);
}

#[test]
fn a_run_on_a_terminal_that_is_killed_goes_on_elsewhere() {
    let place = Place::with(APPROVAL);
    let args = ["run", "flow.py", "-i", "amount=7", "--grant", "ask"];
    let mut run = place.start(&args);
    run.says("sluice asks answer ask_").says("waits").signal("KILL");
    assert_eq!(run.end().code, None, "it was killed");

    let ask = question(&place);
    let id = text(&ask, "run").to_owned();
    place.run(&["asks", "answer", text(&ask, "ask"), r#"{"approve": false}"#]).ends_with(0);
    place.work();
    let ended = place.get(&id);
    assert_eq!(ended["output"]["paid"], false);
    assert_eq!(ended["output"]["ticket"], ask["details"]["ticket"]);
    assert_eq!(ended["output"]["lucky"], drawn(&place, &id)["lucky"]);
}

#[test]
fn an_answer_lets_the_run_on_the_terminal_go_on() {
    let place = Place::with(APPROVAL);
    let mut run = place.start(&["run", "flow.py", "-i", "amount=7", "--grant", "ask", "--json"]);
    run.says("sluice asks answer ask_");
    let ask = question(&place);
    let id = text(&ask, "ask");
    // Its beginning names it, too.
    place.run(&["asks", "answer", &id[..20], "-i", "approve=true"]).ends_with(0);
    let report = run.end().ends_with(0).json();
    assert_eq!(report["output"]["paid"], true);
    assert_eq!(report["run"], ask["run"]);
}

#[test]
fn an_answer_has_to_fit_the_question() {
    let place = Place::with(
        "from sluice import flow\n\n@flow(uses=[\"ask\"])\ndef sure() -> bool:\n    \
         return flow.ask(\"Sure?\", to=\"eve\")\n",
    );
    let run = place.submit(&["--grant", "ask"]);
    place.work();
    let ask = question(&place);
    let id = text(&ask, "ask");
    let answer = |value: &str, by: &str| place.run(&["asks", "answer", id, value, "--as", by]);
    let refused = |ran: Ran, code| ran.ends_with(code);
    place.run(&["asks", "answer", id]).ends_with(0).tells(&["Sure?", "boolean", "eve"]);
    refused(answer("perhaps", "eve"), 2).tells(&["the answer is boolean"]);
    refused(answer("3", "eve"), 1).tells(&["error[answer_invalid]"]);
    refused(answer("yes", "bob"), 2).tells(&["this question is for `eve`"]);
    answer("yes", "eve").ends_with(0);
    place.work();
    assert_eq!(place.get(&run)["output"], true);
    place.run(&["asks", "answer", "ask_0"]).ends_with(2).tells(&["sluice asks ls"]);
}

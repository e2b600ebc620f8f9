//! `sluice dev`: each save is run, and none is lost.

use crate::place::Place;
use crate::served::{SURE, Served};

fn round(number: u32) -> String {
    format!(
        "from sluice import flow\n\n\n@flow\ndef counts(n: int) -> int:\n    \
         flow.log.info(\"round {number}\", n=n)\n    return n\n"
    )
}

/// Saves in several ways, a broken one in between, and in the middle of a run.
fn each_save_is_run(place: &Place) {
    place.file("n", "7");
    let mut dev = place.start(&["dev", "flow.py", "-i", "n=@n"]);
    dev.says("round 1").says("Waiting for a save");
    place.file("flow.py", &round(2));
    dev.says("round 2");
    place.file("flow.py", "def (");
    dev.says("error[source_invalid]");
    place.replace("flow.py", &round(3));
    dev.says("round 3");
    place.file("n", "no number");
    dev.says("`n` takes integer");
    place.file("n", "8");
    dev.says("round 3  n=8");
    place.replace("flow.py", &SURE.replace("sure()", "sure(n: int)"));
    dev.says("Sure?").says("waits");
    place.replace("flow.py", &round(4));
    dev.says("round 4");
    place.file("flow.py", &SURE.replace("sure()", "sure(n: int)").replace("Sure?", "Really?"));
    dev.says("Really?").signal("INT");
    let ended = dev.end().ends_with(130).tells(&["interrupted"]);
    assert!(ended.stdout.starts_with("7\n"), "{ended:#?}");
}

/// How the runs of the flow that asks ended: all were given up. A file that is written in two parts may have
/// been saved twice.
fn given_up(place: &Place) {
    let waiting = ["runs", "ls", "--flow", "sure", "--state", "waiting"];
    while !place.run(&waiting).ends_with(0).stdout.is_empty() {}
    let runs = place.json(&["runs", "ls", "--flow", "sure"]);
    let outcomes: Vec<_> =
        runs["runs"].as_array().into_iter().flatten().map(|run| &run["outcome"]).collect();
    assert!(outcomes.len() >= 2, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| *outcome == "cancelled"), "{outcomes:?}");
}

#[test]
fn each_save_is_run_on_this_machine() {
    let place = Place::with(&round(1));
    each_save_is_run(&place);
    place.work();
    given_up(&place);
}

#[test]
fn each_save_is_run_on_a_server() {
    let served = Served::with(&round(1));
    each_save_is_run(&served.place);
    given_up(&served.place);
}

#[test]
fn an_interrupt_while_it_waits_is_its_end() {
    let place = Place::with("def (");
    let mut dev = place.start(&["dev", "flow.py"]);
    dev.says("Waiting for a save").signal("INT");
    dev.end().ends_with(0);
    place.run(&["dev", "flaw.py"]).ends_with(2).tells(&["cannot read `flaw.py`"]);
    place.run(&["dev", "flow.py", "-i", "-"]).ends_with(2).tells(&["standard input"]);
}

//! The same commands on a store and on a server: they say the same and end the same.

use serde_json::Value;

use crate::place::{Place, Ran};
use crate::served::{SURE, Served};

const FLOWS: &str = r#"
from sluice import flow


@flow
def steps(n: int = 1) -> int:
    """Takes a step."""
    with flow.step("one", n=n):
        flow.log.error("large", n=n)
        print("printed")
    return n


@flow
def broken(order: dict) -> str:
    with flow.step("load order"):
        return order["custmer_id"]


@flow(uses=["kv:notes"])
def keeps() -> int:
    flow.kv("notes").set("a", 1)
    return 1


@flow
def spins() -> int:
    while True: pass
"#;

/// Two places with the same files: one with a store, one with a server.
struct Both {
    local: Place,
    served: Served,
}

impl Both {
    fn with(source: &str) -> Both {
        Both { local: Place::with(source), served: Served::with(source) }
    }

    fn places(&self) -> [&Place; 2] {
        [&self.local, &self.served.place]
    }

    /// Runs a command in both, with what belongs to each place in the place of `{}`.
    #[track_caller]
    fn say_the_same(&self, args: &[&str], code: i32, own: &[String; 2]) {
        let [local, served] = [0, 1].map(|which| {
            let args: Vec<String> = args.iter().map(|arg| arg.replace("{}", &own[which])).collect();
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            said(&self.places()[which].run(&args).ends_with(code))
        });
        assert_eq!(local, served, "{args:?}");
    }
}

fn said(ran: &Ran) -> (String, String) {
    (masked(&ran.stdout), masked(&ran.stderr))
}

/// The text without what differs from run to run: ids, times, and the room that those take.
fn masked(text: &str) -> String {
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return format!("{:#}", masked_value(value));
    }
    let line = |line: &str| match serde_json::from_str::<Value>(line) {
        Ok(value) => masked_value(value).to_string(),
        Err(_) => line.split_whitespace().map(masked_word).collect::<Vec<_>>().join(" "),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn masked_value(value: Value) -> Value {
    let differs = |name: &str| {
        name.ends_with("_us")
            || ["memory_bytes", "worker", "until_ms", "started_by"].contains(&name)
    };
    match value {
        Value::String(text) => masked_word(&text).into(),
        Value::Array(items) => items.into_iter().map(masked_value).collect(),
        Value::Object(members) => members
            .into_iter()
            // When a flow looked at the clock, and what that said.
            .filter(|(name, _)| name != "observed")
            .map(|(name, value)| {
                let value = if differs(&name) { "differs".into() } else { masked_value(value) };
                (name, value)
            })
            .collect(),
        other => other,
    }
}

fn masked_word(word: &str) -> String {
    for prefix in ["run_", "ask_"] {
        if let Some((before, id)) = word.split_once(prefix)
            && let Some(after) = id.get(26..)
        {
            return format!("{before}{prefix}*{}", masked_word(after));
        }
    }
    let core = word.trim_end_matches([',', '.']);
    let is_time = core.starts_with(|c: char| c.is_ascii_digit())
        && core.chars().all(|c| c.is_ascii_digit() || ".:-usmh".contains(c))
        && core.contains([':', '-', 's', 'm', 'h']);
    if is_time { format!("time{}", &word[core.len()..]) } else { word.to_owned() }
}

#[test]
fn what_is_masked_is_what_differs() {
    let id = "run_01k9000000000000000000000a";
    assert_eq!(masked(&format!("✓ {id}:  7 events, 0.003s  n=1")), "✓ run_*: 7 events, time n=1");
    assert_eq!(masked("{\"at_us\": 1, \"n\": 1}"), masked("{\"at_us\": 2, \"n\": 1}"));
    assert_ne!(masked("{\"n\": 1}"), masked("{\"n\": 2}"));
}

#[test]
fn runs_and_what_is_known_of_them() {
    let both = Both::with(FLOWS);
    let seed = "07".repeat(32);
    let none = [String::new(), String::new()];
    let same = |args: &[&str], code| both.say_the_same(args, code, &none);
    same(&["run", "flow.py:steps", "-i", "n=3", "--seed", &seed], 0);
    same(&["run", "flow.py:steps", "--json", "--seed", &seed], 0);
    same(&["run", "flow.py:steps", "--events", "--seed", &seed], 0);
    let order = "order={\"customer_id\": 7}";
    same(&["run", "flow.py:broken", "-i", order, "--seed", &seed], 1);
    same(&["run", "flow.py:broken"], 1);
    same(&["run", "flow.py:steps", "-i", "n=1.5", "--json"], 1);
    same(&["run", "flow.py:steps", "-i", "n=x"], 2);
    same(&["run", "flow.py:steps", "-i", "m=1"], 2);
    same(&["run", "flow.py"], 2);
    same(&["run", "flow.py:stepz"], 2);
    same(&["run", "flow.py:keeps"], 5);
    same(&["run", "flow.py:keeps", "--grant", "kv:notes"], 0);
    same(&["run", "flow.py:spins", "--cpu-time", "50ms"], 6);
    same(&["runs", "ls"], 0);
    same(&["runs", "ls", "--outcome", "failed", "--limit", "2", "--json"], 0);
    same(&["runs", "ls", "--flow", "broken"], 0);
    same(&["runs", "verify", "--all"], 0);
    same(&["runs", "get", "run_zzzz"], 2);
    same(&["runs", "get", "run_0000000000000000000000000z"], 2);
    same(&["replay", "--last", "3", "--flow", "steps", "--source", "flow.py"], 0);

    let newest = |flow: &str| {
        both.places().map(|place| {
            let runs = place.json(&["runs", "ls", "--flow", flow]);
            runs["runs"][0]["run"].as_str().expect("there is a run").to_owned()
        })
    };
    let (steps, broken) = (newest("steps"), newest("broken"));
    let about = |args: &[&str], code| both.say_the_same(args, code, &steps);
    about(&["runs", "get", "{}"], 0);
    about(&["runs", "get", "{}", "--json"], 0);
    both.say_the_same(&["runs", "get", "{}"], 0, &broken);
    about(&["runs", "tail", "{}"], 0);
    both.say_the_same(&["runs", "tail", "{}", "--json"], 1, &broken);
    about(&["runs", "logs", "{}"], 0);
    about(&["runs", "logs", "{}", "--json", "--follow"], 0);
    about(&["runs", "cancel", "{}"], 0);
    about(&["runs", "export", "{}", "--redact", "large"], 0);
    about(&["replay", "{}"], 0);
    about(&["runs", "rerun", "{}"], 0);
    about(&["runs", "rerun", "{}", "--from", "two"], 2);
    about(&["runs", "rerun", "{}", "-i", "n=5", "--json"], 0);
    about(&["runs", "rerun", "{}", "-i", "n=5", "--yes"], 0);
    for place in both.places() {
        place.file("other.py", &FLOWS.replace("\"one\"", "\"two\""));
        place.file("bad.py", "def (");
    }
    about(&["replay", "{}", "--source", "other.py"], 1);
    about(&["replay", "{}", "--source", "bad.py"], 1);
    both.say_the_same(&["replay", "{}"], 0, &broken);
    // A record goes from one to the other.
    let record = ["runs", "export", &steps[0], "-o", "record"];
    both.local.run(&record).ends_with(0);
    both.served.place.file("record", &both.local.read("record"));
    let taken = both.served.place.json(&["runs", "import", "record"]);
    assert_eq!(taken["run"], Value::from(steps[0].as_str()));
    same(&["runs", "import", "bad.py"], 2);
}

#[test]
fn sources_and_saved_flows() {
    let both = Both::with(FLOWS);
    let none = [String::new(), String::new()];
    let same = |args: &[&str], code| both.say_the_same(args, code, &none);
    for place in both.places() {
        place.file(
            "bad.py",
            "from sluice import flow\n\n\n@flow(uses=[\"calendar\"])\ndef f(): ...\n",
        );
        place.file("worse.py", "def (");
    }
    for file in ["flow.py", "bad.py", "worse.py"] {
        let code = if file == "flow.py" { 0 } else { 3 };
        same(&["check", file], code);
        same(&["check", file, "--json"], code);
    }
    same(&["flows", "ls"], 0);
    same(&["flows", "save", "worse.py"], 1);
    same(&["flows", "save", "bad.py"], 1);
    same(&["flows", "save", "flow.py"], 0);
    same(&["flows", "save", "flow.py", "--json"], 0);
    for place in both.places() {
        place.file("flow.py", &FLOWS.replace("large", "small"));
    }
    same(&["flows", "save", "flow.py"], 0);
    same(&["flows", "ls", "--limit", "2", "--json"], 0);
    same(&["flows", "get", "steps"], 0);
    same(&["flows", "get", "steps", "--source"], 0);
    same(&["flows", "get", "step"], 2);
    same(&["flows", "history", "steps"], 0);
    same(&["flows", "diff", "steps"], 0);
    same(&["flows", "diff", "steps", "1", "1", "--json"], 0);
    same(&["flows", "diff", "steps", "7"], 2);
}

#[test]
fn questions_and_their_answers() {
    let both = Both::with(SURE);
    let runs = both.places().map(|place| place.submit(&["--seed", &"07".repeat(32)]));
    both.local.work();
    while both.served.place.get(&runs[1])["state"] != "waiting" {}
    let asks = both.places().map(|place| {
        let asks = place.json(&["asks", "ls"]);
        asks["asks"][0]["ask"].as_str().expect("it asks").to_owned()
    });
    let same = |args: &[&str], code| both.say_the_same(args, code, &asks);
    same(&["asks", "ls"], 0);
    same(&["asks", "ls", "--json"], 0);
    same(&["asks", "answer", "{}"], 0);
    same(&["asks", "answer", "{}", "maybe"], 2);
    same(&["asks", "answer", "{}", "3"], 1);
    same(&["asks", "answer", "ask_z"], 2);
    both.say_the_same(&["runs", "get", "{}"], 0, &runs);
    same(&["asks", "answer", "{}", "yes", "--json"], 0);
    same(&["asks", "answer", "{}", "no"], 1);
    both.local.work();
    both.served.place.run(&["runs", "tail", &runs[1]]).ends_with(0);
    same(&["asks", "ls"], 0);
    same(&["asks", "ls", "--all"], 0);
    both.say_the_same(&["runs", "get", "{}", "--json"], 0, &runs);
}

#[test]
fn services_secrets_and_models() {
    let both = Both::with(FLOWS);
    let none = [String::new(), String::new()];
    let same = |args: &[&str], code| both.say_the_same(args, code, &none);
    for kind in ["services", "secrets", "models"] {
        same(&[kind, "ls"], 0);
        same(&[kind, "ls", "--json"], 0);
        same(&[kind, "rm", "nothing"], 2);
    }
    same(&["services", "stub", "nothing"], 2);
    same(&["services", "add", "mail", "nonsense"], 1);
    same(&["services", "add", "mail", "unix:/nowhere/rpc.sock"], 1);
    let set = ["models", "set", "default", "https://api.example.com/v1", "--model", "small"];
    same(&set, 0);
    same(&[&set[..], &["--tokens-per-day", "1000", "--input-price", "0.5"]].concat(), 0);
    same(&["models", "set", "a b", "https://api.example.com/v1", "--model", "small"], 1);
    same(&["models", "set", "other", "ftp://api.example.com", "--model", "small"], 1);
    same(&["models", "ls"], 0);
    same(&["models", "ls", "--json"], 0);
    same(&["models", "rm", "default"], 0);
    same(&["models", "ls"], 0);
    // On a server nobody guesses where a service is.
    both.served
        .place
        .run(&["services", "add", "mail"])
        .ends_with(2)
        .tells(&["as the server reaches it"]);
}

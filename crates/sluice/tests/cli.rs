//! The binary as people and scripts use it, against the real sandbox.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const HELLO: &str = "\
from sluice import flow

@flow
def hello(name: str = \"world\", times: int = 1) -> str:
    \"\"\"Greet someone by name.\"\"\"
    with flow.step(\"compose\", times=times):
        return \", \".join([f\"Hello, {name}!\"] * times)
";

const BROKEN: &str = "\
from sluice import flow

@flow
def broken(order: dict) -> str:
    with flow.step(\"load order\"):
        customer = order[\"custmer_id\"]
    return customer
";

/// A directory with one flow in it, and the commands that are run there.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn with(source: &str) -> Place {
        let dir = tempfile::tempdir().expect("a directory can be made");
        std::fs::write(dir.path().join("flow.py"), source).expect("a flow can be written");
        Place { dir }
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).expect("a file can be written");
        path
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        command.env_remove("NO_COLOR").env_remove("SLUICE_SERVER").env("LC_ALL", "C.UTF-8");
        command.env("SLUICE_STORE", self.dir.path().join("store.db"));
        if std::env::var_os("SLUICE_CACHE_DIR").is_none() {
            let cache = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/sluice-cache");
            command.env("SLUICE_CACHE_DIR", cache);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().expect("the binary starts"))
    }

    fn run_with_stdin(&self, args: &[&str], stdin: &str) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut pipe = child.stdin.take().expect("it was asked for");
        pipe.write_all(stdin.as_bytes()).expect("the binary reads it");
        drop(pipe);
        Ran::from(child.wait_with_output().expect("the binary ends"))
    }
}

/// What a command said and how it ended.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("data is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("notes are UTF-8"),
        }
    }
}

impl Ran {
    #[track_caller]
    fn ends_with(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    #[track_caller]
    fn tells(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` is missing: {self:#?}");
        }
    }
}

#[test]
fn a_flow_prints_its_output_and_nothing_else() {
    let place = Place::with(HELLO);
    let ran = place.run(&["run", "flow.py", "-i", "name=Ada", "-i", "times=2"]).ends_with(0);
    assert_eq!(ran.stdout, "\"Hello, Ada!, Hello, Ada!\"\n");
    ran.tells(&["start   compose  times=2", "ok      compose", "run     succeeded"]);
    assert!(!ran.stderr.contains('\x1b'), "{ran:#?}");

    let quiet = place.run(&["run", "flow.py:hello", "--quiet"]).ends_with(0);
    assert_eq!(quiet.stdout, "\"Hello, world!\"\n");
    assert!(!quiet.stderr.contains("compose"), "{quiet:#?}");
}

#[test]
fn input_comes_from_files_standard_input_and_pairs() {
    let place = Place::with(HELLO);
    place.file("input.json", r#"{"name": "Ada", "times": 2}"#);
    place.file("name.txt", "Grace");
    let output = |args: &[&str]| {
        let args = [&["run", "flow.py", "-q"], args].concat();
        place.run_with_stdin(&args, r#"{"name": "Alan"}"#).ends_with(0).json()
    };
    assert_eq!(output(&["--input", "input.json"]), json!("Hello, Ada!, Hello, Ada!"));
    assert_eq!(output(&["--input", "input.json", "-i", "times=1"]), json!("Hello, Ada!"));
    assert_eq!(output(&["--input", "name=@name.txt"]), json!("Hello, Grace!"));
    assert_eq!(output(&["-i", "name=@@home"]), json!("Hello, @home!"));
    assert_eq!(output(&["-"]), json!("Hello, Alan!"));
    assert_eq!(output(&["-", "-i", "name=Eve"]), json!("Hello, Eve!"));
}

#[test]
fn wrong_usage_is_told_apart_from_wrong_input() {
    let place = Place::with(HELLO);
    let usage = |args: &[&str]| place.run(args).ends_with(2);
    usage(&["run", "flow.py", "-i", "nmae=Ada"]).tells(&["no parameter `nmae`", "mean `name`"]);
    usage(&["run", "flow.py", "-i", "times=two"]).tells(&["`times` takes integer"]);
    usage(&["run", "nowhere.py"]).tells(&["cannot read `nowhere.py`"]);
    usage(&["run", "flow.py:hallo"]).tells(&["error[flow_not_found]", "did you mean `hello`?"]);
    usage(&["run", "flow.py", "--memory", "lots"]).tells(&["`lots` is not a size"]);
    usage(&["run", "flow.py", "--grant", "calendar"]).tells(&["is not a capability"]);

    let ran = place.run(&["run", "flow.py", "-i", "times=true"]).ends_with(1);
    ran.tells(&["error[input_invalid]: the input does not fit at /times: "]);
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_failure_is_drawn_over_the_source() {
    let place = Place::with(BROKEN);
    let ran = place.run(&["run", "flow.py", "-i", r#"order={"customer_id": 7}"#]).ends_with(1);
    ran.tells(&[
        "error[exception]: KeyError: 'custmer_id'",
        "--> flow.py:6:20 in broken (step: load order)",
        "6 |         customer = order[\"custmer_id\"]",
        "  |                    ^^^^^^^^^^^^^^^^^^^",
        "sluice explain exception",
    ]);
    assert_eq!(ran.stdout, "");
}

#[test]
fn json_is_one_document_whether_the_run_succeeds_or_fails() {
    let seed = "07".repeat(32);
    let place = Place::with(HELLO);
    let report = place.run(&["run", "flow.py", "--json", "--seed", &seed]).ends_with(0).json();
    assert_eq!(report["flow"], "hello");
    assert_eq!(report["outcome"], "succeeded");
    assert_eq!(report["output"], "Hello, world!");
    assert_eq!(report["seed"], json!(seed));
    assert!(report["usage"]["cpu_time_us"].as_u64().is_some_and(|us| us > 0), "{report}");
    for digest in ["source_digest", "image_digest"] {
        assert!(report[digest].as_str().is_some_and(|hex| hex.len() >= 32), "{report}");
    }

    let place = Place::with("def nothing(:\n");
    let report = place.run(&["run", "flow.py", "--json"]).ends_with(1).json();
    assert_eq!(report["outcome"], "failed");
    assert_eq!(report["failure"]["code"], "source_invalid");
}

#[test]
fn events_are_a_record_from_its_first_to_its_last() {
    let place = Place::with(HELLO);
    let ran = place.run(&["run", "flow.py", "--events"]).ends_with(0);
    let events: Vec<Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    let kinds: Vec<_> = events.iter().filter_map(|event| event["kind"].as_str()).collect();
    let expected = ["run_queued", "attempt_started", "span_started", "span_ended", "run_ended"];
    assert_eq!(kinds, expected);
    assert!(events.iter().zip(1..).all(|(event, seq)| event["seq"] == json!(seq)), "{events:?}");
    assert_eq!(events[2]["name"], "compose");
    assert_eq!(events[4]["output"], "Hello, world!");

    let refused = Place::with("x = 1\n").run(&["run", "flow.py", "--events"]).ends_with(1);
    assert_eq!(refused.json()["kind"], "run_ended");
    assert_eq!(refused.json()["failure"]["code"], "flow_missing");
}

#[test]
fn a_refusal_and_a_ceiling_have_exit_codes_of_their_own() {
    let endless =
        "from sluice import flow\n\n@flow\ndef endless() -> None:\n    while True: pass\n";
    let place = Place::with(endless);
    let ran = place.run(&["run", "flow.py", "--cpu-time", "200ms"]).ends_with(6);
    ran.tells(&["error[limit_cpu_time]"]);

    let asking = "\
from hero_rpc import calendar
from sluice import flow

@flow(uses=[\"rpc:calendar.event_list\"])
def asking() -> int:
    return len(calendar.event_list(day=\"2026-11-21\"))
";
    let place = Place::with(asking);
    place.run(&["run", "flow.py"]).ends_with(5).tells(&["error[capability_denied]"]);
    let granted = ["run", "flow.py", "--grant", "rpc:calendar.*"];
    place.run(&granted).ends_with(1).tells(&["error[service_unavailable]"]);
}

#[test]
fn check_lists_flows_and_fails_on_errors() {
    let place = Place::with(HELLO);
    let ran = place.run(&["check", "flow.py"]).ends_with(0);
    assert!(
        ran.stdout.contains("hello(name: text = \"world\", times: integer = 1) -> text"),
        "{ran:#?}"
    );
    assert!(ran.stdout.contains("flow.py: 1 flow, no problems"), "{ran:#?}");
    let description = place.run(&["check", "flow.py", "--json"]).ends_with(0).json();
    assert_eq!(description["flows"][0]["name"], "hello");

    let place = Place::with("from sluice import flow\n\ndef f(:\n    pass\n");
    let ran = place.run(&["check", "flow.py"]).ends_with(3);
    assert!(ran.stdout.contains("error[source_invalid]"), "{ran:#?}");
    assert!(ran.stdout.contains("--> flow.py:3:"), "{ran:#?}");
    let description = place.run(&["check", "flow.py", "--json"]).ends_with(3).json();
    assert_eq!(description["problems"][0]["code"], "source_invalid");
    assert_eq!(description["problems"][0]["line"], 3);
}

#[test]
fn hostile_text_never_reaches_the_terminal_as_it_is() {
    let hostile = "\
from sluice import flow

@flow
def hostile() -> str:
    with flow.step(\"\\x1b[2J\\u202estep\"):
        print(\"\\x1b]0;owned\\x07 \\x9b31m\")
        flow.log.info(\"a\\nb\\x00\", key=\"\\x1b[1m\")
    raise flow.Failed(\"\\x1b[31mred\\u2066\")
";
    let ran = Place::with(hostile).run(&["run", "flow.py"]).ends_with(1);
    let is_safe = |c: char| c == '\n' || !(c.is_control() || "\u{202e}\u{2066}".contains(c));
    assert!(ran.stderr.chars().all(is_safe), "{ran:#?}");
    ran.tells(&["\\x1b[2J\\u{202e}step", "\\x1b]0;owned\\x07 \\x9b31m", "\\x1b[31mred\\u{2066}"]);
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let chatty = "\
from sluice import flow

@flow
def chatty() -> None:
    while True:
        flow.log.info(\"still here\")
";
    let place = Place::with(chatty);
    let mut command = place.command(&["run", "flow.py", "--events"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    drop(child.stdout.take());
    let ran = Ran::from(child.wait_with_output().expect("the binary ends")).ends_with(141);
    assert!(!ran.stderr.contains("error"), "{ran:#?}");
}

#[cfg(unix)]
#[test]
fn sigterm_cancels_the_run_and_draws_what_it_was_at() {
    use std::io::{BufRead as _, BufReader, Read as _};

    let waiting = "\
from sluice import flow

@flow
def waiting() -> None:
    with flow.step(\"wait\"):
        flow.sleep(3600)
";
    let place = Place::with(waiting);
    let mut command = place.command(&["run", "flow.py"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut notes = BufReader::new(child.stderr.take().expect("it was asked for"));
    let mut told = String::new();
    while !told.contains("start   wait") {
        let read = notes.read_line(&mut told).expect("notes are UTF-8");
        assert!(read > 0, "it ended before it began: {told}");
    }
    let status = Command::new("kill").arg(child.id().to_string()).status().expect("kill starts");
    assert!(status.success());
    notes.read_to_string(&mut told).expect("notes are UTF-8");
    let code = child.wait().expect("the binary ends").code();
    assert_eq!(code, Some(130), "{told}");
    assert!(told.contains("run     cancelled"), "{told}");
    assert!(told.contains("error[cancelled]"), "{told}");
}

#[test]
fn explain_prints_the_section_of_a_code() {
    let place = Place::with(HELLO);
    let ran = place.run(&["explain", "limit_memory"]).ends_with(0);
    assert!(ran.stdout.starts_with("limit_memory\n"), "{ran:#?}");
    let all = place.run(&["explain"]).ends_with(0);
    assert!(all.stdout.lines().any(|line| line.starts_with("capability_denied ")), "{all:#?}");
    place.run(&["explain", "limit_memry"]).ends_with(2).tells(&["did you mean `limit_memory`?"]);
}

#[test]
fn doctor_finds_a_machine_on_which_flows_run() {
    let place = Place::with(HELLO);
    let findings = place.run(&["doctor", "--json"]).ends_with(0).json();
    let state = |subject: &str| {
        let findings = findings.as_array().expect("it is a list");
        let finding = findings.iter().find(|finding| finding["subject"] == subject);
        finding.map(|finding| finding["state"].clone()).unwrap_or_default()
    };
    for subject in ["sluice", "cache", "store", "image", "trial run"] {
        assert_eq!(state(subject), "ok", "{subject}: {findings:#}");
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_a_problem_with_a_remedy() {
    let place = Place::with(HELLO);
    let file = place.file("file", "");
    let mut command = place.command(&["doctor"]);
    let output = command.env("SLUICE_CACHE_DIR", file.join("cache")).output().expect("it starts");
    let ran = Ran::from(output).ends_with(1);
    assert!(ran.stdout.contains("cannot be written"), "{ran:#?}");
    assert!(ran.stdout.contains("SLUICE_CACHE_DIR"), "{ran:#?}");
}

#[test]
fn the_rest_of_the_commands_print_data() {
    let place = Place::with(HELLO);
    let version = place.run(&["version"]).ends_with(0).stdout;
    assert_eq!(version, format!("sluice {}\n", env!("CARGO_PKG_VERSION")));
    let digest = place.run(&["runtime", "digest"]).ends_with(0).stdout;
    let installed = place.run(&["version", "--json"]).ends_with(0).json();
    assert_eq!(installed["image_digest"], digest.trim_end());
    for shell in ["bash", "zsh", "fish"] {
        let script = place.run(&["completion", shell]).ends_with(0).stdout;
        assert!(script.contains("wall-time"), "{shell}");
    }
    let help = place.run(&["--help"]).ends_with(0).stdout;
    for part in ["Exit codes:", "SLUICE_CACHE_DIR", "SLUICE_STORE", "--store"] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

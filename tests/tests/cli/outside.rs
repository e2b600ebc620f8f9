//! Runs that reach out of this machine: services with generated clients, HTTP, secrets that flows never see,
//! and calls that a person has to allow.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;
use sluice_tests::built_in;

use crate::place::Place;

/// The demo calendar, in a process of its own.
struct Calendar(Child);

impl Calendar {
    fn start(place: &Place) -> Calendar {
        let sockets = place.path().join("sockets");
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows/demo-services/calendar.py");
        let mut command = Command::new("python3");
        command.arg(script).env("PATH_SOCKET", &sockets).current_dir(place.path());
        command.stdout(Stdio::null());
        let mut child = command.spawn().expect("python3 starts");
        let socket = sockets.join("calendar/rpc.sock");
        while !socket.exists() {
            assert!(child.try_wait().expect("it can be asked").is_none(), "the calendar ended");
            std::thread::yield_now();
        }
        Calendar(child)
    }
}

impl Drop for Calendar {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A place with the demo calendar put in.
fn with_calendar(source: &str) -> (Place, Calendar) {
    let place = Place::with(source);
    let calendar = Calendar::start(&place);
    place.run(&["services", "ls"]).ends_with(0).tells(&["calendar", "is not put in"]);
    place.run(&["services", "add", "calendar"]).ends_with(0).tells(&["methods"]);
    (place, calendar)
}

#[test]
fn a_flow_calls_a_service_through_the_client_made_of_its_document() {
    let (place, _calendar) = with_calendar(&built_in("calendar_service.py"));
    let args = ["run", "flow.py", "-i", "title=Review", "-i", "day=2027-03-01"];
    let granted = ["--grant", "rpc:calendar.*"];
    let first = place.run(&[&args[..], &granted].concat()).ends_with(0);
    let first = first.tells(&["rpc:calendar.event_list", "rpc:calendar.event_new", "look"]);
    assert_eq!(first.json()["created"], true);
    assert_eq!(first.json()["event"]["title"], "Review");
    let second = place.run(&[&args[..], &granted].concat()).ends_with(0).json();
    assert_eq!(second["created"], false);
    place.run(&args).ends_with(5).tells(&["--grant rpc:calendar.event_list"]);
    let runs = place.json(&["runs", "ls"]);
    let first = runs["runs"].as_array().and_then(|runs| runs.last()).expect("there is a run");
    let first = first["run"].as_str().expect("it has an id");
    let needed = place.run(&["grants", "infer", first]).ends_with(0).stdout;
    assert_eq!(needed.trim_end(), "rpc:calendar.event_list\nrpc:calendar.event_new");
    let stub = place.run(&["services", "stub", "calendar"]).ends_with(0);
    assert!(stub.stdout.contains("event_new"), "{stub:?}");
}

#[test]
fn a_run_is_pinned_to_the_client_that_it_began_with() {
    let (place, calendar) = with_calendar(&built_in("calendar_service.py"));
    let args = ["-i", "title=Review", "-i", "day=2027-03-01", "--grant", "rpc:calendar.*"];
    let run = place.submit(&args);
    place.work();
    drop(calendar);
    place.run(&["services", "rm", "calendar"]).ends_with(0);
    place.run(&["replay", &run]).ends_with(0).tells(&["same"]);
    let gone = [&["run", "flow.py"][..], &args].concat();
    place.run(&gone).ends_with(1).tells(&["service_unavailable", "there is no service `calendar`"]);
}

#[test]
fn what_a_flow_was_not_granted_it_cannot_call() {
    let (place, _calendar) = with_calendar(&built_in("refused.py"));
    let args = ["run", "flow.py", "-i", "event_id=e1", "--grant", "rpc:calendar.*"];
    let refused = place.run(&args).ends_with(0);
    assert_eq!(refused.json(), "rpc:calendar.event_delete");
}

/// Makes an event, and says what became of that.
const MAKES: &str = r#"
from hero_rpc import calendar
from sluice import CallFailed, flow


@flow(uses=["rpc:calendar.event_new"])
def makes(day: str) -> str:
    try:
        return calendar.event_new(title="Review", day=day).title
    except CallFailed as failed:
        if failed.code != "approval_refused":
            raise
        return failed.code
"#;

#[test]
fn an_argument_beyond_its_bound_is_refused() {
    let (place, _calendar) = with_calendar(MAKES);
    let on = |day: &str| {
        let input = format!("day={day}");
        let grant = "rpc:calendar.event_new(day=2027-*)";
        place.run(&["run", "flow.py", "-i", &input, "--grant", grant])
    };
    assert_eq!(on("2027-03-01").ends_with(0).json(), "Review");
    on("2028-03-01").ends_with(5).tells(&["`rpc:calendar.event_new(day=2027-*)` is held"]);
}

#[test]
fn a_call_that_a_person_has_to_allow_waits_for_them() {
    let (place, _calendar) = with_calendar(MAKES);
    let approve = ["-i", "day=2027-03-01", "--grant", "rpc:calendar.*?approve"];
    for (answer, output) in [("yes", "Review"), ("no", "approval_refused")] {
        let run = place.submit(&approve);
        place.work();
        assert_eq!(place.get(&run)["state"], "waiting");
        let asks = place.json(&["asks", "ls"]);
        let ask = &asks["asks"][0];
        assert_eq!(ask["question"], "May this run call `rpc:calendar.event_new`?");
        assert_eq!(ask["details"]["call"]["params"]["title"], "Review");
        let ask = ask["ask"].as_str().expect("it has an id");
        place.run(&["asks", "answer", ask, answer]).ends_with(0);
        place.work();
        assert_eq!(place.get(&run)["output"], output, "{}", place.get(&run));
        place.run(&["replay", &run]).ends_with(0).tells(&["same"]);
    }
}

/// Takes requests one after the other, tells each, and sends the head of each back.
fn listen() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("somebody came"));
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).expect("the head is text");
                let lower = line.to_ascii_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().expect("it is a length");
                }
                if line.trim().is_empty() {
                    break;
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).expect("the body is whole");
            let request = format!("{head}\n{}", String::from_utf8_lossy(&body));
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n{request}",
                request.len()
            );
            stream.get_mut().write_all(answer.as_bytes()).expect("they listen");
            if tell.send(request).is_err() {
                return;
            }
        }
    });
    (port, told)
}

/// Sends a secret, and gives back all that it is told.
const SENDS: &str = r#"
from sluice import flow, http


@flow(uses=["http:127.0.0.1:*", "http:*", "secret:API_KEY"])
def sends(url: str) -> str:
    key = flow.secret("API_KEY")
    flow.log.info("about to send", key=str(key))
    answer = http.post(url, headers={"Authorization": f"Bearer {key}"}, json={"n": 1})
    flow.log.info("sent", answer=answer.text)
    return answer.text
"#;

const CANARY: &str = "canary-4f9b2c71d8e3";

#[test]
fn a_secret_goes_where_it_may_and_is_seen_nowhere_else() {
    let source = SENDS.replace("\"http:127.0.0.1:*\", ", "");
    let place = Place::with(&source);
    let (port, told) = listen();
    let host = format!("127.0.0.1:{port}");
    let set = ["secrets", "set", "API_KEY", "--host", &host];
    place.run_typing(&set, CANARY).ends_with(0).tells(&["version 1"]);
    let listed = place.run(&["secrets", "ls", "--json"]).ends_with(0);
    assert!(!listed.stdout.contains(CANARY));
    let input = format!("url=http://{host}/v1?q=1");
    let grant = format!("http:{host}");
    let args = [
        "run",
        "flow.py",
        "--events",
        "-i",
        &input,
        "--grant",
        &grant,
        "--grant",
        "secret:API_KEY",
    ];
    let ran = place.run_with(&args, &[("SLUICE_REACH", &host)]).ends_with(0);
    let request = told.recv().expect("it was sent");
    assert!(request.contains(&format!("Bearer {CANARY}")), "{request}");
    assert!(ran.stdout.contains("[redacted]"), "the echo is taken out: {ran:?}");
    assert!(!ran.stdout.contains(CANARY) && !ran.stderr.contains(CANARY), "{ran:?}");
    let run = &place.json(&["runs", "ls"])["runs"][0]["run"];
    let exported = place.run(&["runs", "export", run.as_str().expect("it has an id")]).ends_with(0);
    assert!(exported.stdout.contains("[redacted]") && !exported.stdout.contains(CANARY));
    // A replay has nothing but that record, and the flow does the same: all that it was ever told is in there.
    place.run(&["replay", run.as_str().expect("it has an id")]).ends_with(0).tells(&["same"]);
    for file in std::fs::read_dir(place.path()).expect("it can be read") {
        let file = file.expect("it can be read").path();
        if let Ok(bytes) = std::fs::read(&file) {
            let is_there = bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes());
            assert!(!is_there, "{} has the secret", file.display());
        }
    }
    // Not granted, it is not even named; not towards this host, it stays.
    let without = &args[..args.len() - 2];
    place.run_with(without, &[("SLUICE_REACH", &host)]).ends_with(5).tells(&["secret:API_KEY"]);
    place.run_typing(&["secrets", "set", "API_KEY", "--host", "api.example.com"], CANARY);
    let elsewhere = place.run_with(&args, &[("SLUICE_REACH", &host)]).ends_with(1);
    elsewhere.tells(&["secret_refused", "may not go to"]);
    assert!(told.try_recv().is_err(), "nothing more was sent");
}

#[test]
fn an_address_that_is_not_public_is_reached_where_whoever_runs_this_says_so() {
    let source = "from sluice import flow, http\n\n\n@flow(uses=[\"http:*\"])\n\
                  def gets(url: str) -> int:\n    return http.get(url).status_code\n";
    let place = Place::with(source);
    let (port, told) = listen();
    for host in
        [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("2130706433:{port}")]
    {
        let input = format!("url=http://{host}/");
        let args = ["run", "flow.py", "-i", &input, "--grant", "http:*"];
        place.run(&args).ends_with(1).tells(&["http_refused", "loopback"]);
    }
    assert!(told.try_recv().is_err(), "nobody came");
    let host = format!("127.0.0.1:{port}");
    let input = format!("url=http://{host}/");
    let args = ["run", "flow.py", "-i", &input, "--grant", "http:*"];
    let got = place.run_with(&args, &[("SLUICE_REACH", &host)]).ends_with(0);
    assert_eq!(got.json(), Value::from(200));
    place.run(&["run", "flow.py", "-i", &input]).ends_with(5).tells(&["--grant http:127.0.0.1"]);
}

#[test]
fn the_master_key_can_be_changed() {
    let place = Place::with(&SENDS.replace("\"http:127.0.0.1:*\", ", ""));
    place.run(&["secrets", "reseal"]).ends_with(0).tells(&["No tenant has a key yet"]);
    let (port, told) = listen();
    let host = format!("127.0.0.1:{port}");
    place.run_typing(&["secrets", "set", "API_KEY", "--host", &host], CANARY).ends_with(0);
    let file = |name: &str| place.path().join(name).display().to_string();
    let (old, new) = (file("master.key"), file("new.key"));
    let only_new = [("SLUICE_MASTER_KEY_FILE", new.as_str()), ("SLUICE_REACH", host.as_str())];
    let both = [only_new[0], only_new[1], ("SLUICE_OLDER_MASTER_KEY_FILES", old.as_str())];
    let reseal = ["secrets", "reseal"];
    place.run_with(&reseal, &only_new).ends_with(2).tells(&["SLUICE_OLDER_MASTER_KEY_FILES"]);
    place.run_with(&reseal, &both).ends_with(0).tells(&["1 of 1 keys"]);
    place.run_with(&reseal, &both).ends_with(0).tells(&["already"]);
    std::fs::remove_file(&old).expect("it is there");
    let (input, grant) = (format!("url=http://{host}/"), format!("http:{host}"));
    let grants = ["--grant", &grant, "--grant", "secret:API_KEY"];
    let args = [&["run", "flow.py", "-i", &input][..], &grants].concat();
    place.run_with(&args, &only_new).ends_with(0);
    assert!(told.recv().expect("it was sent").contains(CANARY));
}

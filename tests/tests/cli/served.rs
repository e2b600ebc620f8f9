//! The commands on a server: how they find it, whose they are there, and what they do when it goes away.

use serde_json::json;

use crate::place::{Place, Started};

/// A flow that waits for a person.
pub(crate) const SURE: &str = "from sluice import flow\n\n\n@flow(uses=[\"ask\"])\ndef sure() -> bool:\n    \
                               return flow.ask(\"Sure?\", bool)\n";

/// A place whose commands work on a server of its own, which works on the store of the place.
pub(crate) struct Served {
    pub(crate) place: Place,
    server: Option<Started>,
    /// Where it is.
    pub(crate) url: String,
}

impl Served {
    pub(crate) fn with(source: &str) -> Served {
        let mut place = Place::with(source);
        let mut server = place.start(&["serve", "--listen", "127.0.0.1:0"]);
        server.says("--code sll_").says("\n");
        let (url, code) = (server.word_after("Serving "), server.word_after("--code "));
        place.run(&["login", &url, "--code", &code]).ends_with(0).tells(&["Logged in to"]);
        place.work_on("login");
        Served { place, server: Some(server), url }
    }

    /// Stops the server in good order.
    fn stop(&mut self) {
        let mut server = self.server.take().expect("it is running");
        server.signal("TERM");
        server.end().ends_with(0);
    }

    /// Starts it again where it was.
    fn start(&mut self) {
        let address = self.url.trim_start_matches("http://");
        let mut server = self.place.start(&["serve", "--listen", address]);
        server.says("Serving ");
        self.server = Some(server);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.signal("KILL");
            server.end();
        }
    }
}

#[test]
fn a_server_is_named_by_an_option_or_by_the_environment() {
    let mut served = Served::with(SURE);
    let run = served.place.submit(&[]);
    let url = served.url.clone();
    // A login alone changes nothing: these look into the store.
    served.place.work_on("");
    let look = |args: &[&str]| served.place.run(&[&["runs", "tail", "-q", &run], args].concat());
    served.place.run(&["runs", "ls", "--state", "ended"]).ends_with(0).tells(&["store.db"]);
    served.place.run(&["runs", "ls", "--state", "ended", "--server", &url]).tells(&[&url]);
    served.place.run(&["--server", "login", "runs", "ls"]).ends_with(0).tells(&[&run[..]]);
    look(&["--server", &url, "--store", "store.db"]).ends_with(2).tells(&["not both"]);
    look(&["--server", "nowhere"]).ends_with(2).tells(&["no address of a server"]);
    served.place.run(&["worker", "--server", &url]).ends_with(2).tells(&["on a store"]);
    // An option goes before the environment.
    served.place.work_on("http://127.0.0.1:1");
    let local = ["runs", "ls", "--state", "ended", "--store", "store.db"];
    served.place.run(&local).ends_with(0).tells(&["store.db"]);
    served.place.run(&["runs", "get", &run, "--server", "login"]).ends_with(0).tells(&["sure"]);
}

#[test]
fn whoever_is_not_logged_in_is_told_how() {
    let mut served = Served::with(SURE);
    let url = served.url.clone();
    let token = served.place.read("config/sluice/login.json");
    served.place.file("config/sluice/login.json", &token.replace("slt_", "slt_x"));
    let how = format!("sluice login {url}");
    let refused = |place: &Place, args: &[&str]| {
        place.run(args).ends_with(2).tells(&["error[unauthenticated]", &how]);
    };
    refused(&served.place, &["runs", "ls"]);
    refused(&served.place, &["run", "flow.py"]);
    refused(&served.place, &["check", "flow.py"]);
    std::fs::remove_file(served.place.file("config/sluice/login.json", "")).expect("it is there");
    served.place.work_on(&url);
    refused(&served.place, &["asks", "ls"]);
    served.place.work_on("login");
    served.place.run(&["asks", "ls"]).ends_with(2).tells(&["no server is named"]);
}

#[test]
fn a_tail_goes_on_where_it_was_when_the_server_comes_back() {
    let mut served = Served::with(SURE);
    let run = served.place.submit(&[]);
    let mut events = served.place.start(&["runs", "tail", &run, "--events"]);
    let mut tail = served.place.start(&["runs", "tail", &run]);
    tail.says("sluice asks answer ask_").says("waits");
    let ask = tail.word_after("asks answer ");
    served.stop();
    tail.says("No connection to http://");
    served.place.run(&["runs", "ls"]).ends_with(2).tells(&["cannot reach"]);
    served.start();
    tail.says("Connected to http://");
    served.place.run(&["asks", "answer", &ask, "yes"]).ends_with(0);
    let ended = tail.end().ends_with(0);
    assert_eq!(ended.stdout, "true\n");
    assert_eq!(ended.stderr.matches("start   ask").count(), 1, "{ended:#?}");
    // Each event came, and came once.
    events.says("");
    let told = events.end().ends_with(0).stdout;
    let seqs = told.lines().map(|line| {
        serde_json::from_str::<serde_json::Value>(line).expect("it is JSON")["seq"].clone()
    });
    let seqs: Vec<_> = seqs.collect();
    let expected: Vec<_> = (1..=seqs.len()).map(|seq| json!(seq)).collect();
    assert_eq!(seqs, expected);
    assert!(told.contains("run_ended"), "{told}");
}

#[test]
fn an_interrupt_cancels_the_run_on_the_server() {
    let served = Served::with(SURE);
    let mut run = served.place.start(&["run", "flow.py"]);
    run.says("waits").signal("INT");
    run.end().ends_with(130).tells(&["error[cancelled]", "interrupted"]);
    let runs = served.place.json(&["runs", "ls"]);
    assert_eq!(runs["runs"][0]["outcome"], "cancelled");
}

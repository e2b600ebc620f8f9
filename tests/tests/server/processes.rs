//! The binary itself, set by nothing but its options and environment: what it logs, and what it exports
//! before it ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::{Value, json};

use crate::collector::{Collector, members};

const FLOW: &str = "from sluice import flow\n@flow\ndef plain(said: str = '') -> str:\n    with flow.step(f'says {said}'):\n        return said\n";

fn binary() -> PathBuf {
    let tests = std::env::current_exe().expect("a test has a path");
    let binary = tests.parent().and_then(Path::parent).map(|target| target.join("sluice"));
    let binary = binary.expect("tests are built in target/*/deps");
    assert!(binary.exists(), "`cargo build --package sluice` builds {}", binary.display());
    binary
}

fn sluice(directory: &Path, collector: &Collector, args: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.args(args).current_dir(directory).stdin(Stdio::null()).stderr(Stdio::piped());
    command.env("SLUICE_CACHE_DIR", sluice_tests::cache_dir());
    command.env("SLUICE_STORE", directory.join("store.db"));
    command.env("PGPASSWORD", "canary-of-postgres");
    command.env("RUST_LOG", "info").env_remove("SLUICE_LOG");
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=canary-of-headers");
    command.env("OTEL_SERVICE_NAME", "flows-of-mine");
    // Longer than the test: what arrives was sent because the process ended.
    command.env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
    command
}

struct Serving {
    child: Child,
    notes: BufReader<ChildStderr>,
    told: String,
}

impl Serving {
    fn start(mut command: Command) -> Serving {
        let mut child = command.spawn().expect("the binary starts");
        let notes = BufReader::new(child.stderr.take().expect("it was asked for"));
        Serving { child, notes, told: String::new() }
    }

    /// The word after this text, as soon as it is said.
    fn word_after(&mut self, text: &str) -> String {
        loop {
            if let Some((_, rest)) = self.told.split_once(text)
                && let Some((word, _)) = rest.split_once('\n')
            {
                return word.split_whitespace().next().unwrap_or_default().to_owned();
            }
            let read = self.notes.read_line(&mut self.told).expect("notes are UTF-8");
            assert!(read > 0, "it ended before it said `{text}`: {}", self.told);
        }
    }

    /// Stops it in good order; all that it said.
    fn end(mut self) -> String {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", "TERM", &pid]).status().expect("kill starts");
        assert!(status.success());
        self.notes.read_to_string(&mut self.told).expect("notes are UTF-8");
        assert!(self.child.wait().expect("it can be waited for").success(), "{}", self.told);
        std::mem::take(&mut self.told)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended, unless the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_logs_its_requests_and_sends_its_spans_before_it_ends() {
    let collector = Collector::start().await;
    let directory = tempfile::tempdir().expect("a directory can be made");
    let args = ["serve", "--listen", "127.0.0.1:0", "--log-format", "json"];
    let mut serving = Serving::start(sluice(directory.path(), &collector, &args));
    let url = serving.word_after("Serving ");
    let code = serving.word_after("--code ");
    // Another test of the process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let login = http.post(format!("{url}/v1/login")).json(&json!({ "code": code }));
    let bought: Value = login.send().await.expect("it answers").json().await.expect("it is JSON");
    let token = bought["secret"].as_str().expect("a token").to_owned();
    let said = format!("canary-of-postgres {token}");
    let run = http
        .post(format!("{url}/v1/runs?secret=canary-of-query"))
        .bearer_auth(&token)
        .header("prefer", "wait=60")
        .header("x-request-id", "asked-1")
        .json(&json!({ "source": FLOW, "input": { "said": said } }));
    let run = run.send().await.expect("it answers");
    assert_eq!(
        (run.status().as_u16(), &run.headers()["x-request-id"]),
        (200, &"asked-1".parse().expect("a value"))
    );
    // An id that is a token is a valid id; it comes back, and is not logged.
    let other = http.get(format!("{url}/v1/runs/{token}")).header("x-request-id", &token).send();
    assert_eq!(other.await.expect("it answers").status().as_u16(), 401);
    let told = serving.end();

    let lines: Vec<Value> =
        told.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let answered = |route: &str| {
        let line = lines.iter().find(|line| line["span"]["route"] == route);
        line.unwrap_or_else(|| panic!("no line of {route}: {told}"))["span"].clone()
    };
    let line = answered("/v1/runs");
    assert_eq!((&line["method"], &line["status"]), (&json!("POST"), &json!(200)), "{line}");
    assert_eq!((&line["tenant"], &line["request_id"]), (&json!("local"), &json!("asked-1")));
    assert!(line["took_us"].is_u64(), "{line}");
    let refused = answered("/v1/runs/{run}");
    assert_eq!((&refused["status"], &refused["tenant"]), (&json!(401), &Value::Null), "{refused}");
    for secret in ["canary", &token[4..], "said"] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }

    let spans = collector.spans(2).await;
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["says [redacted] [redacted]", "plain"]);
    let request = &collector.requests()[0];
    assert_eq!(request.headers["x-key"], "canary-of-headers");
    let resource = request.body.resource_spans[0].resource.as_ref().expect("it says what it is");
    assert_eq!(members(&resource.attributes)["service.name"], "flows-of-mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_sends_its_spans_before_it_ends() {
    let collector = Collector::start().await;
    let directory = tempfile::tempdir().expect("a directory can be made");
    std::fs::write(directory.path().join("flow.py"), FLOW).expect("a file can be written");
    for args in [&["run", "flow.py", "--detach", "--quiet"][..], &["worker", "--until-idle"]] {
        let ran = sluice(directory.path(), &collector, args).output().expect("the binary starts");
        assert!(ran.status.success(), "{ran:?}");
    }
    let spans = collector.spans(2).await;
    assert_eq!(spans[1].attributes["sluice.tenant.id"], "local");
}

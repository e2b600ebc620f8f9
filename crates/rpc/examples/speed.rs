//! What a call costs: one after the other and many at once, against Python's own
//! HTTP client and against the bare socket, over a service that answers at once.
//!
//! `cargo run --release -p sluice-rpc --example speed`
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs, reason = "a measurement")]

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sluice_rpc::{Address, CallLimits, Caller, Client};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

const CALLS: usize = 5_000;
const AT_ONCE: usize = 100;
const ROUNDS: usize = 50;

/// A service on a thread of its own, as servers are that wait for many sockets at once; answers each
/// request with a small event.
fn serve(path: &Path) {
    let path = path.to_owned();
    let (ready, wait) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = UnixListener::bind(path).unwrap();
            ready.send(()).unwrap();
            loop {
                tokio::spawn(answer(listener.accept().await.unwrap().0));
            }
        });
    });
    wait.recv().unwrap();
}

async fn answer(mut stream: UnixStream) {
    let event = r#"{"id":"e1","title":"Tea","day":"2026-11-21","notes":null,"status":"planned"}"#;
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{event}}}"#);
    let reply = |body: &str| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
        format!("{head} {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let one = reply(&body);
    let mut buffer = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&buffer).to_lowercase();
        let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            body.len() >= length.unwrap().parse().unwrap()
        });
        if whole {
            stream.write_all(&one).await.unwrap();
            buffer.clear();
        }
        if !matches!(stream.read_buf(&mut buffer).await, Ok(read) if read > 0) {
            return;
        }
    }
}

fn told(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() * part / 100).min(times.len() - 1)].as_nanos() / 1000;
    println!("{name:<44} p50 {:>6} us   p99 {:>6} us", at(50), at(99));
}

fn bare(path: &Path) -> Vec<Duration> {
    let mut stream = std::os::unix::net::UnixStream::connect(path).unwrap();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"event_get","params":{"id":"e1"}}"#;
    let head = "POST /rpc HTTP/1.1\r\nHost: localhost\r\nContent-Length:";
    let request = format!("{head} {}\r\n\r\n{body}", body.len());
    let mut buffer = [0; 4096];
    let one = |_| {
        let started = Instant::now();
        stream.write_all(request.as_bytes()).unwrap();
        assert!(stream.read(&mut buffer).unwrap() > 100);
        started.elapsed()
    };
    (0..CALLS).map(one).collect()
}

const PYTHON: &str = r#"
import http.client, json, socket, sys, time
class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX); self.sock.connect(sys.argv[1])
connection = Connection("localhost")
times = []
for _ in range(5000):
    started = time.perf_counter_ns()
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "event_get", "params": {"id": "e1"}})
    connection.request("POST", "/rpc", body, {"Content-Type": "application/json"})
    json.loads(connection.getresponse().read())["result"]
    times.append(time.perf_counter_ns() - started)
print(*times)
"#;

fn python(path: &Path) -> Vec<Duration> {
    let output = Command::new("python3").args(["-c", PYTHON]).arg(path).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    told.split_whitespace().map(|ns| Duration::from_nanos(ns.parse().unwrap())).collect()
}

async fn one(client: &Client, address: &Address, params: &Value) -> Duration {
    let started = Instant::now();
    let caller = Caller { user: Some("ada".into()), ..Caller::default() };
    client.call(address, "event_get", params, &caller, CallLimits::default()).await.unwrap();
    started.elapsed()
}

async fn at_once(client: &Client, address: &Address, calls: usize) -> Duration {
    let started = Instant::now();
    let spawn = |_| {
        let (client, address) = (client.clone(), address.clone());
        tokio::spawn(async move { one(&client, &address, &json!({"id": "e1"})).await })
    };
    for call in (0..calls).map(spawn).collect::<Vec<_>>() {
        call.await.unwrap();
    }
    started.elapsed()
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rpc.sock");
    serve(&path);
    told("the bare socket, one", bare(&path));
    let python = python(&path);
    let hundred = python.chunks(AT_ONCE).map(|times| times.iter().sum()).collect();
    told("http.client, one", python);
    told("http.client, 100 one after the other", hundred);
    let address = Address::Unix(path);
    let client = Client::new();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut times = Vec::new();
        for _ in 0..CALLS {
            times.push(one(&client, &address, &json!({"id": "e1"})).await);
        }
        told("sluice-rpc, one", times);
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            times.push(at_once(&client, &address, AT_ONCE).await);
        }
        told("sluice-rpc, 100 at once", times);
    });
}

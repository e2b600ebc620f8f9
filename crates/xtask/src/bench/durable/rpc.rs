//! A call of a service from Python, over a unix socket, to a service that answers at once: of a method that changes
//! something, whose intent is on disk before it leaves, and of one that only looks. Beside it the same by
//! `http.client` of plain CPython, which records nothing.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde_json::json;
use sluice_model::EventBody;

use super::Context;
use super::place::Place;
use crate::bench::figures::{Figures, heading, line};

/// Calls one after the other.
const CALLS: usize = 2_000;

/// Calls at once, and how often.
const AT_ONCE: usize = 100;
const ROUNDS: usize = 30;

/// Not measured.
const WARM_UPS: usize = 200;

/// Prints the milliseconds of each call.
const PEER: &str = r#"
import http.client, json, socket, sys, time

class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])

connection = Connection("localhost")
times = []
for number in range(int(sys.argv[2])):
    began = time.perf_counter()
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ring", "params": {"n": number}})
    connection.request("POST", "/rpc", body, {"Content-Type": "application/json"})
    json.loads(connection.getresponse().read())["result"]
    times.append(1e3 * (time.perf_counter() - began))
print(json.dumps(times))
"#;

pub(super) fn measure(context: &Context) -> anyhow::Result<()> {
    let socket = context.stores.dir().join("bell.sock");
    // One that an earlier measurement left behind.
    let _ = std::fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket)?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    let calls = context.scaled(CALLS);
    let peer = peer(&socket, WARM_UPS + calls)?;
    let measured = context.runtime.block_on(ours(context, &socket, calls))?;
    let of_peer = Figures::of(peer[WARM_UPS..].to_vec());
    heading("a call of a service that answers at once");
    line("http.client of plain CPython", "ms", &of_peer, "");
    for Ours { what, one, .. } in &measured {
        let ratio = format!("{:.1} times", one.median() / of_peer.median());
        line(&format!("a flow, {what}"), "ms", one, &ratio);
    }
    let hundred: Vec<f64> =
        peer[WARM_UPS..].chunks_exact(AT_ONCE).map(|times| times.iter().sum()).collect();
    let hundred = Figures::of(hundred);
    heading(&format!("{AT_ONCE} calls"));
    line("http.client, one after the other", "ms", &hundred, "");
    for Ours { what, at_once, .. } in &measured {
        let ratio = format!("{:.1} times as fast", hundred.median() / at_once.median());
        line(&format!("a flow, at once, {what}"), "ms", at_once, &ratio);
    }
    std::fs::remove_file(&socket)?;
    Ok(())
}

/// What the service says of itself.
const DOCUMENT: &str = r#"{"openrpc":"1.3.2","info":{"title":"Bench","version":"1"},"methods":[
    {"name":"ring","params":[{"name":"n","schema":{"type":"integer"}}],"result":{"name":"n","schema":{"type":"integer"}}},
    {"name":"look","x-read-only":true,"params":[{"name":"n","schema":{"type":"integer"}}],"result":{"name":"n","schema":{"type":"integer"}}}
]}"#;

/// What was measured of one method.
struct Ours {
    what: &'static str,
    /// One call after the other.
    one: Figures,
    /// All of them at once.
    at_once: Figures,
}

/// Answers each call with the same, and tells its document.
fn serve(stream: UnixStream) {
    let of = |body: &str| {
        format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let answer = of(r#"{"jsonrpc":"2.0","id":1,"result":7}"#);
    let document = of(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{DOCUMENT}}}"#));
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if !matches!(stream.read_line(&mut line), Ok(1..)) {
                return;
            }
            let header = line.trim_end().to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if header.is_empty() {
                break;
            }
        }
        let mut request = vec![0; length];
        let read = stream.read_exact(&mut request);
        let is_of_document = request.windows(12).any(|part| part == b"rpc.discover");
        let answer = if is_of_document { &document } else { &answer };
        if read.and_then(|()| stream.get_mut().write_all(answer.as_bytes())).is_err() {
            return;
        }
    }
}

fn peer(socket: &Path, calls: usize) -> anyhow::Result<Vec<f64>> {
    let mut command = Command::new("python3");
    let output = command.args(["-c", PEER]).arg(socket).arg(calls.to_string()).output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// From one call to the next, and from the first of many to the end of the last, by the record.
async fn ours(context: &Context, socket: &Path, calls: usize) -> anyhow::Result<Vec<Ours>> {
    let store = context.stores.fresh()?;
    let address = format!("unix:{}", socket.to_str().context("the socket has a name")?);
    let place = Place::reaching_out(store.url(), &address).await?;
    let started = |flow: &'static str, count: usize| {
        let client = place.client.clone();
        async move {
            let run = client.submit(flow, json!({ "count": count })).await?;
            client.seen_to_its_end(run.clone()).await?;
            let (mut starts, mut ends) = (Vec::new(), Vec::new());
            for event in client.tenant().history(&run).await? {
                match event.body {
                    EventBody::CallStarted { .. } => starts.push(event.at_us),
                    EventBody::CallEnded { .. } => ends.push(event.at_us),
                    _ => {}
                }
            }
            anyhow::Ok((starts, ends))
        }
    };
    let mut measured = Vec::new();
    for (what, flow, flow_at_once) in [
        ("each call on disk before it leaves", "rings", "rings-at-once"),
        ("each call read-only", "looks", "looks-at-once"),
    ] {
        let (starts, _) = started(flow, WARM_UPS + calls).await?;
        let between = starts.windows(2).skip(WARM_UPS);
        let one = between.map(|two| two[1].saturating_sub(two[0]) as f64 / 1e3).collect();
        let mut rounds = Vec::new();
        for _ in 0..context.scaled(ROUNDS) {
            let (starts, ends) = started(flow_at_once, AT_ONCE).await?;
            let (first, last) = (starts.first(), ends.last());
            let (first, last) = first.zip(last).context("there were calls")?;
            rounds.push(last.saturating_sub(*first) as f64 / 1e3);
        }
        measured.push(Ours { what, one: Figures::of(one), at_once: Figures::of(rounds) });
    }
    place.close().await?;
    Ok(measured)
}

//! However much a tenant has, an answer has an end, and what follows comes with the next one.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_tests::server::{Client, Server};

/// The most bytes of an answer of these tests: what fits, and a thing that was larger alone.
const MOST: usize = 6 << 20;

/// Logs long lines in steps with many attributes, each about as long as it may be.
const TALKS: &str = "from sluice import flow

@flow
def talks() -> None:
    for number in range(60):
        with flow.step(f's{number}', **{f'a{place}': 'x' * 4_000 for place in range(30)}):
            for _ in range(10):
                flow.log.info('y' * 16_000)
";

/// All items of a list, part by part, each of which is small enough.
async fn all(client: &Client, path: &str, limit: u32) -> Vec<Value> {
    let (mut items, mut parts, mut after) = (Vec::new(), 0, String::new());
    loop {
        let answered = client.get(&format!("{path}?limit={limit}{after}")).await;
        assert!(answered.text.len() < MOST, "{path}: {} bytes", answered.text.len());
        let page = answered.expect(200);
        items.extend(page["items"].as_array().expect("a list").iter().cloned());
        parts += 1;
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert!(parts > 1, "{path} came at once");
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn values_have_a_size_and_lists_of_them_have_parts() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    for number in 0..10 {
        let value = json!({ "value": "x".repeat(1_000_000) });
        owner.put(&format!("/v1/kv/notes/k{number}"), &value).await.expect(200);
    }
    let keys: Vec<Value> =
        all(&owner, "/v1/kv/notes", 500).await.iter().map(|it| it["key"].clone()).collect();
    assert_eq!(keys, (0..10).map(|number| json!(format!("k{number}"))).collect::<Vec<_>>());
    let large = json!({ "value": "x".repeat(1 << 20) });
    assert_eq!(owner.put("/v1/kv/notes/k", &large).await.code(), "request_too_large");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_keeps_no_larger_values_than_the_api() {
    let server = Server::start().await;
    let owner = server.administrator();
    let source = "from sluice import flow\n\n@flow(uses=['kv:*'])\ndef keeps(size: int) -> None:\n    \
        flow.kv('notes').set('k', 'x' * size)\n";
    let run = async |size: usize| {
        let limits = json!({ "string_bytes": 4 << 20 });
        let new = json!({ "source": source, "input": { "size": size }, "limits": limits });
        let request = owner.request(Method::POST, "/v1/runs").header("Prefer", "wait=60");
        owner.send(request.json(&new)).await.expect(200)
    };
    assert_eq!(run((1 << 20) - 2).await["outcome"], "succeeded");
    let failed = run(1 << 20).await;
    assert_eq!(failed["end"]["failure"]["code"], "call_invalid", "{failed}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_record_is_told_in_parts() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let run = owner.run(TALKS, &json!({})).await;
    assert_eq!(run["outcome"], "succeeded", "{run}");
    let path = format!("/v1/runs/{}", run["run"].as_str().expect("it has an id"));
    let events = all(&owner, &format!("{path}/events"), 500).await;
    let expected: Vec<u64> = (1..=events.len() as u64).collect();
    assert_eq!(events.iter().filter_map(|it| it["seq"].as_u64()).collect::<Vec<_>>(), expected);
    let logs = all(&owner, &format!("{path}/logs"), 500).await;
    assert_eq!(logs.len(), 600);
    let spans = all(&owner, &format!("{path}/spans"), 25).await;
    let names: Vec<&str> = spans.iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, (0..60).map(|number| format!("s{number}")).collect::<Vec<_>>());
    let last = owner.get(&format!("{path}/spans/60")).await.expect(200);
    assert_eq!(
        (last["name"].as_str(), last["logs"].as_array().map(Vec::len)),
        (Some("s59"), Some(10))
    );
    let request = owner.request(Method::GET, &format!("{path}/events"));
    let streamed = owner.send(request.header("Accept", "text/event-stream")).await.text;
    let streamed = streamed.lines().filter_map(|line| line.strip_prefix("data: "));
    let streamed: Vec<Value> = streamed
        .flat_map(|data| serde_json::from_str::<Vec<Value>>(data).expect("a list of events"))
        .collect();
    assert_eq!(streamed, events);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_and_their_versions_come_in_parts() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let source = |number: usize| {
        let summary = "x".repeat(100_000);
        format!(
            "from sluice import flow\n\n@flow(name='f')\ndef f() -> None:\n    '{summary} {number}'\n"
        )
    };
    for number in 0..6 {
        owner.post("/v1/flows", &json!({ "source": source(number) })).await.expect(201);
    }
    let first = owner.get("/v1/flows/f/versions?limit=2").await.expect(200);
    let numbers = |items: &Value| -> Vec<u64> {
        let items = items.as_array().expect("a list");
        items.iter().filter_map(|it| it["version"].as_u64()).collect()
    };
    assert_eq!(numbers(&first["items"]), [6, 5]);
    let next = first["next"].as_str().expect("there are more");
    let rest = owner.get(&format!("/v1/flows/f/versions?after={next}")).await.expect(200);
    assert_eq!(numbers(&rest["items"]), [4, 3, 2, 1]);
    assert_eq!(rest["next"], Value::Null);
    server.stop().await;
}

//! Requests that are sent again with the same idempotency key: the same request finds its run, whatever
//! has changed since, and any other is refused.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_tests::server::{Answered, Client, Server};

const ONE: &str = "from sluice import flow\n\n@flow\ndef greet(name: str = 'you') -> str:\n    return f'Hello, {name}'\n\n@flow\ndef other(name: str = 'you') -> str:\n    return name\n";

async fn start(client: &Client, path: &str, body: &Value) -> Answered {
    let request = client.request(Method::POST, path).header("Idempotency-Key", "k").json(body);
    client.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_finds_its_run_after_a_new_version_was_saved() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    owner.post("/v1/flows", &json!({ "source": ONE })).await.expect(201);
    let body = json!({ "input": { "name": "Ada" } });
    let path = "/v1/flows/greet/runs";
    let first = start(&owner, path, &body).await.expect(202)["run"].clone();
    // The new version would not even take that input.
    let next = ONE.replace("name: str", "name: int").replace("'you'", "1");
    owner.post("/v1/flows", &json!({ "source": next })).await.expect(201);
    assert_eq!(start(&owner, path, &body).await.expect(202)["run"], first);
    // By the other path it is the same request, in whatever order its members are.
    let same = json!({ "input": { "name": "Ada" }, "flow": "greet", "grants": null });
    assert_eq!(start(&owner, "/v1/runs", &same).await.expect(202)["run"], first);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_stands_for_all_of_a_request() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let mut body = json!({ "source": ONE, "flow": "greet", "input": { "name": "Ada" } });
    let first = start(&owner, "/v1/runs", &body).await.expect(202)["run"].clone();
    for (member, value) in [
        ("source", json!(format!("{ONE}\n"))),
        ("flow", json!("other")),
        ("input", json!({ "name": "Bob" })),
        ("grants", json!([])),
        ("limits", json!({ "cpu_time_ms": 1_000 })),
        ("retry", json!({ "retries": 1 })),
        ("deadline_ms", json!(3_600_000)),
        ("seed", json!("0".repeat(64))),
    ] {
        let before = body.get(member).cloned();
        body[member] = value;
        let refused = start(&owner, "/v1/runs", &body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (409, "conflict"),
            "{member}"
        );
        match before {
            Some(before) => body[member] = before,
            None => {
                body.as_object_mut().expect("an object").remove(member);
            }
        }
    }
    assert_eq!(start(&owner, "/v1/runs", &body).await.expect(202)["run"], first);
    let other = server.tenant("b").await;
    assert_ne!(start(&other, "/v1/runs", &body).await.expect(202)["run"], first);
    server.stop().await;
}

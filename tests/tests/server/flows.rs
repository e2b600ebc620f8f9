//! Saved flows by the API.

use reqwest::Method;
use serde_json::json;
use sluice_tests::server::Server;

const TWO: &str = "from sluice import flow\n\n@flow\ndef one() -> int:\n    \"\"\"Gives one.\"\"\"\n    return 1\n\n@flow\ndef two() -> int:\n    return 2\n";

#[tokio::test(flavor = "multi_thread")]
async fn flows_are_saved_found_and_run_by_their_names() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    owner.post("/v1/flows", &json!({ "source": TWO })).await.expect(201);
    let found = owner.get("/v1/flows?text=GIVES").await.expect(200);
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
    let page = owner.get("/v1/flows?limit=1").await.expect(200);
    assert_eq!(
        (page["items"][0]["flow"].clone(), page["next"].clone()),
        (json!("one"), json!("one"))
    );
    let request = owner.request(Method::POST, "/v1/flows/two/runs").header("Prefer", "wait=60");
    let run = owner.send(request.json(&json!({}))).await.expect(200);
    assert_eq!(run["end"]["output"], json!(2));
    assert_eq!(owner.post("/v1/flows/three/runs", &json!({})).await.code(), "not_found");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_what_somebody_else_changed_is_refused() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    owner.post("/v1/flows", &json!({ "source": TWO })).await.expect(201);
    let read = owner.get("/v1/flows/one").await;
    let tag = read.headers["etag"].clone();
    let put = |source: String| {
        let request = owner.request(Method::PUT, "/v1/flows/one").header("If-Match", &tag);
        owner.send(request.json(&json!({ "source": source })))
    };
    let saved = put(TWO.replace("return 1", "return 11")).await.expect(200);
    assert_eq!(saved["version"], json!(2));
    assert_eq!(put(TWO.replace("return 1", "return 12")).await.code(), "precondition_failed");
    server.stop().await;
}

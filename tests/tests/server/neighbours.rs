//! A tenant that takes all that it gets does not keep another one waiting until it has enough.

use serde_json::json;
use sluice_tests::server::{Client, Server};

const SPINS: &str = "from sluice import flow\n\n@flow\ndef spins() -> int:\n    total = 0\n    for n in range(3_000_000):\n        total += n\n    return total\n";

const PROBE: &str = "from sluice import flow\n\n@flow\ndef probe(n: int) -> int:\n    with flow.step('one'):\n        return n + 1\n";

async fn flood(noisy: &Client) {
    for _ in 0..300 {
        noisy.post("/v1/runs", &json!({ "source": SPINS })).await.expect(202);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_tenant_leaves_another_its_turn() {
    let server = Server::start().await;
    let (noisy, quiet) = (server.tenant("noisy").await, server.tenant("quiet").await);
    flood(&noisy).await;
    for n in 0..3 {
        let run = quiet.run(PROBE, &json!({ "n": n })).await;
        assert_eq!(run["end"]["output"], json!(n + 1));
    }
    // The probes did not wait for the flood to be over.
    let queued = noisy.get("/v1/runs?state=queued&limit=1").await.expect(200);
    assert_eq!(queued["items"].as_array().map(Vec::len), Some(1));
    server.stop().await;
}

//! Secrets and models, as a tenant keeps them for its calls.

use serde_json::{Value, json};
use sluice_tests::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_refused_with_its_place() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let secret =
        |change: &Value| with(json!({ "value": "12345678", "hosts": ["a.example"] }), change);
    let model =
        |change: &Value| with(json!({ "address": "https://a.example", "model": "m" }), change);
    for (path, body, place) in [
        ("/v1/secrets/a%20b", secret(&json!({})), "secret"),
        ("/v1/secrets/A", secret(&json!({ "value": "short" })), "/value"),
        ("/v1/secrets/A", secret(&json!({ "hosts": [] })), "/hosts"),
        ("/v1/secrets/A", secret(&json!({ "hosts": ["*"] })), "/hosts"),
        ("/v1/secrets/A", secret(&json!({ "in": [] })), "/in"),
        ("/v1/models/a%20b", model(&json!({})), "model"),
        ("/v1/models/a", model(&json!({ "address": "ftp://a.example" })), "/address"),
        ("/v1/models/a", model(&json!({ "model": "" })), "/model"),
        ("/v1/models/a", model(&json!({ "cost_micros_per_day": 5 })), "/cost_micros_per_day"),
    ] {
        let refused = owner.put(path, &body).await.expect(422);
        assert_eq!(refused["code"], "request_invalid", "{path}: {refused}");
        assert_eq!(refused["fields"][0]["place"], place, "{path}: {refused}");
        assert_eq!(refused["fields"][0]["problem"], refused["detail"], "{path}: {refused}");
    }
    let secrets = owner.get("/v1/secrets").await.expect(200);
    assert_eq!(secrets["items"], json!([]));
    let refused =
        server.administrator().put("/v1/services/Bell", &json!({ "address": "no" })).await;
    assert_eq!(refused.expect(422)["fields"][0]["place"], "service");
    let refused =
        server.administrator().put("/v1/services/bell", &json!({ "address": "no" })).await;
    assert_eq!(refused.expect(422)["fields"][0]["place"], "/address");
    server.stop().await;
}

fn with(mut body: Value, change: &Value) -> Value {
    for (name, value) in change.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

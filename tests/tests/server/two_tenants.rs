//! Two tenants over every operation of the API's description. With every id of the one, the other gets
//! what it gets with ids that nobody has, letter by letter; and whoever has no valid token, or not the
//! scope, gets nothing at all. An operation that is new is covered by itself.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use sluice_tests::server::{Client, Server};

/// In all that the first tenant has.
const CANARY: &str = "canary";

const SOURCE: &str = r#"
from sluice import flow


@flow(name="canary-flow", uses=["kv:canary.space", "artifact:*"])
def canary(note: str = "canary-note") -> bool:
    """canary-summary"""
    with flow.step("canary-step"):
        flow.log.info("canary-log")
        flow.kv("canary.space").set("canary-key", note)
        flow.artifact("canary.txt", b"canary-bytes")
    return flow.ask("canary-question", bool)
"#;

/// Operations that make something of the caller's own under a name that another tenant may have, too.
const MAKES_ITS_OWN: [&str; 4] = ["put_flow", "put_kv", "put_model", "put_secret"];

/// One operation of the document.
struct Operation {
    id: String,
    method: Method,
    path: String,
    scope: Option<String>,
    has_body: bool,
}

async fn operations(client: &Client) -> Vec<Operation> {
    let document = client.get("/v1/openapi.json").await.expect(200);
    assert!(document["openapi"].as_str().is_some_and(|version| version >= "3.1"));
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("there are paths") {
        for (method, operation) in item.as_object().expect("a path has methods") {
            let Ok(method) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            operations.push(Operation {
                id: operation["operationId"].as_str().expect("it has an id").to_owned(),
                method,
                path: path.clone(),
                scope: operation["security"][0]["token"][0].as_str().map(str::to_owned),
                has_body: operation.get("requestBody").is_some(),
            });
        }
    }
    assert!(operations.len() > 30, "the document holds {} operations", operations.len());
    operations
}

impl Operation {
    /// The path with its variable parts filled in. A part that is not known here fails the test: say
    /// what the first tenant has of that kind.
    fn path_with(&self, ids: &BTreeMap<&str, String>) -> String {
        let mut path = self.path.clone();
        while let Some(from) = path.find('{') {
            let until = from + path[from..].find('}').expect("a part ends");
            let name = path[from + 1..until].to_owned();
            let id = ids.get(name.as_str());
            let id = id.unwrap_or_else(|| panic!("{}: what is a `{name}`?", self.path));
            path.replace_range(from..=until, id);
        }
        path
    }

    fn is_of_something(&self) -> bool {
        self.path.contains('{')
    }

    /// A body that is taken, so that an answer is about the path.
    fn body(&self) -> Value {
        match self.id.as_str() {
            "answer_ask" => json!({ "value": true }),
            "put_flow" => json!({ "source": SOURCE }),
            "put_kv" => json!({ "value": 1 }),
            "put_secret" => json!({ "value": "canary-value", "hosts": ["api.example.com"] }),
            "put_model" => json!({ "address": "https://api.example.com/v1", "model": "large" }),
            "save_flows" | "validate_source" | "start_run" => {
                json!({ "source": "from sluice import flow\n@flow\ndef f(): pass" })
            }
            "create_token" | "create_tenant_token" => json!({ "name": "mine" }),
            "create_tenant" => json!({ "tenant": "third" }),
            "login" => json!({ "code": "sll_x" }),
            _ => json!({}),
        }
    }

    async fn ask(&self, client: &Client, ids: &BTreeMap<&str, String>) -> (u16, String) {
        let request = client.request(self.method.clone(), &self.path_with(ids));
        let request = if self.has_body { request.json(&self.body()) } else { request };
        let answered = client.send(request).await;
        (answered.status.as_u16(), answered.text)
    }
}

/// What the first tenant has, by the names of the parts of paths.
async fn ids_of(owner: &Client) -> BTreeMap<&'static str, String> {
    owner.post("/v1/flows", &json!({ "source": SOURCE })).await.expect(201);
    owner
        .put("/v1/kv/canary.space/canary-other", &json!({ "value": "canary-value" }))
        .await
        .expect(200);
    let secret = json!({ "value": "canary-value", "hosts": ["canary.example.com"] });
    owner.put("/v1/secrets/canary-secret", &secret).await.expect(200);
    let model = json!({ "address": "https://canary.example.com/v1", "model": "canary-model" });
    owner.put("/v1/models/canary-model", &model).await.expect(200);
    let run = owner.post("/v1/flows/canary-flow/runs", &json!({})).await.expect(202);
    let run = run["run"].as_str().expect("it has an id").to_owned();
    let ask = loop {
        let asks = owner.get("/v1/asks").await.expect(200);
        if let Some(ask) = asks["items"][0]["ask"].as_str() {
            break ask.to_owned();
        }
        let run = owner.get(&format!("/v1/runs/{run}")).await.expect(200);
        assert_ne!(run["state"], "ended", "{run:#}");
    };
    // Nothing more is written to its record now.
    while owner.get(&format!("/v1/runs/{run}")).await.expect(200)["state"] != "waiting" {}
    let kept = owner.get(&format!("/v1/runs/{run}/artifacts")).await.expect(200);
    let token = owner.post("/v1/tokens", &json!({ "name": "canary-token" })).await.expect(201);
    BTreeMap::from([
        ("run", run),
        ("ask", ask),
        ("span", "1".to_owned()),
        ("flow", "canary-flow".to_owned()),
        ("version", "1".to_owned()),
        ("space", "canary.space".to_owned()),
        ("key", "canary-key".to_owned()),
        ("name", kept["items"][0]["name"].as_str().expect("it kept something").to_owned()),
        ("digest", kept["items"][0]["digest"].as_str().expect("it has one").to_owned()),
        ("token", token["token"].as_str().expect("it has an id").to_owned()),
        ("tenant", "first".to_owned()),
        ("secret", "canary-secret".to_owned()),
        ("model", "canary-model".to_owned()),
        // Services are those of the server.
        ("service", "canary-service".to_owned()),
    ])
}

/// Ids of the same form that nobody has.
fn made_up(ids: &BTreeMap<&'static str, String>) -> BTreeMap<&'static str, String> {
    let other = |id: &String| -> String {
        id.chars().map(|char| if char == 'c' { 'd' } else { char }).collect()
    };
    let mut made_up: BTreeMap<_, _> = ids.iter().map(|(name, id)| (*name, other(id))).collect();
    made_up.insert("run", "run_00000000000000000000000000".to_owned());
    made_up.insert("ask", "ask_00000000000000000000000000".to_owned());
    made_up.insert("token", "tok_00000000000000000000000000".to_owned());
    made_up.insert("digest", "0".repeat(64));
    made_up.insert("tenant", "nobody".to_owned());
    made_up
}

/// The answer without the ids that whoever asked sent along.
fn without(text: &str, ids: &BTreeMap<&'static str, String>) -> String {
    ids.values().filter(|id| id.len() > 3).fold(text.to_owned(), |text, id| text.replace(id, "ID"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_reads_as_what_does_not_exist() {
    let server = Server::start().await;
    let (first, second) = (server.tenant("first").await, server.tenant("second").await);
    let ids = ids_of(&first).await;
    let made_up = made_up(&ids);
    let before = first.get(&format!("/v1/runs/{}/events", ids["run"])).await.text;
    let mut asked = 0;
    for operation in operations(&second).await {
        let id = &operation.id;
        if operation.scope.as_deref() == Some("admin") {
            let (status, text) = operation.ask(&second, &ids).await;
            assert_eq!(status, 403, "{id}: {text}");
            continue;
        }
        if MAKES_ITS_OWN.contains(&id.as_str()) {
            continue;
        }
        let (status, text) = operation.ask(&second, &ids).await;
        if operation.is_of_something() {
            // A space without keys is no different from one that nobody has.
            let is_empty = (status, text.as_str()) == (200, r#"{"items":[],"next":null}"#);
            assert!(status == 404 || is_empty, "{id}: {status} {text}");
            let (other_status, other_text) = operation.ask(&second, &made_up).await;
            assert_eq!(status, other_status, "{id}");
            assert_eq!(without(&text, &ids), without(&other_text, &made_up), "{id}");
        } else {
            assert!(!text.contains(CANARY), "{id}: {text}");
            assert!(ids.values().all(|id| id.len() < 20 || !text.contains(id)), "{id}: {text}");
        }
        asked += 1;
    }
    assert!(asked > 25, "{asked} operations were asked for");
    let after = first.get(&format!("/v1/runs/{}/events", ids["run"])).await.text;
    assert_eq!(before, after, "the other tenant's requests changed a record");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_name_is_another_thing_for_each_tenant() {
    let server = Server::start().await;
    let (first, second) = (server.tenant("first").await, server.tenant("second").await);
    let ids = ids_of(&first).await;
    for operation in operations(&second).await {
        if MAKES_ITS_OWN.contains(&operation.id.as_str()) {
            let (status, text) = operation.ask(&second, &ids).await;
            assert_eq!(status, 200, "{}: {text}", operation.id);
        }
    }
    let flow = first.get("/v1/flows/canary-flow").await.expect(200);
    assert_eq!(flow["version"], json!(1));
    let key = first.get("/v1/kv/canary.space/canary-key").await.expect(200);
    assert_eq!(key["value"], json!("canary-note"));
    let secrets = first.get("/v1/secrets").await.expect(200);
    assert_eq!(secrets["items"][0]["version"], json!(1));
    let models = first.get("/v1/models").await.expect(200);
    assert_eq!(models["items"][0]["endpoint"]["model"], json!("canary-model"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_without_a_valid_token_and_the_scope() {
    let server = Server::start_with(|settings| settings.failures_per_second = 1_000_000).await;
    let owner = server.tenant("first").await;
    let ids = ids_of(&owner).await;
    let made = |wanted: Value| {
        let admin = server.administrator();
        async move { admin.post("/v1/tokens", &wanted).await.expect(201) }
    };
    let every = ["read", "run", "write", "answer", "tenant", "admin"];
    let revoked = made(json!({ "name": "revoked", "scopes": every })).await;
    let path = format!("/v1/tokens/{}", revoked["token"].as_str().expect("it has an id"));
    server.administrator().delete(&path).await.expect(204);
    let expired = made(json!({ "name": "expired", "scopes": every, "lasts_ms": 0 })).await;
    let secret = |token: &Value| token["secret"].as_str().expect("it is shown").to_owned();
    let strangers = [
        ("no token", server.anonymous()),
        ("no Sluice token", server.with("something else")),
        ("a revoked token", server.with(&secret(&revoked))),
        ("an expired token", server.with(&secret(&expired))),
    ];
    for operation in operations(&owner).await {
        let Some(scope) = &operation.scope else {
            // A socket asks for a ticket in its first message: `live.rs` has that.
            let is_open = ["login", "open_socket"].contains(&operation.id.as_str());
            assert!(is_open, "{} is open to everybody", operation.id);
            continue;
        };
        for (who, stranger) in &strangers {
            let (status, text) = operation.ask(stranger, &ids).await;
            assert_eq!(status, 401, "{} with {who}: {text}", operation.id);
        }
        let others: Vec<&str> = every.into_iter().filter(|other| other != scope).collect();
        let narrow = made(json!({ "name": "narrow", "scopes": others })).await;
        let (status, text) = operation.ask(&server.with(&secret(&narrow)), &ids).await;
        assert_eq!(status, 403, "{} without {scope}: {text}", operation.id);
        assert!(text.contains("scope_missing"), "{}: {text}", operation.id);
    }
    server.stop().await;
}

//! `If-Match` and `If-None-Match`: a change is made on what its author has seen, or not at all.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_tests::server::{Answered, Client, Server};

const FLOW: &str = "from sluice import flow\n\n@flow\ndef one() -> int:\n    return 1\n";

async fn change(
    client: &Client,
    method: Method,
    path: &str,
    header: (&str, &[u8]),
    body: &Value,
) -> Answered {
    let (name, value) = header;
    let value = reqwest::header::HeaderValue::from_bytes(value).expect("it is a value");
    client.send(client.request(method, path).header(name, value).json(body)).await
}

fn tag_of(answered: &Answered) -> String {
    answered.headers["etag"].to_str().expect("it is ASCII").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_change_a_tenant_with_the_same_tag_one_does() {
    let server = Server::start().await;
    server.tenant("a").await;
    let admin = server.administrator();
    let tag = tag_of(&admin.get("/v1/tenants/a").await);
    let mut changes = Vec::new();
    for number in 0..16 {
        let (admin, tag) = (admin.clone(), tag.clone());
        changes.push(tokio::spawn(async move {
            let body = json!({ "label": format!("n{number}"), "quota": { "queued": number } });
            let header = ("If-Match", tag.as_bytes());
            change(&admin, Method::PATCH, "/v1/tenants/a", header, &body).await
        }));
    }
    let mut done = Vec::new();
    for change in changes {
        let answered = change.await.expect("it is answered");
        match answered.status.as_u16() {
            200 => done.push(answered),
            412 => assert_eq!(answered.code(), "precondition_failed"),
            _ => panic!("{}", answered.text),
        }
    }
    assert_eq!(done.len(), 1, "{done:?}");
    let now = admin.get("/v1/tenants/a").await;
    assert_eq!(now.json(), done[0].json());
    assert_eq!(
        (now.json()["label"].as_str(), tag_of(&now)),
        (Some(format!("n{}", now.json()["quota"]["queued"]).as_str()), tag_of(&done[0]),)
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_as_a_condition_changes_nothing() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let admin = server.administrator();
    owner.put("/v1/kv/s/k", &json!({ "value": 1 })).await.expect(200);
    owner.post("/v1/flows", &json!({ "source": FLOW })).await.expect(201);
    for value in [&b"\"\xff\""[..], b"v1", b"\"v1", b""] {
        for name in ["If-Match", "If-None-Match"] {
            for (client, method, path, body) in [
                (&owner, Method::PUT, "/v1/kv/s/k", json!({ "value": 2 })),
                (&owner, Method::DELETE, "/v1/kv/s/k", json!({})),
                (&owner, Method::PUT, "/v1/flows/one", json!({ "source": FLOW.replace('1', "2") })),
                (&admin, Method::PATCH, "/v1/tenants/a", json!({ "label": "b" })),
            ] {
                let refused = change(client, method, path, (name, value), &body).await;
                assert_eq!(refused.expect(422)["fields"][0]["place"], json!(name), "{path}");
            }
        }
    }
    assert_eq!(owner.get("/v1/kv/s/k").await.expect(200)["value"], json!(1));
    assert_eq!(owner.get("/v1/flows/one").await.expect(200)["version"], json!(1));
    assert_eq!(admin.get("/v1/tenants/a").await.expect(200).get("label"), None);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_flows_are_changed_only_on_what_is_named() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let key = async |name, value: &str, number: u64| {
        let body = json!({ "value": number });
        change(&owner, Method::PUT, "/v1/kv/s/k", (name, value.as_bytes()), &body).await
    };
    let flow = async |name, value: &str, number: &str| {
        let body = json!({ "source": FLOW.replace('1', number) });
        change(&owner, Method::PUT, "/v1/flows/one", (name, value.as_bytes()), &body).await
    };
    assert_eq!(key("If-Match", "*", 1).await.code(), "precondition_failed");
    assert_eq!(flow("If-Match", "*", "1").await.code(), "precondition_failed");
    assert_eq!(owner.get("/v1/flows/one").await.status.as_u16(), 404, "it would be a new flow");
    let first = tag_of(&key("If-None-Match", "*", 1).await);
    assert_eq!(tag_of(&flow("If-None-Match", "*", "1").await), "\"v1\"");
    assert_eq!(key("If-None-Match", "*", 2).await.code(), "precondition_failed");
    assert_eq!(flow("If-None-Match", "*", "2").await.code(), "precondition_failed");
    // Only where it is something else, however weakly that is named.
    assert_eq!(key("If-None-Match", &first, 2).await.code(), "precondition_failed");
    assert_eq!(flow("If-None-Match", "W/\"v1\"", "2").await.code(), "precondition_failed");
    // A weak tag is no state to change.
    assert_eq!(key("If-Match", &format!("W/{first}"), 2).await.code(), "precondition_failed");
    let second = tag_of(&key("If-Match", &format!("\"x\", {first}"), 2).await);
    assert_eq!(tag_of(&flow("If-Match", "\"v9\", \"v1\"", "2").await), "\"v2\"");
    assert_eq!(key("If-Match", &first, 3).await.code(), "precondition_failed");
    assert_eq!(
        tag_of(&key("If-None-Match", &first, 3).await),
        tag_of(&owner.get("/v1/kv/s/k").await)
    );
    let delete = async |value: &str| {
        let header = ("If-Match", value.as_bytes());
        change(&owner, Method::DELETE, "/v1/kv/s/k", header, &json!({})).await
    };
    assert_eq!(delete(&second).await.code(), "precondition_failed");
    delete("*").await.expect(204);
    assert_eq!(delete("*").await.code(), "not_found");
    server.stop().await;
}

//! Runs by the API: begun, waited for, looked at, answered, cancelled, run again.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_tests::server::Server;

const HELLO: &str = "from sluice import flow\n\n@flow\ndef hello(name: str = 'you') -> str:\n    with flow.step('greet'):\n        flow.log.info('to', name=name)\n        return f'Hello, {name}'\n";

const PAYS: &str = "from sluice import flow\n\n@flow\ndef pays(amount: int) -> bool:\n    return flow.ask('Pay?', bool, details={'amount': amount})\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_run_and_its_result_is_waited_for() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let run = owner.run(HELLO, &json!({ "name": "Ada" })).await;
    assert_eq!(run["end"]["output"], json!("Hello, Ada"), "{run:#}");
    let id = run["run"].as_str().expect("it has an id");
    let spans = owner.get(&format!("/v1/runs/{id}/spans")).await.expect(200);
    assert_eq!(spans["items"][0]["name"], json!("greet"));
    let span = owner.get(&format!("/v1/runs/{id}/spans/1")).await.expect(200);
    assert_eq!(span["logs"][0]["attributes"], json!({ "name": "Ada" }));
    let logs = owner.get(&format!("/v1/runs/{id}/logs")).await.expect(200);
    assert_eq!(logs["items"].as_array().map(Vec::len), Some(1));
    let verified = owner.get(&format!("/v1/runs/{id}/verify")).await.expect(200);
    assert_eq!(verified["is_intact"], json!(true));
    let replayed = owner.post(&format!("/v1/runs/{id}/replay"), &json!({})).await.expect(200);
    assert_eq!(replayed["result"], json!("same"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_run_is_told_before_there_is_a_run() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let refused = owner.post("/v1/runs", &json!({ "source": HELLO, "input": { "name": 1 } })).await;
    let problem = refused.expect(422);
    assert_eq!(problem["code"], json!("input_invalid"));
    assert_eq!(problem["fields"][0]["place"], json!("/input/name"));
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    let refused = owner.post("/v1/runs", &json!({ "source": "def", "input": {} })).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (422, "source_invalid"));
    let refused =
        owner.post("/v1/runs", &json!({ "source": HELLO, "limits": { "memory": 1 } })).await;
    assert_eq!(refused.expect(422)["fields"][0]["place"], json!("/limits/memory"));
    let runs = owner.get("/v1/runs").await.expect(200);
    assert_eq!(runs["items"], json!([]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_starts_a_run_once() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let start = |name: &str| {
        owner
            .request(Method::POST, "/v1/runs")
            .header("Idempotency-Key", "k1")
            .json(&json!({ "source": HELLO, "input": { "name": name } }))
    };
    let first = owner.send(start("Ada")).await.expect(202);
    let second = owner.send(start("Ada")).await.expect(202);
    assert_eq!(first["run"], second["run"]);
    assert_eq!(owner.send(start("Bob")).await.code(), "conflict");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_found_and_answered_once() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let started =
        owner.post("/v1/runs", &json!({ "source": PAYS, "input": { "amount": 5 } })).await;
    let run = started.expect(202)["run"].as_str().expect("it has an id").to_owned();
    let ask = loop {
        let asks = owner.get(&format!("/v1/asks?state=open&run={run}")).await.expect(200);
        if let Some(ask) = asks["items"].get(0) {
            break ask["ask"].as_str().expect("it has an id").to_owned();
        }
    };
    let path = format!("/v1/asks/{ask}/answer");
    let refused = owner.post(&path, &json!({ "value": "perhaps" })).await;
    assert_eq!(refused.code(), "answer_invalid");
    assert_eq!(refused.json()["fields"][0]["place"], json!("/value"));
    owner.post(&path, &json!({ "value": true })).await.expect(200);
    assert_eq!(owner.post(&path, &json!({ "value": false })).await.code(), "conflict");
    let ended = ended(&owner, &run).await;
    assert_eq!(ended["end"]["output"], json!(true));
    let audit = owner.get("/v1/audit").await.expect(200);
    assert!(
        audit["items"].as_array().expect("a list").iter().any(|it| it["action"] == "answer ask")
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_cancelled_and_run_again_from_a_step() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let source = "from sluice import flow\nimport time\n\n@flow\ndef waits() -> str:\n    with flow.step('one'):\n        pass\n    with flow.step('two'):\n        time.sleep(3600)\n    return 'late'\n";
    let started = owner.post("/v1/runs", &json!({ "source": source })).await.expect(202);
    let run = started["run"].as_str().expect("it has an id").to_owned();
    loop {
        let spans = owner.get(&format!("/v1/runs/{run}/spans")).await.expect(200);
        if spans["items"].as_array().is_some_and(|spans| spans.len() >= 2) {
            break;
        }
    }
    owner.post(&format!("/v1/runs/{run}/cancel"), &json!({ "reason": "enough" })).await.expect(202);
    assert_eq!(ended(&owner, &run).await["end"]["outcome"], json!("cancelled"));
    let quick = source.replace("time.sleep(3600)", "pass");
    let path = format!("/v1/runs/{run}/reruns");
    let plan = owner.post(&path, &json!({ "from": "two", "source": quick })).await.expect(200);
    assert_eq!((plan["is_needed"].clone(), plan["run"].clone()), (json!(true), Value::Null));
    let live = json!({ "from": "two", "source": quick, "go_live": true });
    let mut of_caller = 0;
    let mut keyed = async |body: &Value| {
        of_caller += 1;
        let trace = format!("00-{of_caller:032x}-{of_caller:016x}-01");
        let request = owner.request(Method::POST, &path).header("Idempotency-Key", "once");
        owner.send(request.header("traceparent", trace).json(body)).await
    };
    let first = keyed(&live).await;
    let (forked, again) = (first.expect(200), keyed(&live).await);
    assert_eq!(again.expect(200)["run"], forked["run"], "once for a key");
    assert_eq!(again.headers["traceparent"], first.headers["traceparent"], "it is in one trace");
    assert_eq!(
        keyed(&json!({ "from": "one", "go_live": true })).await.expect(409)["code"],
        "conflict"
    );
    let forked = forked["run"].as_str().expect("it went live");
    assert_eq!(ended(&owner, forked).await["end"]["output"], json!("late"));
    server.stop().await;
}

async fn ended(client: &sluice_tests::server::Client, run: &str) -> Value {
    loop {
        let found = client.get(&format!("/v1/runs/{run}")).await.expect(200);
        if found["state"] == "ended" {
            return found;
        }
    }
}

const NOTES: &str = "from sluice import flow\n\n@flow(uses=['kv:notes'])\ndef notes() -> int:\n    with flow.step('keep'):\n        flow.kv('notes').set('n', 1)\n    return 1\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_rerun_grants_no_more_than_whoever_asks_for_it_may() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let wide = owner.run(NOTES, &json!({})).await;
    assert_eq!(wide["end"]["outcome"], json!("succeeded"), "{wide:#}");
    let narrow = json!({ "name": "narrow", "role": "author", "grants": ["kv:other"] });
    let made = owner.post("/v1/tokens", &narrow).await.expect(201);
    let narrow = server.with(made["secret"].as_str().expect("a token"));
    let path = format!("/v1/runs/{}/reruns", wide["run"].as_str().expect("it has an id"));
    let again = json!({ "from": "keep", "grants": ["kv:notes"], "go_live": true });
    let rerun = narrow.post(&path, &again).await.expect(200);
    let run = rerun["run"].as_str().expect("it went live").to_owned();
    let run = ended(&narrow, &run).await;
    assert_eq!(run["end"]["failure"]["code"], json!("capability_denied"), "{run:#}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_whether_it_is_the_tenant_who_lacks_it() {
    let server = Server::start().await;
    let admin = server.administrator();
    admin.post("/v1/tenants", &json!({ "tenant": "t", "grants": ["kv:other"] })).await.expect(201);
    let run = server.token_of("t", "author").await.run(NOTES, &json!({})).await;
    let failure = &run["end"]["failure"];
    assert_eq!(failure["code"], json!("capability_denied"), "{run:#}");
    let hint = failure["hint"].as_str().expect("it has a hint");
    assert!(hint.starts_with("The tenant has no \"kv:notes\""), "{hint}");
    server.stop().await;
}

//! Who may come in.

use serde_json::json;
use sluice_server::first_login;
use sluice_tests::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_login_code_works_once_and_the_first_one_is_not_made_twice() {
    let server = Server::start().await;
    let store = server.edge().store();
    assert!(first_login(store, false).await.expect("the store answers").is_none());
    let code =
        first_login(store, true).await.expect("the store answers").expect("it is forced").code;
    let login = json!({ "code": code, "name": "laptop" });
    let bought = server.anonymous().post("/v1/login", &login).await.expect(201);
    assert_eq!(server.anonymous().post("/v1/login", &login).await.code(), "unauthenticated");
    let me =
        server.with(bought["secret"].as_str().expect("a token")).get("/v1/me").await.expect(200);
    assert_eq!((me["name"].clone(), me["tenant"].clone()), (json!("laptop"), json!("local")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_or_expired_token_is_nobodys() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let made =
        owner.post("/v1/tokens", &json!({ "name": "t", "role": "viewer" })).await.expect(201);
    let viewer = server.with(made["secret"].as_str().expect("a token"));
    viewer.get("/v1/me").await.expect(200);
    assert_eq!(viewer.post("/v1/runs", &json!({ "source": "" })).await.code(), "scope_missing");
    owner.delete(&format!("/v1/tokens/{}", made["token"].as_str().unwrap_or(""))).await.expect(204);
    assert_eq!(viewer.get("/v1/me").await.code(), "unauthenticated");
    let made = owner.post("/v1/tokens", &json!({ "name": "t", "lasts_ms": 0 })).await.expect(201);
    let expired = server.with(made["secret"].as_str().expect("a token"));
    assert_eq!(expired.get("/v1/me").await.code(), "unauthenticated");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_away_what_they_do_not_have() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let admin = json!({ "name": "t", "role": "administrator" });
    assert_eq!(owner.post("/v1/tokens", &admin).await.code(), "scope_missing");
    let narrow = json!({ "name": "t", "role": "owner", "grants": ["kv:notes"] });
    let made = owner.post("/v1/tokens", &narrow).await.expect(201);
    let narrow = server.with(made["secret"].as_str().expect("a token"));
    let wide = json!({ "name": "t", "grants": ["kv:*", "flow:x"] });
    let made = narrow.post("/v1/tokens", &wide).await.expect(201);
    assert_eq!(made["grants"], json!(["kv:notes"]));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down() {
    let server = Server::start_with(|settings| settings.failures_per_second = 3).await;
    let stranger = server.with("slt_nonsense");
    let mut codes = Vec::new();
    for _ in 0..6 {
        codes.push(stranger.get("/v1/me").await.code());
    }
    assert_eq!(codes[0], "unauthenticated");
    assert!(codes.iter().any(|code| code == "rate_limited"), "{codes:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_for_administrators() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    assert_eq!(owner.get("/metrics").await.code(), "scope_missing");
    let text = server.administrator().get("/metrics").await.text;
    assert!(text.contains("sluice_http_requests_total{method=\"GET\",status=\"403\"} 1"), "{text}");
    server.stop().await;
}

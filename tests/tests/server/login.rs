//! Who may come in.

use serde_json::json;
use sluice_server::first_login;
use sluice_tests::server::Server;

use crate::secrets::made_up;

/// So often it is tried to be faster than a bucket fills, which takes a second.
const TRIES: u32 = 30;

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
    let mut codes = Vec::new();
    for number in 0..12 {
        codes.push(server.with(&made_up("slt_", number)).get("/v1/me").await.code());
    }
    assert_eq!(codes[0], "unauthenticated");
    assert!(codes.iter().any(|code| code == "rate_limited"), "{codes:?}");
    let mut codes = Vec::new();
    for number in 0..12 {
        let login = json!({ "code": made_up("sll_", number) });
        codes.push(server.anonymous().post("/v1/login", &login).await.code());
    }
    assert!(codes.iter().any(|code| code == "rate_limited"), "{codes:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_reaches_no_store_and_those_who_are_known_go_on() {
    let server = Server::start_with(|settings| settings.failures_per_second = 1).await;
    let owner = server.tenant("a").await;
    owner.get("/v1/me").await.expect(200);
    // What is valid is not looked up either from an address that guesses, unless it was known before.
    let mut codes = Vec::new();
    for number in 0..TRIES {
        let made = owner.post("/v1/tokens", &json!({ "name": "t" })).await.expect(201);
        let newcomer = server.with(made["secret"].as_str().expect("a token"));
        server.with(&made_up("slt_", number)).get("/v1/me").await;
        server.with(&made_up("slt_", number)).get("/v1/me").await;
        codes.push(newcomer.get("/v1/me").await.code());
    }
    assert!(codes.iter().any(|code| code == "rate_limited"), "{codes:?}");
    let mut codes = Vec::new();
    for number in 0..TRIES {
        let code = first_login(server.edge().store(), true).await.expect("the store answers");
        let login = json!({ "code": code.expect("it is forced").code });
        let guess = json!({ "code": made_up("sll_", number) });
        server.anonymous().post("/v1/login", &guess).await;
        server.anonymous().post("/v1/login", &guess).await;
        let mut answered = server.anonymous().post("/v1/login", &login).await;
        codes.push(answered.code());
        while answered.code() == "rate_limited" {
            answered = server.anonymous().post("/v1/login", &login).await;
        }
        // The code was not used up meanwhile.
        answered.expect(201);
        if codes.contains(&"rate_limited".to_owned()) {
            break;
        }
    }
    assert!(codes.iter().any(|code| code == "rate_limited"), "{codes:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_each_address_guesses_for_itself() {
    let server = Server::start_with(|settings| {
        (settings.failures_per_second, settings.behind_proxy) = (1, true);
    })
    .await;
    let stranger = server.anonymous();
    let guess = async |number: u32, from: &str| {
        let login = json!({ "code": made_up("sll_", number) });
        let request = stranger.request(reqwest::Method::POST, "/v1/login").json(&login);
        stranger.send(request.header("X-Forwarded-For", from)).await.code()
    };
    for number in 0..20 {
        // What a client says of itself is not believed.
        let from = format!("203.0.113.{number}, 192.0.2.{number}");
        assert_eq!(guess(number, &from).await, "unauthenticated");
    }
    let mut codes = Vec::new();
    for number in 0..20 {
        codes.push(guess(number, &format!("203.0.113.{number}, 198.51.100.1")).await);
    }
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

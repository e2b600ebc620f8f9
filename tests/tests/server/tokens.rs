//! Tokens as those see them who make them: how many, how long, by whom.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sluice_db::NewToken;
use sluice_model::{Scope, TenantId, TokenId};
use sluice_server::first_login;
use sluice_tests::server::{Client, Server};

use crate::secrets::{hash, made_up};

/// Tokens that nobody has asked the server for; their secrets.
async fn given(server: &Server, tenant: &str, count: u32) -> Vec<String> {
    let tenant = server.edge().store().tenant(&tenant.parse::<TenantId>().expect("a name"));
    let secrets: Vec<String> = (0..count).map(|number| made_up("slt_", number)).collect();
    let made = (1..).zip(&secrets).map(|(number, secret)| {
        tenant.create_token(NewToken {
            id: TokenId::new(number, [0; 10]),
            name: "given".to_owned(),
            hash: hash(secret),
            scopes: vec![Scope::Read],
            grants: None,
            created_by: "ada".to_owned(),
            at_us: 1,
            expires_at_us: None,
        })
    });
    for made in join_all(made).await {
        assert!(made.expect("the store answers"));
    }
    secrets
}

/// All items of a list, part by part.
async fn all(client: &Client, path: &str) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{path}?limit=400{after}")).await.expect(200);
        items.extend(page["items"].as_array().expect("a list").iter().cloned());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return items,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_of_many_tokens_is_listed_and_can_be_taken_back() {
    let server = Server::start().await;
    let admin = server.administrator();
    let secrets = given(&server, "local", 1_005).await;
    let listed = all(&admin, "/v1/tokens").await;
    assert_eq!(listed.len(), 1_006);
    let oldest = listed.last().expect("there are some")["token"].as_str().expect("it has an id");
    assert_eq!(oldest, TokenId::new(1, [0; 10]).as_str());
    let path = format!("/v1/tokens/{oldest}");
    let other = server.tenant("a").await;
    assert_eq!(other.delete(&path).await.code(), "not_found");
    server.with(&secrets[0]).get("/v1/me").await.expect(200);
    for _ in 0..2 {
        admin.delete(&path).await.expect(204);
        assert_eq!(server.with(&secrets[0]).get("/v1/me").await.code(), "unauthenticated");
    }
    let revoked = all(&admin, "/v1/audit").await;
    let revoked = revoked.iter().filter(|entry| entry["action"] == "revoke token");
    assert_eq!(revoked.count(), 1, "what was done before is not done again");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_has_as_many_tokens_as_it_may() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let admin = server.administrator();
    let narrow = json!({ "quota": { "tokens": 2 } });
    admin.send(admin.request(Method::PATCH, "/v1/tenants/a").json(&narrow)).await.expect(200);
    let another = async || owner.post("/v1/tokens", &json!({ "name": "t" })).await;
    let made = another().await.expect(201);
    let refused = another().await;
    assert_eq!(refused.code(), "quota_exceeded");
    assert_eq!(refused.json()["failure"]["details"]["quota"], "tokens");
    owner.delete(&format!("/v1/tokens/{}", made["token"].as_str().unwrap_or(""))).await.expect(204);
    another().await.expect(201);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tokens_of_a_tenant_ask_no_more_often_than_a_few() {
    let server = Server::start_with(|settings| settings.requests_per_second = 1).await;
    let secrets = given(&server, "local", 60).await;
    let mut refusals = Vec::new();
    for secret in &secrets {
        let answered = server.with(secret).get("/v1/me").await;
        if answered.code() == "rate_limited" {
            refusals.push(answered.text);
        }
    }
    assert!(refusals.iter().any(|text| text.contains("of one tenant")), "{refusals:?}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_not_outlive_the_one_that_made_it() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    let hour = json!({ "name": "t", "role": "owner", "lasts_ms": 3_600_000 });
    let made = owner.post("/v1/tokens", &hour).await.expect(201);
    let end_us = made["expires_at_us"].as_u64().expect("it ends");
    let passing = server.with(made["secret"].as_str().expect("a token"));
    for wanted in [json!({ "name": "t" }), json!({ "name": "t", "lasts_ms": u64::MAX })] {
        let made = passing.post("/v1/tokens", &wanted).await.expect(201);
        assert_eq!(made["expires_at_us"].as_u64(), Some(end_us), "{wanted}");
    }
    let shorter = json!({ "name": "t", "lasts_ms": 60_000 });
    let made = passing.post("/v1/tokens", &shorter).await.expect(201);
    assert!(made["expires_at_us"].as_u64().is_some_and(|it| it < end_us), "{made}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_outlives_a_request_that_is_wrong() {
    let server = Server::start().await;
    let code = first_login(server.edge().store(), true).await.expect("the store answers");
    let code = code.expect("it is forced").code;
    for name in ["", "a\nb", &"x".repeat(101)] {
        let login = json!({ "code": code, "name": name });
        assert_eq!(server.anonymous().post("/v1/login", &login).await.code(), "request_invalid");
    }
    server.anonymous().post("/v1/login", &json!({ "code": code })).await.expect(201);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_sees_that_an_administrator_made_a_token_and_not_which() {
    let server = Server::start().await;
    let admin = server.administrator();
    let me = admin.get("/v1/me").await.expect(200);
    let owner = server.tenant("a").await;
    let (tokens, audit) = (owner.get("/v1/tokens").await, owner.get("/v1/audit").await);
    assert_eq!(tokens.json()["items"][0]["created_by"], "administrator");
    let noted = &audit.json()["items"][0];
    assert_eq!(noted["actor"], "administrator");
    assert_eq!(noted["action"], "create token");
    assert_eq!(noted["subject"], tokens.json()["items"][0]["token"]);
    for text in [&tokens.text, &audit.text] {
        assert!(!text.contains(me["token"].as_str().expect("it has an id")), "{text}");
        assert!(!text.contains("login"), "{text}");
    }
    let own = all(&admin, "/v1/audit").await;
    assert!(own.iter().any(|entry| entry["detail"]["tenant"] == "a"), "{own:?}");
    // Nor does an entry tell how much others do.
    let id = noted["id"].as_str().and_then(|id| id.strip_prefix("aud_")).expect("it has an id");
    assert!(id.len() == 26 && id.bytes().any(|digit| digit.is_ascii_alphabetic()), "{id}");
    server.stop().await;
}

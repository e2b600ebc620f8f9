//! What the server says of itself: the description of its API, the pages for people, and the headers that
//! every answer has.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_tests::server::Server;

fn operation<'d>(document: &'d Value, id: &str) -> &'d Value {
    let paths = document["paths"].as_object().expect("there are paths").values();
    let mut operations = paths.flat_map(|path| path.as_object().expect("it has methods").values());
    operations.find(|it| it["operationId"] == id).unwrap_or_else(|| panic!("no operation {id}"))
}

fn headers_taken(operation: &Value) -> Vec<&str> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let headers = parameters.filter(|parameter| parameter["in"] == "header");
    headers.filter_map(|header| header["name"].as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_has_every_header() {
    let server = Server::start().await;
    let document = server.anonymous().get("/v1/openapi.json").await.expect(200);
    for (id, headers) in [
        ("start_run", &["Idempotency-Key", "Prefer", "traceparent", "tracestate"][..]),
        ("start_flow_run", &["Idempotency-Key", "Prefer", "traceparent", "tracestate"]),
        ("rerun_run", &["Idempotency-Key", "traceparent", "tracestate"]),
        ("put_flow", &["If-Match", "If-None-Match"]),
        ("put_kv", &["If-Match", "If-None-Match"]),
        ("delete_kv", &["If-Match", "If-None-Match"]),
        ("change_tenant", &["If-Match", "If-None-Match"]),
        ("list_events", &["Last-Event-ID"]),
        ("get_run", &[]),
    ] {
        assert_eq!(headers_taken(operation(&document, id)), headers, "{id}");
    }
    for (id, status, header) in [
        ("start_run", "202", "Location"),
        ("start_run", "202", "traceparent"),
        ("start_run", "200", "Preference-Applied"),
        ("create_tenant", "201", "Location"),
        ("import_run", "201", "Location"),
        ("rerun_run", "200", "Location"),
        ("get_kv", "200", "ETag"),
        ("put_kv", "200", "ETag"),
        ("get_flow", "200", "ETag"),
        ("get_tenant", "200", "ETag"),
        ("change_tenant", "200", "ETag"),
        ("get_run", "default", "Retry-After"),
    ] {
        let answer = &operation(&document, id)["responses"][status];
        assert!(answer["headers"][header].is_object(), "{id} {status}: {answer:#}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_has_the_media_types_that_are_sent() {
    let server = Server::start().await;
    let document = server.anonymous().get("/v1/openapi.json").await.expect(200);
    let content = |id: &str| {
        let content = &operation(&document, id)["responses"]["200"]["content"];
        let kinds: Vec<&String> = content.as_object().expect("it has kinds").keys().collect();
        kinds.into_iter().cloned().collect::<Vec<_>>()
    };
    assert_eq!(content("export_run"), ["application/x-ndjson"]);
    assert_eq!(content("list_events"), ["application/json", "text/event-stream"]);
    let body = &operation(&document, "import_run")["requestBody"]["content"];
    assert!(body["application/x-ndjson"].is_object(), "{body:#}");
    // A browser opens a socket without a token.
    assert_eq!(operation(&document, "open_socket")["security"], json!([{ "token": [] }, {}]));
    let progress = &document["components"]["schemas"]["Progress"];
    assert!(progress["properties"]["done"].is_object(), "{progress:#}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_find_every_operation_on_a_page_without_scripts() {
    let server = Server::start().await;
    let anyone = server.anonymous();
    let front = anyone.get("/").await;
    assert!(front.text.contains("href=\"/docs\""), "{}", front.text);
    let page = anyone.get("/docs").await;
    assert_eq!(page.status.as_u16(), 200);
    for page in [&front, &page] {
        assert!(page.headers["content-type"].to_str().is_ok_and(|it| it.starts_with("text/html")));
        let policy = page.headers["content-security-policy"].to_str().expect("it is ASCII");
        assert!(
            policy.starts_with("default-src 'none';") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(!policy.contains("script-src"), "{policy}");
        for way in ["<script", "src=", "onclick=", "href=\"http", "href=\"javascript"] {
            assert!(!page.text.contains(way), "{way}");
        }
    }
    let document = anyone.get("/v1/openapi.json").await.expect(200);
    let links = page.text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    for path in document["paths"].as_object().expect("there are paths").values() {
        for operation in path.as_object().expect("it has methods").values() {
            let id = operation["operationId"].as_str().expect("it has an id");
            assert!(page.text.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }
    for link in links {
        match link.strip_prefix('#') {
            Some(anchor) => assert!(page.text.contains(&format!("id=\"{anchor}\"")), "{link}"),
            None => assert_eq!(anyone.get(link).await.status.as_u16(), 200, "{link}"),
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_says_what_browsers_may_do_with_it() {
    let server = Server::start().await;
    let owner = server.tenant("a").await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/docs"),
        (Method::GET, "/docs/reference.css"),
        (Method::GET, "/v1/openapi.json"),
        (Method::GET, "/healthz"),
        (Method::GET, "/v1/errors/not_found"),
        (Method::GET, "/v1/me"),
        (Method::GET, "/v1/runs/run_x"),
        (Method::POST, "/v1/runs"),
        (Method::GET, "/nowhere"),
        (Method::GET, "/mcp"),
    ] {
        let answered = owner.send(owner.request(method, path)).await;
        let header = |name: &str| answered.headers[name].to_str().expect("it is ASCII").to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
    }
    server.stop().await;
}

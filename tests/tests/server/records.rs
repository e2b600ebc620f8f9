//! Records that come from elsewhere: whatever they say, they are whoever's imports them, and hold no more
//! than they bring.

use reqwest::Method;
use serde_json::{Value, json};
use sluice_tests::server::{Answered, Client, Server};

const KEEPS: &str = "from sluice import flow\n\n@flow(uses=['artifact:*', 'kv:*'])\ndef keeps() -> int:\n    with flow.step('keep'):\n        flow.artifact('secret', b'the bytes of a')\n        flow.kv('notes').set('n', 1)\n    return 1\n";

/// The lines of a run's file.
async fn file_of(client: &Client, run: &str) -> Vec<Value> {
    let file = client.get(&format!("/v1/runs/{run}/export")).await;
    assert_eq!(file.status.as_u16(), 200, "{}", file.text);
    file.text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

async fn import(client: &Client, lines: &[Value]) -> Answered {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    client.send(client.request(Method::POST, "/v1/records").body(text)).await
}

fn id(run: &Value) -> String {
    run["run"].as_str().expect("it has an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_imported_run_is_whoever_imports_it() {
    let server = Server::start().await;
    let (a, b) = (server.tenant("a").await, server.tenant("b").await);
    let of_a = id(&a.run(KEEPS, &json!({})).await);
    let lines = file_of(&a, &of_a).await;
    assert_eq!(lines[1]["event"]["tenant"], json!("a"), "{:#}", lines[1]);
    let taken = id(&import(&b, &lines).await.expect(201));
    assert_ne!(taken, of_a);
    let source = KEEPS.replace("'n', 1", "'n', 2");
    let live = json!({ "from": "keep", "source": source, "go_live": true });
    let again = b.post(&format!("/v1/runs/{taken}/reruns"), &live).await.expect(200);
    let again = id(&again);
    loop {
        let run = b.get(&format!("/v1/runs/{again}")).await.expect(200);
        if run["state"] == "ended" {
            assert_eq!(run["end"]["outcome"], json!("succeeded"), "{run:#}");
            break;
        }
    }
    a.get(&format!("/v1/runs/{again}")).await.expect(404);
    let value = async |of: &Client| of.get("/v1/kv/notes/n").await.expect(200)["value"].clone();
    assert_eq!((value(&a).await, value(&b).await), (json!(1), json!(2)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_gives_nobody_the_bytes_that_it_only_names() {
    let server = Server::start().await;
    let (a, b) = (server.tenant("a").await, server.tenant("b").await);
    let of_a = id(&a.run(KEEPS, &json!({})).await);
    let mut lines = file_of(&a, &of_a).await;
    let digest = lines
        .iter()
        .find_map(|line| line["attachment"]["digest"].as_str())
        .expect("the run kept bytes")
        .to_owned();
    let payload = |run: &str| format!("/v1/runs/{run}/payloads/{digest}");
    assert_eq!(a.get(&payload(&of_a)).await.text, "the bytes of a");
    lines.retain(|line| line["attachment"].is_null());
    let taken = id(&import(&b, &lines).await.expect(201));
    b.get(&payload(&taken)).await.expect(404);
    let file = file_of(&b, &taken).await;
    assert!(file.iter().all(|line| line["attachment"].is_null()), "{file:#?}");
    // Nor does a false claim of bytes stand in the way of those who have them.
    let empty = json!(0);
    for line in &mut lines {
        for beside in [&["event", "attachment"][..], &["event", "answer", "attachment"][..]] {
            let place = beside.iter().try_fold(&mut *line, |at, name| at.get_mut(name));
            if let Some(Value::Object(attachment)) = place {
                attachment["size_bytes"] = empty.clone();
            }
        }
    }
    assert_eq!(import(&b, &lines).await.code(), "request_invalid");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_no_host_would_write_is_refused() {
    let server = Server::start().await;
    let a = server.tenant("a").await;
    let run = id(&a.run(KEEPS, &json!({})).await);
    let lines = file_of(&a, &run).await;
    let last = lines.iter().rposition(|line| !line["event"].is_null()).expect("it has an end");
    let number = json!(i64::MAX);
    for (line, place, value) in [
        (1, "/event/seed", json!("x")),
        (1, "/event/at_us", number.clone()),
        (last, "/event/usage/cpu_time_us", number),
    ] {
        let mut wrong = lines.clone();
        *wrong[line].pointer_mut(place).expect("there is such a member") = value;
        let refused = import(&a, &wrong).await;
        assert_eq!(refused.code(), "request_invalid", "{place}: {}", refused.text);
    }
    import(&a, &lines).await.expect(201);
    server.stop().await;
}

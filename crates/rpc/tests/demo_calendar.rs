//! The demo calendar as a process, asked as the host asks services.

mod scenes;

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use sluice_rpc::{Address, CallLimits, Caller, Client, RpcFailure, Texts, discover, document_of};

use scenes::Calendar;

async fn call(
    client: &Client,
    address: &Address,
    caller: &Caller,
    method: &str,
    params: Value,
) -> Result<Value, RpcFailure> {
    client.call(address, method, &params, caller, CallLimits::default()).await
}

#[tokio::test]
async fn the_calendar_speaks_as_services_do() {
    let sockets = tempfile::tempdir().expect("a directory");
    let mut calendar = Calendar::start(sockets.path());
    let found = discover(sockets.path()).expect("the directory can be read");
    let [found] = found.as_slice() else { panic!("one service: {found:?}") };
    assert_eq!(found.name, "calendar");
    let http = Client::new();
    let discovered = document_of(&http, &found.address, Duration::from_secs(30)).await;
    let (_, document) = discovered.expect("it has a document");
    assert_eq!(document.methods.len(), 7);
    assert!(Texts::of(&found.name, &document).client.contains("def event_list("));

    let ada = Caller { user: Some("ada".into()), ..Caller::default() };
    let keyed = Caller { idempotency_key: Some("k".into()), ..ada.clone() };
    let tea = json!({"title": "Tea", "day": "2026-11-21"});
    let first = call(&http, &found.address, &keyed, "event_new", tea.clone()).await;
    let again = call(&http, &found.address, &keyed, "event_new", tea.clone()).await;
    let first = first.expect("it is made");
    assert_eq!(Ok(&first), again.as_ref(), "one key, one event");
    let by_position = call(&http, &found.address, &ada, "event_list", json!(["2026-11-21"])).await;
    assert_eq!(by_position, Ok(json!([first])));
    let other = Caller { user: Some("bob".into()), ..Caller::default() };
    assert_eq!(call(&http, &found.address, &other, "event_list", json!({})).await, Ok(json!([])));

    let id = json!({"id": first["id"]});
    let mut results = Vec::new();
    for (method, params) in [
        ("event_get", id),
        ("event_list", json!({"day": 7})),
        ("nope", Value::Null),
        ("play_start", Value::Null),
    ] {
        results.push(call(&http, &found.address, &ada, method, params).await);
    }
    let code = |at: usize| match &results[at] {
        Err(RpcFailure::Service(error)) => error.code,
        other => panic!("{other:?}"),
    };
    assert_eq!((&results[0], code(1), code(2)), (&Ok(first), -32602, -32601));
    assert_eq!(results[3].as_ref().map(|play| &play["state"]), Ok(&json!("playing")));

    assert!(calendar.stop(), "it ends by itself when it is told to");
    assert_eq!(discover(sockets.path()).expect("the directory can be read"), []);
    let gone = call(&http, &found.address, &ada, "event_list", json!({})).await;
    assert!(gone.expect_err("nobody is there").nothing_done());
}

#[test]
fn an_event_that_somebody_cancels_meanwhile_does_not_change() {
    let script = scenes::root().join("crates/rpc/tests/python/changes.py");
    let calendar = scenes::root().join("flows/demo-services/calendar.py");
    let ended = Command::new("python3").arg(script).arg(calendar).status();
    assert!(ended.expect("it can be started").success());
}

//! Keys and values, and artifacts: changed once for each call, gone when their time is over.

use std::sync::Arc;

use serde_json::{Value, json};
use sluice_db::{BesideError, KeepError, KvMatch, RunWriter};
use sluice_model::{
    Answer, Attachment, CallId, Code, EventBody, KvAction, MAX_VALUE_BYTES, Quota, TenantId,
};

use crate::world::{World, ended, event, sleep_call, tenant};

crate::on_both! {
    a_change_is_made_once_for_each_call
    values_are_compared_and_set
    keys_are_gone_when_their_time_is_over
    keys_are_listed_in_order
    a_list_of_long_values_ends_early
    a_full_tenant_keeps_nothing_more
    bytes_beside_events_are_found
    only_one_of_many_wins
    artifacts_are_kept_with_the_run
    people_change_keys_as_runs_do
    spaces_are_listed_in_order
    what_is_large_is_listed_in_parts
    what_is_too_large_is_not_kept
}

/// Bytes that a list holds.
const LISTED: u64 = 20_000;

async fn kv(writer: &RunWriter, call: u64, now_us: u64, action: KvAction) -> Value {
    writer
        .kv(CallId(call), "space".to_owned(), action, LISTED, now_us)
        .await
        .expect("the lease holds")
}

fn set(key: &str, value: Value) -> KvAction {
    KvAction::Set { key: key.to_owned(), value, ttl_ms: None }
}

fn get(key: &str) -> KvAction {
    KvAction::Get { key: key.to_owned() }
}

fn swap(key: &str, expected: Value, value: Value) -> KvAction {
    KvAction::CompareAndSet { key: key.to_owned(), expected, value, ttl_ms: None }
}

async fn a_change_is_made_once_for_each_call(world: World) {
    let mut leased = world.live().await;
    let writer = leased.log.writer();
    assert_eq!(kv(&writer, 1, 20, swap("k", Value::Null, json!(1))).await, json!(true));
    // The same call after a crash: what it did, it did.
    assert_eq!(kv(&writer, 1, 21, swap("k", Value::Null, json!(1))).await, json!(true));
    assert_eq!(kv(&writer, 2, 22, swap("k", json!(1), json!(2))).await, json!(true));
    assert_eq!(kv(&writer, 2, 23, swap("k", json!(1), json!(2))).await, json!(true));
    assert_eq!(kv(&writer, 3, 24, get("k")).await, json!(2));
    assert_eq!(kv(&writer, 4, 25, KvAction::Delete { key: "k".to_owned() }).await, json!(true));
    assert_eq!(kv(&writer, 4, 26, KvAction::Delete { key: "k".to_owned() }).await, json!(true));
    assert_eq!(kv(&writer, 5, 27, KvAction::Delete { key: "k".to_owned() }).await, json!(false));
    kv(&writer, 6, 28, set("k", json!({"b": 1, "a": [null]}))).await;
    leased.log.append(vec![ended(30, json!(1))]).await.expect("the lease holds");
    let entry = world.local().kv_get("space", "k", 31).await.expect("the store answers");
    assert_eq!(entry.expect("it stays").value.to_string(), r#"{"b":1,"a":[null]}"#);
    let other = world.store.tenant(&tenant("other"));
    assert_eq!(other.kv_get("space", "k", 31).await.expect("the store answers"), None);
}

async fn values_are_compared_and_set(world: World) {
    let writer = world.live().await.log.writer();
    assert_eq!(kv(&writer, 1, 20, swap("k", json!(1), json!(2))).await, json!(false));
    assert_eq!(kv(&writer, 2, 20, swap("k", Value::Null, Value::Null)).await, json!(true));
    assert_eq!(
        kv(&writer, 3, 20, swap("k", Value::Null, json!({"a": 1, "b": 2}))).await,
        json!(true)
    );
    assert_eq!(kv(&writer, 4, 20, swap("k", Value::Null, json!(3))).await, json!(false));
    assert_eq!(kv(&writer, 5, 20, swap("k", Value::Null, Value::Null)).await, json!(false));
    // The order of members is not part of a value.
    assert_eq!(
        kv(&writer, 6, 20, swap("k", json!({"b": 2, "a": 1}), Value::Null)).await,
        json!(true)
    );
    assert_eq!(kv(&writer, 7, 20, get("k")).await, Value::Null);
}

async fn keys_are_gone_when_their_time_is_over(world: World) {
    let writer = world.live().await.log.writer();
    let set = KvAction::Set { key: "k".to_owned(), value: json!(1), ttl_ms: Some(1) };
    kv(&writer, 1, 1_000, set).await;
    assert_eq!(kv(&writer, 2, 1_999, get("k")).await, json!(1));
    assert_eq!(kv(&writer, 3, 2_000, get("k")).await, Value::Null);
    let list = KvAction::List { prefix: String::new(), after: None, limit: None };
    assert_eq!(kv(&writer, 4, 2_000, list).await, json!([]));
    assert_eq!(kv(&writer, 5, 2_000, KvAction::Delete { key: "k".to_owned() }).await, json!(false));
    assert_eq!(kv(&writer, 6, 2_000, swap("k", Value::Null, json!(2))).await, json!(true));
    assert_eq!(kv(&writer, 7, u64::MAX / 2_000_000, get("k")).await, json!(2));
}

async fn keys_are_listed_in_order(world: World) {
    let writer = world.live().await.log.writer();
    for (call, key) in (1..).zip(["b", "B", "a_2", "a-1", "ä", "a", "a\u{10FFFF}x", "_"]) {
        kv(&writer, call, 20, set(key, json!(call))).await;
    }
    let list = async |prefix: &str, after: Option<&str>, limit| {
        let after = after.map(str::to_owned);
        let listed =
            kv(&writer, 99, 21, KvAction::List { prefix: prefix.to_owned(), after, limit });
        let Value::Array(pairs) = listed.await else { panic!("a list is an array") };
        pairs.iter().map(|pair| pair[0].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list("", None, None).await, ["B", "_", "a", "a-1", "a_2", "a\u{10FFFF}x", "b", "ä"]);
    assert_eq!(list("a", None, None).await, ["a", "a-1", "a_2", "a\u{10FFFF}x"]);
    assert_eq!(list("a", Some("a-1"), Some(1)).await, ["a_2"]);
    assert!(list("%", None, None).await.is_empty());
}

async fn only_one_of_many_wins(world: World) {
    let other = world.elsewhere().await;
    let mut attempts = Vec::new();
    for (number, store) in [&world.store, &other].into_iter().cycle().take(12).enumerate() {
        let mut new = world.new_run();
        new.claim = Some(crate::world::claim("w", 10));
        let submitted = store.tenant(&new.start.tenant).submit(new).await.expect("it is taken on");
        let writer = submitted.leased.expect("it is leased").log.writer();
        attempts.push(tokio::spawn(async move {
            kv(&writer, 1, 20, swap("k", Value::Null, json!(number))).await
        }));
    }
    let mut winners = Vec::new();
    for (number, attempt) in attempts.into_iter().enumerate() {
        if attempt.await.expect("it ends") == json!(true) {
            winners.push(number);
        }
    }
    let entry = world.local().kv_get("space", "k", 21).await.expect("the store answers");
    assert_eq!(entry.map(|entry| entry.value), Some(json!(winners[0])));
    assert_eq!(winners.len(), 1);
}

async fn artifacts_are_kept_with_the_run(world: World) {
    let leased = world.live().await;
    let writer = leased.log.writer();
    let name = || "report".to_owned();
    let bytes: Arc<[u8]> = (0..=255).collect::<Vec<u8>>().into();
    let attachment = Attachment { digest: String::new(), size_bytes: 256, bytes: bytes.clone() };
    let kept =
        writer.write_artifact(CallId(1), name(), "text/csv".to_owned(), Some(attachment), 20);
    let kept = kept.await.expect("the lease holds");
    assert_eq!(kept.value["size_bytes"], json!(256));
    let read =
        writer.read_artifact("report").await.expect("the store answers").expect("it is kept");
    assert_eq!(read.value, kept.value);
    assert_eq!(read.attachment.map(|attachment| attachment.bytes), Some(bytes.clone()));
    assert!(writer.read_artifact("other").await.expect("the store answers").is_none());
    let (row, read) = world
        .local()
        .artifact(&leased.run, "report")
        .await
        .expect("the store answers")
        .expect("it is kept");
    assert_eq!((row.media_type.as_str(), row.call, read), ("text/csv", CallId(1), bytes));
    let empty = writer.write_artifact(CallId(2), name(), "text/plain".to_owned(), None, 21).await;
    assert_eq!(empty.expect("the lease holds").value["size_bytes"], json!(0));
    let rows = world.local().artifacts(&leased.run).await.expect("the store answers");
    assert_eq!(rows.iter().map(|row| row.size_bytes).collect::<Vec<_>>(), [0]);
    let other = world.store.tenant(&tenant("other"));
    assert!(other.artifacts(&leased.run).await.expect("the store answers").is_empty());
    assert!(other.artifact(&leased.run, "report").await.expect("the store answers").is_none());
}

async fn people_change_keys_as_runs_do(world: World) {
    let local = world.local();
    let put = async |value: Value, ttl_us, if_match, at_us| {
        local
            .kv_put("space", "k", &value, ttl_us, if_match, at_us)
            .await
            .expect("the store answers")
    };
    let get = async |at_us| {
        let entry = local.kv_get("space", "k", at_us).await.expect("the store answers");
        entry.map(|entry| entry.value)
    };
    assert!(!put(json!(1), None, KvMatch::Is(json!(0)), 10).await);
    assert!(put(json!({"a": 1, "b": 2}), None, KvMatch::Absent, 10).await);
    assert!(!put(json!(2), None, KvMatch::Absent, 10).await);
    assert!(put(json!(3), Some(5), KvMatch::Is(json!({"b": 2, "a": 1})), 10).await);
    assert_eq!((get(14).await, get(15).await), (Some(json!(3)), None));
    assert!(!put(json!(4), None, KvMatch::Is(json!(3)), 15).await, "its time is over");
    assert!(put(json!(4), None, KvMatch::Absent, 15).await);
    assert!(put(json!(5), None, KvMatch::Any, 16).await);
    let writer = world.live().await.log.writer();
    let run = kv(&writer, 1, 20, KvAction::Get { key: "k".to_owned() }).await;
    assert_eq!(run, json!(5), "a run sees what people wrote");
    let delete = async |if_match, at_us| {
        local.kv_delete("space", "k", if_match, at_us).await.expect("the store answers")
    };
    assert!(!delete(KvMatch::Is(json!(4)), 21).await);
    assert!(!delete(KvMatch::Absent, 21).await);
    assert!(delete(KvMatch::Is(json!(5)), 21).await);
    assert!(!delete(KvMatch::Any, 22).await);
    let other = world.store.tenant(&tenant("other"));
    assert!(put(json!(6), None, KvMatch::Any, 23).await);
    assert!(!other.kv_delete("space", "k", KvMatch::Any, 24).await.expect("the store answers"));
    assert_eq!(get(25).await, Some(json!(6)));
}

/// JSON of so many bytes.
fn large(bytes: usize) -> Value {
    Value::from("x".repeat(bytes - 2))
}

async fn what_is_large_is_listed_in_parts(world: World) {
    let local = world.local();
    for number in 0..10 {
        let (key, value) = (format!("k{number}"), large(1 << 20));
        let put = local.kv_put("space", &key, &value, None, KvMatch::Any, 10).await;
        assert!(put.expect("it is set"));
    }
    let mut keys = Vec::new();
    loop {
        let after = keys.last().cloned();
        let part = local.kv_list("space", "k", after.as_deref(), 500, 10).await;
        let part = part.expect("they are listed");
        assert!((1..5).contains(&part.items.len()), "{}", part.items.len());
        keys.extend(part.items.into_iter().map(|entry| entry.key));
        if !part.has_more {
            break;
        }
    }
    assert_eq!(keys, (0..10).map(|number| format!("k{number}")).collect::<Vec<_>>());
    let two = local.kv_list("space", "k", None, 2, 10).await.expect("they are listed");
    assert_eq!((two.items.len(), two.has_more), (2, true));
    let writer = world.live().await.log.writer();
    let list = KvAction::List { prefix: String::new(), after: None, limit: Some(1_000) };
    let listed = kv(&writer, 1, 20, list).await;
    assert!(listed.to_string().len() < 5 << 20, "a run gets a part of it, too");
}

async fn what_is_too_large_is_not_kept(world: World) {
    let local = world.local();
    let put = async |bytes| {
        let value = large(bytes);
        local.kv_put("space", "k", &value, None, KvMatch::Any, 10).await
    };
    assert!(put(MAX_VALUE_BYTES).await.expect("it is set"));
    let refused = put(MAX_VALUE_BYTES + 1).await;
    let Err(KeepError::Refused(failure)) = refused else { panic!("{refused:?}") };
    assert_eq!(failure.code, Code::RequestTooLarge);
    let description = serde_json::json!({ "summary": large(MAX_VALUE_BYTES) });
    let saved = local.save_flow("flow", &"source".into(), &description, 10).await;
    assert!(matches!(saved, Err(KeepError::Refused(_))), "{saved:?}");
}

async fn spaces_are_listed_in_order(world: World) {
    let local = world.local();
    for (space, key) in [("b", "1"), ("a", "1"), ("a", "2"), ("B", "1"), ("ä", "1")] {
        let put = local.kv_put(space, key, &json!(1), None, KvMatch::Any, 10).await;
        assert!(put.expect("it is set"));
    }
    let list = async |after: Option<&str>, limit| {
        local.kv_spaces(after, limit).await.expect("they are listed")
    };
    assert_eq!(list(None, 9).await, ["B", "a", "b", "ä"]);
    assert_eq!(list(Some("B"), 2).await, ["a", "b"]);
    assert!(list(Some("ä"), 2).await.is_empty());
    assert!(list(None, 0).await.is_empty());
    let other = world.store.tenant(&tenant("other"));
    assert!(other.kv_spaces(None, 9).await.expect("they are listed").is_empty());
}

async fn a_list_of_long_values_ends_early(world: World) {
    let writer = world.live().await.log.writer();
    for (call, key) in (1..).zip(["a", "b", "c"]) {
        kv(&writer, call, 20, set(key, json!("x".repeat(9_000)))).await;
    }
    kv(&writer, 4, 20, set("d", json!("x".repeat(30_000)))).await;
    let list = async |after: Option<&str>| {
        let after = after.map(str::to_owned);
        let action = KvAction::List { prefix: String::new(), after, limit: None };
        let Value::Array(pairs) = kv(&writer, 99, 21, action).await else {
            panic!("a list is an array")
        };
        pairs.iter().map(|pair| pair[0].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(list(None).await, ["a", "b"]);
    assert_eq!(list(Some("b")).await, ["c"]);
    assert_eq!(list(Some("c")).await, ["d"], "one is told however long it is");
    assert!(list(Some("d")).await.is_empty());
    let local = world.local();
    for number in 0..150 {
        let (key, value) = (format!("{number:03}"), json!(0));
        let put = local.kv_put("many", &key, &value, None, KvMatch::Any, 20).await;
        assert!(put.expect("it is set"));
    }
    let page = async |after: Option<&str>, limit| {
        let page = local.kv_list("many", "", after, limit, 21).await.expect("the store answers");
        let keys: Vec<_> = page.items.iter().map(|entry| entry.key.clone()).collect();
        (keys.first().cloned(), keys.len(), page.has_more)
    };
    assert_eq!(page(None, 149).await, (Some("000".to_owned()), 149, true));
    assert_eq!(page(None, 150).await, (Some("000".to_owned()), 150, false));
    assert_eq!(page(Some("063"), 64).await, (Some("064".to_owned()), 64, true));
}

async fn a_full_tenant_keeps_nothing_more(world: World) {
    let writer = world.live().await.log.writer();
    let name = || "report".to_owned();
    let write = async |call, bytes: &[u8]| {
        let attachment = Attachment {
            digest: String::new(),
            size_bytes: bytes.len() as u64,
            bytes: bytes.into(),
        };
        writer.write_artifact(CallId(call), name(), name(), Some(attachment), 20).await
    };
    kv(&writer, 1, 20, set("k", json!(1))).await;
    write(2, b"first").await.expect("there is room");
    let full = Quota { stored_bytes: 1, ..Quota::default() };
    world.store.admin().set_quota(&TenantId::local(), &full).await.expect("the store answers");
    let is_full = |refused: BesideError| match refused {
        BesideError::Refused(failure) => {
            assert_eq!(failure.code, Code::QuotaExceeded);
            assert_eq!(failure.details["quota"], json!("stored_bytes"));
        }
        other => panic!("it is refused for another reason: {other}"),
    };
    for action in [set("k", json!(2)), swap("k", json!(1), json!(2))] {
        let refused = writer.kv(CallId(3), "space".to_owned(), action, LISTED, 21).await;
        is_full(refused.expect_err("there is no room"));
    }
    is_full(write(4, b"second").await.expect_err("there is no room"));
    // What was done before is done, and what takes nothing may be done.
    assert_eq!(kv(&writer, 1, 22, set("k", json!(1))).await, Value::Null);
    write(2, b"first").await.expect("it is there");
    assert_eq!(kv(&writer, 5, 22, get("k")).await, json!(1));
    assert_eq!(kv(&writer, 6, 22, swap("k", json!(1), Value::Null)).await, json!(true));
    assert_eq!(kv(&writer, 7, 22, KvAction::Delete { key: "k".to_owned() }).await, json!(false));
}

async fn bytes_beside_events_are_found(world: World) {
    let mut leased = world.live().await;
    let beside = |bytes: &[u8]| Attachment {
        digest: sluice_executor::sha256(bytes),
        size_bytes: bytes.len() as u64,
        bytes: bytes.into(),
    };
    let mut events = Vec::new();
    for call in 1..=150 {
        let mut started = sleep_call(call);
        started.attachment = Some(beside(format!("asked {call}").as_bytes()));
        events.push(event(20, EventBody::CallStarted { call: started }));
        let attachment = Some(beside(format!("answered {call}").as_bytes()));
        let answer = Some(Answer { value: Value::Null, attachment });
        events.push(event(20, EventBody::CallEnded { call: CallId(call), answer, failure: None }));
    }
    leased.log.append(events).await.expect("the lease holds");
    let writer = leased.log.writer();
    let kept = writer.write_artifact(CallId(9), "a".to_owned(), "b".to_owned(), None, 21).await;
    kept.expect("it is kept");
    let payload = async |world: &World, owner: &str, bytes: &str| {
        let digest = sluice_executor::sha256(bytes.as_bytes());
        let found = world.store.tenant(&tenant(owner)).payload(&leased.run, &digest).await;
        found.expect("the store answers").map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    for bytes in ["asked 1", "answered 32", "asked 33", "answered 150"] {
        assert_eq!(payload(&world, "local", bytes).await.as_deref(), Some(bytes));
        assert_eq!(payload(&world, "other", bytes).await, None);
    }
    assert_eq!(payload(&world, "local", "asked 151").await, None);
    assert_eq!(payload(&world, "local", "").await, None, "no event names them");
}

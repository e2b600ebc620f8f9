//! The trio of each capability: what is granted works, what is not granted is refused with the word that would
//! allow it, and a malformed word is found before anything runs. A kind of call without its trio does not
//! compile.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use sluice_executor::{NotSubmitted, Outside, SecretBounds, SecretPlace, Vault, now_us};
use sluice_model::{CallKind, Capability, Code, RunState, Scrub, TenantId};
use sluice_outbound::http::Guard;
use sluice_outbound::vault::{MasterKey, MasterKeys};
use sluice_tests::endpoint::{Endpoint, Play};
use tokio::net::TcpListener;

use crate::house::{House, Worker};

struct Trio {
    /// What the flow does, and returns.
    does: String,
    /// What grants it.
    word: String,
    /// What grants something else of the kind.
    other: &'static str,
    /// What looks like a word of the kind, and is none.
    malformed: &'static str,
}

/// None for what needs no grant.
fn trio(kind: CallKind, outside: SocketAddr) -> Option<Trio> {
    let of = |does: &str, word: &str, other, malformed| {
        Some(Trio { does: does.to_owned(), word: word.to_owned(), other, malformed })
    };
    match kind {
        CallKind::Sleep => None,
        CallKind::Rpc => of("bell.ring(n=1)", "rpc:bell.ring", "rpc:bell.other", "rpc:"),
        CallKind::Http => Some(Trio {
            does: format!("http.get('http://{outside}/').status_code"),
            word: format!("http:{outside}"),
            other: "http:example.com",
            malformed: "http:exa mple",
        }),
        CallKind::Llm => of("flow.llm('Hi.').text", "llm:default", "llm:large", "llm:a b"),
        CallKind::Flow => of("flow.invoke('child')", "flow:child", "flow:adult", "flow:(x=1)"),
        CallKind::Ask => of("flow.ask('Go on?')", "ask", "kv:notes", "ask:me"),
        CallKind::Kv => of("flow.kv('notes').set('a', 1)", "kv:notes", "kv:others", "kv:no tes"),
        CallKind::Secret => {
            of("str(flow.secret('TOKEN'))", "secret:TOKEN", "secret:OTHER", "secret:*?always")
        }
        CallKind::Artifact => {
            of("flow.artifact('a.txt', b'x').name", "artifact:a.txt", "artifact:b.txt", "artifact")
        }
    }
}

impl Trio {
    fn source(&self, uses: &str) -> String {
        let service =
            if self.does.starts_with("bell") { "from hero_rpc import bell\n" } else { "" };
        format!(
            "{service}from sluice import flow, http\n\n\n@flow\ndef child() -> int:\n    return 1\n\n\n\
             @flow(uses=['{uses}'])\ndef does() -> object:\n    return {}\n",
            self.does
        )
    }
}

/// What is reached: a service, and a page.
async fn outside() -> SocketAddr {
    let ring = async |Json(asked): Json<Value>| {
        Json(json!({ "jsonrpc": "2.0", "id": asked["id"], "result": 7 }))
    };
    let app = Router::new().route("/rpc", post(ring)).route("/", get(async || "here"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// A worker that has all that calls may need.
async fn equipped(house: &House, address: SocketAddr, model: &Endpoint) -> Worker {
    let (store, tenant) = (house.store.clone(), house.tenant());
    let service = format!("http://{address}/rpc");
    store.admin().put_service("bell", &service, None).await.expect("the store answers");
    let endpoint = json!({ "address": model.address(), "model": "small" });
    assert!(tenant.set_model("default", &endpoint, now_us()).await.is_ok());
    let vault = Vault::new(MasterKeys::new(MasterKey::random(), Vec::new()));
    let bounds = SecretBounds {
        hosts: vec!["api.example.com".to_owned()],
        places: vec![SecretPlace::Header],
    };
    let value = "canary-0123456789".to_owned();
    assert!(vault.set(&tenant, "TOKEN", value, &bounds, "tester").await.is_ok());
    let guard = Guard { reach: vec!["127.0.0.0/8".parse().expect("a reach")] };
    let outside = Outside::new(store, guard, Some(vault), Scrub::new());
    house.worker_with(|settings| settings.outside = Some(outside))
}

#[tokio::test]
async fn each_kind_of_call_has_its_trio() {
    let (address, model) = (outside().await, Endpoint::start(vec![Play::says("Hi.", 1, 1)]).await);
    let house = House::new().await;
    let worker = equipped(&house, address, &model).await;
    for kind in CallKind::ALL {
        let Some(trio) = trio(kind, address) else {
            assert!(!kind.needs_grant(), "{kind:?} needs a grant");
            continue;
        };
        let source = trio.source(&trio.word);
        let granted = |words: &[&str]| -> Vec<Capability> {
            words.iter().map(|word| word.parse().expect("a word")).collect()
        };
        let started = async |source: &str, words: &[&str]| {
            let grants = granted(words);
            worker.submit_with(source, "does", json!({}), |new| new.grants = grants).await
        };

        let run = started(&source, &[&trio.word]).await;
        if kind == CallKind::Ask {
            house.until(&run, RunState::Waiting).await;
            house.answer(&house.asks(&run).await[0], json!(true)).await;
        }
        House::output(house.outcome(&run).await);

        // Whoever starts a run lets it ask: a step takes that away.
        let (source, needed) = match kind {
            CallKind::Ask => {
                let narrow = format!("with flow.step('s', uses=['{}']): return", trio.other);
                (
                    source.replace("    return flow.ask", &format!("    {narrow} flow.ask")),
                    "Add \"ask\"".to_owned(),
                )
            }
            _ => (source, format!("--grant {}", trio.word)),
        };
        let run = started(&source, &[trio.other]).await;
        let outcome = house.outcome(&run).await;
        let refused = outcome.failure().unwrap_or_else(|| panic!("{kind:?} is not refused"));
        assert_eq!(refused.code, Code::CapabilityDenied, "{refused:?}");
        let hint = refused.hint.clone().unwrap_or_default();
        assert!(hint.contains(&needed), "{kind:?}: {hint}");

        assert!(trio.malformed.parse::<Capability>().is_err(), "{kind:?}");
        let source = Arc::from(trio.source(trio.malformed));
        let version = worker.executor.version(&TenantId::local(), &source).await;
        let Err(NotSubmitted::Refused(failure)) = version else { panic!("{kind:?} is taken") };
        assert_eq!(failure.code, Code::UsesInvalid, "{failure:?}");
        assert!(
            failure.frames.iter().any(|frame| frame.own && frame.line.is_some()),
            "{failure:?}"
        );
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_service_that_another_process_has_just_put_in_is_found() {
    let (address, model) = (outside().await, Endpoint::start(Vec::new()).await);
    let house = House::new().await;
    let worker = equipped(&house, address, &model).await;
    let service = format!("http://{address}/rpc");
    let source = "
from hero_rpc import bell, gong
from sluice import CallFailed, flow


@flow(uses=['rpc:*', 'ask'])
def rings() -> object:
    bell.ring(n=1)
    try:
        gong.ring(n=1)
    except CallFailed as failed:
        assert failed.code == 'service_unavailable', failed.code
    flow.ask('Put it in?')
    bell.ring(n=1)
    return gong.ring(n=1)
";
    let run = worker.submit(source, "rings", json!({})).await;
    house.until(&run, RunState::Waiting).await;
    house.store.admin().put_service("gong", &service, None).await.expect("the store answers");
    house.answer(&house.asks(&run).await[0], json!(true)).await;
    assert_eq!(House::output(house.outcome(&run).await), json!(7));
    worker.stop().await;
}

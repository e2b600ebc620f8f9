//! Spans of runs as a collector receives them: the tree, the trace that a request names, what is lost when
//! the collector is, and nothing secret.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sluice_model::Scrub;
use sluice_server::Telemetry;
use sluice_tests::server::{Answered, Client, Server};

use crate::collector::{Collector, Told, members};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A step within a step, a step that fails, a question that is waited for within a step, and a child.
const WIDE: &str = r#"
from sluice import flow


@flow
def small(n: int) -> int:
    with flow.step("in the child"):
        return n + 1


@flow(uses=["flow:small", "ask"])
def wide() -> int:
    with flow.step("outer", amount=5):
        with flow.step("inner"):
            flow.log.info("to the inner", who="Ada")
    try:
        with flow.step("broken"):
            raise ValueError("no such luck")
    except ValueError:
        pass
    with flow.step("waits", **{"sluice.tenant.id": "somebody else"}):
        said = flow.ask("Go on?", bool)
    return flow.invoke("small", n=int(said))
"#;

async fn started(client: &Client, body: &Value, headers: &[(&str, &str)]) -> Answered {
    let mut request = client.request(Method::POST, "/v1/runs").json(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await
}

async fn server(telemetry: &Telemetry) -> Server {
    let telemetry = telemetry.clone();
    Server::start_with(|settings| settings.telemetry = Some(telemetry)).await
}

/// Somebody whose tenant may use what `WIDE` asks for.
async fn owner(server: &Server) -> Client {
    let owner = server.tenant("a").await;
    let change = json!({ "grants": ["flow:*", "ask"] });
    let admin = server.administrator();
    admin.send(admin.request(Method::PATCH, "/v1/tenants/a").json(&change)).await.expect(200);
    owner
}

async fn answered(client: &Client, run: &str) {
    let (ask, state) = loop {
        let asks = client.get(&format!("/v1/asks?state=open&run={run}")).await.expect(200);
        let state = client.get(&format!("/v1/runs/{run}")).await.expect(200)["state"].clone();
        if let (Some(ask), true) = (asks["items"].get(0), state == "waiting") {
            break (ask["ask"].as_str().expect("it has an id").to_owned(), state);
        }
    };
    assert_eq!(state, json!("waiting"), "the attempt is over before it is answered");
    client.post(&format!("/v1/asks/{ask}/answer"), &json!({ "value": true })).await.expect(200);
}

async fn ended(client: &Client, run: &str) -> Value {
    loop {
        let found = client.get(&format!("/v1/runs/{run}")).await.expect(200);
        if found["state"] == "ended" {
            return found;
        }
    }
}

fn named<'s>(spans: &'s [Told], name: &str) -> &'s Told {
    let mut found = spans.iter().filter(|span| span.name == name);
    let span = found.next().unwrap_or_else(|| panic!("no span {name}: {spans:#?}"));
    assert!(found.next().is_none(), "{name} was told twice: {spans:#?}");
    span
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_one_tree_in_the_trace_of_its_request() {
    let collector = Collector::start().await;
    let telemetry = collector.telemetry(|_| (), &Scrub::new());
    let server = server(&telemetry).await;
    let owner = owner(&server).await;
    let headers = [("traceparent", PARENT), ("tracestate", "rojo=1"), ("x-request-id", "r-1")];
    let begun = started(&owner, &json!({ "source": WIDE, "flow": "wide" }), &headers).await;
    let run = begun.expect(202);
    assert_eq!(run["trace_id"], json!(TRACE));
    assert_eq!(begun.headers["x-request-id"], "r-1");
    let id = run["run"].as_str().expect("it has an id");
    answered(&owner, id).await;
    let over = ended(&owner, id).await;
    assert_eq!(over["end"]["output"], json!(2), "{over:#}");
    assert!(over["attempts"].as_u64() >= Some(2), "it went on in another attempt: {over:#}");
    let spans = collector.spans(9).await;
    telemetry.stop().await;
    assert_eq!(spans.len(), 9, "{spans:#?}");
    assert!(spans.iter().all(|span| span.trace == TRACE && span.state == "rojo=1"));
    assert!(spans.iter().all(|span| span.took_ns >= 0), "{spans:#?}");

    let root = named(&spans, "wide");
    assert_eq!(root.parent, "00f067aa0ba902b7");
    assert_eq!(begun.headers["traceparent"], format!("00-{TRACE}-{}-01", root.id));
    let child_of = |span: &str, parent: &str| {
        assert_eq!(named(&spans, span).parent, named(&spans, parent).id, "{span}");
    };
    for (span, parent) in [
        ("outer", "wide"),
        ("inner", "outer"),
        ("broken", "wide"),
        ("waits", "wide"),
        ("ask", "waits"),
        ("flow:small", "wide"),
        ("small", "flow:small"),
        ("in the child", "small"),
    ] {
        child_of(span, parent);
    }

    assert_eq!((root.status, root.kind), (1, 1));
    assert_eq!(root.attributes["sluice.run.id"], id);
    assert_eq!(root.attributes["sluice.tenant.id"], "a");
    assert_eq!(root.attributes["sluice.run.outcome"], "succeeded");
    assert!(root.events.iter().filter(|name| *name == "attempt started").count() >= 2);
    assert!(root.events.contains(&"attempt suspended".to_owned()));
    let broken = named(&spans, "broken");
    assert_eq!((broken.status, broken.message.as_str()), (2, "exception: no such luck"));
    assert_eq!(broken.attributes["error.type"], "exception");
    assert_eq!(named(&spans, "outer").attributes["amount"], "5");
    assert_eq!(named(&spans, "outer").attributes["sluice.attempt"], "1");
    let line = 1 + WIDE.lines().position(|line| line.contains("\"outer\"")).expect("it is there");
    assert_eq!(named(&spans, "outer").attributes["code.line.number"], line.to_string());
    assert_eq!(named(&spans, "inner").events, ["to the inner"]);
    let waits = named(&spans, "waits");
    assert_eq!(waits.attributes["sluice.tenant.id"], "a", "a flow cannot pass for another tenant");
    assert_eq!(waits.attributes["sluice.attempt"], "2");
    assert_eq!(named(&spans, "ask").attributes["sluice.call.kind"], "ask");
    assert_eq!(named(&spans, "small").attributes["sluice.run.parent"], id);
    assert_eq!(telemetry.exported().exported, 9);
    let metrics = server.administrator().get("/metrics").await.text;
    assert!(metrics.contains("sluice_spans_exported_total 9"), "{metrics}");
    let resource = &collector.requests()[0].body.resource_spans[0].resource;
    let resource = members(&resource.as_ref().expect("it says what it is").attributes);
    assert_eq!(resource["service.name"], "sluice");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_without_a_sound_context_has_a_trace_of_its_own() {
    let collector = Collector::start().await;
    let telemetry = collector.telemetry(|_| (), &Scrub::new());
    let server = server(&telemetry).await;
    let owner = server.tenant("a").await;
    let source = "from sluice import flow\n@flow\ndef plain() -> int:\n    return 1\n";
    let body = json!({ "source": source });
    let mut traces = std::collections::BTreeSet::new();
    for header in
        [PARENT.to_uppercase(), PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32))]
    {
        let begun = started(&owner, &body, &[("traceparent", &header)]).await;
        let run = begun.expect(202);
        let trace = run["trace_id"].as_str().expect("it has a trace").to_owned();
        assert!(begun.headers["traceparent"].to_str().is_ok_and(|it| it.contains(&trace)));
        assert_ne!(trace, TRACE);
        let id = run["run"].as_str().expect("it has an id");
        ended(&owner, id).await;
        traces.insert(trace);

        // Run again, it has one of its own, unless the request names one.
        let path = format!("/v1/runs/{id}/reruns");
        let source = source.replace("return 1", "return 2");
        let again = json!({ "source": source, "go_live": true });
        let forked = owner.post(&path, &again).await;
        let fork = forked.expect(200)["run"].as_str().expect("it goes on").to_owned();
        let trace = ended(&owner, &fork).await["trace_id"].clone();
        traces.insert(trace.as_str().expect("it has a trace").to_owned());
        let request = owner.request(Method::POST, &path).header("traceparent", PARENT);
        let forked = owner.send(request.json(&again)).await;
        let fork = forked.expect(200)["run"].as_str().expect("it goes on").to_owned();
        assert_eq!(ended(&owner, &fork).await["trace_id"], json!(TRACE));
        assert!(forked.headers["traceparent"].to_str().is_ok_and(|it| it.contains(TRACE)));
    }
    assert_eq!(traces.len(), 4);
    let spans = collector.spans(6).await;
    let own = spans.iter().filter(|span| span.trace != TRACE);
    assert!(own.clone().all(|span| span.parent.is_empty()), "{spans:#?}");
    let told: std::collections::BTreeSet<String> = own.map(|span| span.trace.clone()).collect();
    assert_eq!(told, traces);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_to_be_recorded_is_not_exported() {
    let collector = Collector::start().await;
    let telemetry = collector.telemetry(|_| (), &Scrub::new());
    let server = server(&telemetry).await;
    let owner = server.tenant("a").await;
    let body =
        json!({ "source": "from sluice import flow\n@flow\ndef plain() -> int:\n    return 1\n" });
    for parent in [PARENT.replace("-01", "-00"), PARENT.to_owned()] {
        let begun = started(&owner, &body, &[("traceparent", &parent)]).await;
        assert_eq!(
            begun.headers["traceparent"].to_str().ok().map(|it| &it[52..]),
            Some(&parent[52..])
        );
        ended(&owner, begun.expect(202)["run"].as_str().expect("it has an id")).await;
    }
    server.stop().await;
    telemetry.stop().await;
    assert_eq!(collector.spans(1).await.len(), 1);
}

const MANY: &str = "from sluice import flow\n@flow\ndef many() -> int:\n    for n in range(40):\n        with flow.step('s'):\n            pass\n    return 1\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_hangs_stops_no_run() {
    let collector = Collector::that_hangs().await;
    let small = |export: &mut sluice_server::Export| {
        export.queue_spans = 4;
        export.batch_spans = 2;
        export.farewell = Duration::ZERO;
    };
    let telemetry = collector.telemetry(small, &Scrub::new());
    let server = server(&telemetry).await;
    let owner = server.tenant("a").await;
    for _ in 0..3 {
        let run = owner.run(MANY, &json!({})).await;
        assert_eq!(run["end"]["output"], json!(1), "{run:#}");
    }
    server.stop().await;
    telemetry.stop().await;
    let counted = telemetry.exported();
    assert_eq!(counted.exported, 0);
    // Those in hand may have arrived; all others were dropped.
    assert!((1..=2).contains(&counted.failed), "{counted:?}");
    assert_eq!(counted.dropped + counted.failed, 3 * 41, "{counted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_no_collector_takes_are_counted() {
    let collector = Collector::that_refuses().await;
    let telemetry = collector.telemetry(|_| (), &Scrub::new());
    let server = server(&telemetry).await;
    let owner = server.tenant("a").await;
    owner.run(MANY, &json!({})).await;
    server.stop().await;
    telemetry.stop().await;
    let counted = telemetry.exported();
    assert_eq!((counted.exported, counted.dropped, counted.failed), (0, 0, 41));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_leaves_with_a_span() {
    let collector = Collector::start().await;
    let scrub = Scrub::new();
    scrub.add(["canary-of-the-store/é"]);
    let authorize = |export: &mut sluice_server::Export| {
        export.headers = vec![("authorization".to_owned(), "Bearer canary-of-headers".to_owned())];
    };
    let telemetry = collector.telemetry(authorize, &scrub);
    let server = server(&telemetry).await;
    let owner = server.tenant("a").await;
    let token = owner.token().expect("it has one").to_owned();
    // A flow that got hold of them somehow, and gives them away in every way that there is.
    let source = "import base64\nimport json\nimport urllib.parse\n\nfrom sluice import flow\n\n@flow\ndef leaks(found: list[str]) -> int:\n    for text in found:\n        for form in [text, urllib.parse.quote(text, safe=''), json.dumps(text), base64.b64encode(b'u:' + text.encode()).decode()]:\n            with flow.step(f'a {form}', **{f'k {form}': form, 'list': [form], 'deep': {form: [form]}}):\n                flow.log.info(f'says {form}', given=form)\n                print(form)\n    raise ValueError(found[0] + found[1] + found[2])\n";
    let found = json!(["canary-of-the-store/é", "canary-of-headers", token]);
    let run = owner.run(source, &json!({ "found": found })).await;
    assert_eq!(run["end"]["outcome"], json!("failed"), "{run:#}");
    let spans = collector.spans(13).await;
    telemetry.stop().await;
    let requests = collector.requests();
    assert_eq!(requests[0].headers["authorization"], "Bearer canary-of-headers");
    let told = format!("{spans:?}{:?}", requests.iter().map(|it| &it.body).collect::<Vec<_>>());
    assert!(told.matches("[redacted]").count() >= 13 * 5, "{told}");
    let base64 = ["Y2FuYXJ5", "FuYXJ5LW9m", "jYW5hcnkt"];
    for part in ["canary", "headers", &token[8..24]].into_iter().chain(base64) {
        assert!(!told.contains(part), "{part}: {spans:#?}");
    }
    server.stop().await;
}

//! What spans are sent to: a receiver of OTLP over HTTP that keeps them, or one that never answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::common::v1::{AnyValue as Wrapped, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use sluice_model::Scrub;
use sluice_server::{Export, Telemetry};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// A collector at work.
pub(crate) struct Collector {
    address: SocketAddr,
    received: Arc<Received>,
}

#[derive(Default)]
struct Received {
    requests: watch::Sender<Vec<Request>>,
}

/// What came with one request.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) headers: HeaderMap,
    pub(crate) body: ExportTraceServiceRequest,
}

impl Collector {
    /// One that takes what comes.
    pub(crate) async fn start() -> Collector {
        let received = Arc::new(Received::default());
        let app = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&received));
        Collector { address: serve(app).await, received }
    }

    /// One that takes a request in and never answers.
    pub(crate) async fn that_hangs() -> Collector {
        let app = Router::new().route("/v1/traces", post(std::future::pending::<StatusCode>));
        Collector { address: serve(app).await, received: Arc::default() }
    }

    /// One that refuses all.
    pub(crate) async fn that_refuses() -> Collector {
        let app = Router::new().route("/v1/traces", post(async || StatusCode::BAD_REQUEST));
        Collector { address: serve(app).await, received: Arc::default() }
    }

    /// Where it listens, without a path.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// An export to it that does not wait for spans to gather.
    pub(crate) fn export(&self) -> Export {
        Export {
            endpoint: Some(format!("{}/v1/traces", self.url())),
            delay: Duration::from_millis(1),
            ..Export::default()
        }
    }

    /// The same at work.
    pub(crate) fn telemetry(&self, change: impl FnOnce(&mut Export), scrub: &Scrub) -> Telemetry {
        let mut export = self.export();
        change(&mut export);
        Telemetry::start(export, scrub).expect("the export starts")
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.received.requests.borrow().clone()
    }

    /// All spans, as soon as there are so many.
    pub(crate) async fn spans(&self, count: usize) -> Vec<Told> {
        /// A test that waits for what does not come fails in the end.
        const NET: Duration = Duration::from_mins(1);
        let mut requests = self.received.requests.subscribe();
        let enough = requests.wait_for(|requests| told(requests).len() >= count);
        let enough = tokio::time::timeout(NET, enough).await.expect("so many spans come");
        told(&enough.expect("the collector lives"))
    }
}

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    // It ends with the test.
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn take(
    State(received): State<Arc<Received>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Ok(body) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    received.requests.send_modify(|requests| requests.push(Request { headers, body }));
    StatusCode::OK
}

/// A span as a collector sees it.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) kind: i32,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) events: Vec<String>,
    /// 0 unset, 1 ok, 2 error.
    pub(crate) status: i32,
    pub(crate) message: String,
    pub(crate) state: String,
    pub(crate) took_ns: i128,
}

fn told(requests: &[Request]) -> Vec<Told> {
    let resources = requests.iter().flat_map(|request| &request.body.resource_spans);
    let spans = resources.flat_map(|resource| &resource.scope_spans).flat_map(|it| &it.spans);
    spans.map(Told::of).collect()
}

impl Told {
    fn of(span: &Span) -> Told {
        let status = span.status.clone().unwrap_or_default();
        Told {
            trace: hex(&span.trace_id),
            id: hex(&span.span_id),
            parent: hex(&span.parent_span_id),
            name: span.name.clone(),
            kind: span.kind,
            attributes: members(&span.attributes),
            events: span.events.iter().map(|event| event.name.clone()).collect(),
            status: status.code,
            message: status.message,
            state: span.trace_state.clone(),
            took_ns: i128::from(span.end_time_unix_nano) - i128::from(span.start_time_unix_nano),
        }
    }
}

/// Attributes as text.
pub(crate) fn members(pairs: &[KeyValue]) -> BTreeMap<String, String> {
    pairs.iter().map(|pair| (pair.key.clone(), text(pair.value.as_ref()))).collect()
}

fn text(value: Option<&Wrapped>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(AnyValue::StringValue(text)) => text.clone(),
        Some(AnyValue::IntValue(number)) => number.to_string(),
        Some(AnyValue::BoolValue(is)) => is.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    sluice_executor::hex(bytes)
}

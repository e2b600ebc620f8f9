//! Spans that are over, sent to a collector by OTLP over HTTP. A run never waits for that: what does not
//! fit into a bounded queue is dropped and counted. No secret leaves by it, as far as the process knows
//! them.

mod client;
mod convert;
mod environment;
mod queue;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::KeyValue;
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter as _;
use prometheus_client::metrics::counter::Counter;
use sluice_executor::{FinishedSpan, RunTrace, SpanSink};
use sluice_model::Scrub;
use tokio::task::JoinHandle;

use self::convert::Convert;
use self::queue::Queue;

/// How often at most it is logged that spans are lost.
const BETWEEN_WARNINGS: Duration = Duration::from_mins(1);

/// How much longer than it should an export may take before it is given up from outside.
const MARGIN: Duration = Duration::from_secs(1);

/// How spans are exported. The defaults are those of the OpenTelemetry specification, where it has any.
#[derive(Clone, Debug)]
pub struct Export {
    /// Where spans are sent, as in `http://127.0.0.1:4318/v1/traces`; what the environment says where
    /// that is absent.
    pub endpoint: Option<String>,
    /// Headers beside those of the environment, as a rule a token. Their values are secrets.
    pub headers: Vec<(String, String)>,
    /// Which runs.
    pub sampler: Sampler,
    /// Time for one request with all its retries. Default 10 s.
    pub timeout: Duration,
    /// How long spans gather. Default 5 s.
    pub delay: Duration,
    /// Spans of one request at most. Default 512.
    pub batch_spans: usize,
    /// Their bytes at most, roughly. Default 1 MiB.
    pub batch_bytes: usize,
    /// Spans that wait at most; what is more is dropped. Default 2,048.
    pub queue_spans: usize,
    /// Their bytes at most, roughly. Default 16 MiB.
    pub queue_bytes: usize,
    /// Time for what still waits when the process stops. Default 5 s.
    pub farewell: Duration,
}

/// Of which runs spans are exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sampler {
    /// Those whose trace is recorded by whoever began it, and all that are in traces of their own.
    #[default]
    ParentBased,
    /// All.
    Always,
    /// None.
    Never,
}

impl Default for Export {
    fn default() -> Self {
        Export {
            endpoint: None,
            headers: Vec::new(),
            sampler: Sampler::default(),
            timeout: Duration::from_secs(10),
            delay: Duration::from_secs(5),
            batch_spans: 512,
            batch_bytes: 1 << 20,
            queue_spans: 2_048,
            queue_bytes: 16 << 20,
            farewell: Duration::from_secs(5),
        }
    }
}

/// Spans cannot be exported as it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A variable that makes no sense here.
    #[error("{name} is `{value}`: {why}")]
    Variable {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The exporter refuses its settings.
    #[error(transparent)]
    Exporter(#[from] ExporterBuildError),
    /// There is no HTTP client.
    #[error("cannot send spans by HTTP: {0}")]
    Client(#[from] reqwest::Error),
}

/// What became of spans so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// A collector took them.
    pub exported: u64,
    /// There was no room for them.
    pub dropped: u64,
    /// No collector took them.
    pub failed: u64,
}

/// The same as counters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) exported: Counter,
    pub(crate) dropped: Counter,
    pub(crate) failed: Counter,
}

/// An export at work. All clones are the same one.
#[derive(Clone)]
pub struct Telemetry {
    inner: Arc<Inner>,
}

struct Inner {
    queue: Queue,
    counts: Counts,
    export: Export,
    /// Spans of the request that is under way.
    in_hand: AtomicU64,
    sending: Mutex<Option<JoinHandle<()>>>,
}

impl Telemetry {
    /// What the standard variables ask for; none where they name no collector. Within a runtime.
    pub fn from_env(scrub: &Scrub) -> Result<Option<Telemetry>, TelemetryError> {
        environment::export(|name| std::env::var(name).ok())?
            .map(|export| Telemetry::start(export, scrub))
            .transpose()
    }

    /// Makes known what the standard variables hold of secrets.
    pub fn tell_secrets(scrub: &Scrub) {
        scrub.add(environment::secrets(|name| std::env::var(name).ok()));
    }

    /// Begins to export. Within a runtime. What the environment and `export` hold of secrets becomes
    /// known to `scrub`.
    pub fn start(export: Export, scrub: &Scrub) -> Result<Telemetry, TelemetryError> {
        Telemetry::tell_secrets(scrub);
        scrub.add(export.headers.iter().flat_map(|(_, value)| environment::parts(value)));
        let mut builder = SpanExporter::builder()
            .with_http()
            .with_http_client(client::Client::new(export.timeout)?)
            .with_headers(export.headers.iter().cloned().collect())
            .with_timeout(export.timeout);
        if let Some(endpoint) = &export.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let mut exporter = builder.build()?;
        exporter.set_resource(&resource(scrub));
        let counts = Counts::default();
        let queue = Queue::new(export.queue_spans, export.queue_bytes);
        let (in_hand, sending) = (AtomicU64::new(0), Mutex::default());
        let inner = Arc::new(Inner { queue, counts, export, in_hand, sending });
        let convert = Convert::new(scrub.clone());
        let sending = tokio::spawn(send(Arc::clone(&inner), exporter, convert));
        *inner.sending.lock().unwrap_or_else(PoisonError::into_inner) = Some(sending);
        Ok(Telemetry { inner })
    }

    /// What became of spans so far.
    pub fn exported(&self) -> Exported {
        let Counts { exported, dropped, failed } = &self.inner.counts;
        Exported { exported: exported.get(), dropped: dropped.get(), failed: failed.get() }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.inner.counts
    }

    /// Sends what still waits, as long as there is time for a farewell. Spans that come later are dropped.
    pub async fn stop(&self) {
        let sending = self.inner.sending.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.inner.queue.close();
        let Some(mut sending) = sending else { return };
        if tokio::time::timeout(self.inner.export.farewell, &mut sending).await.is_err() {
            sending.abort();
            // It ends in any case. Whether what it had in hand has arrived, nobody knows.
            let _ = sending.await;
            let in_hand = self.inner.in_hand.swap(0, Ordering::Relaxed);
            let waiting = self.inner.queue.clear();
            self.inner.counts.failed.inc_by(in_hand);
            self.inner.counts.dropped.inc_by(waiting);
            tracing::warn!(in_hand, waiting, "the collector did not take the last spans in time");
        }
    }
}

impl std::fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.exported().fmt(f)
    }
}

impl SpanSink for Telemetry {
    fn wants(&self, trace: &RunTrace) -> bool {
        match self.inner.export.sampler {
            Sampler::ParentBased => trace.is_sampled(),
            Sampler::Always => true,
            Sampler::Never => false,
        }
    }

    fn take(&self, spans: Vec<FinishedSpan>) {
        let dropped = self.inner.queue.push(spans);
        self.inner.counts.dropped.inc_by(dropped);
    }
}

/// Sends batch after batch, until the queue is closed and empty.
async fn send(inner: Arc<Inner>, exporter: SpanExporter, convert: Convert) {
    let Inner { queue, counts, export, in_hand, .. } = &*inner;
    let mut losses = Losses::default();
    while let Some(batch) = queue.batch(export.batch_spans, export.batch_bytes, export.delay).await
    {
        let count = batch.len() as u64;
        in_hand.store(count, Ordering::Relaxed);
        let spans = batch.iter().map(|span| convert.span(span)).collect();
        let sent = tokio::time::timeout(export.timeout + MARGIN, exporter.export(spans)).await;
        let why = match sent {
            Ok(Ok(())) => {
                counts.exported.inc_by(count);
                None
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("it did not answer in time".to_owned()),
        };
        in_hand.store(0, Ordering::Relaxed);
        if why.is_some() {
            counts.failed.inc_by(count);
        }
        losses.tell(counts, why);
    }
}

/// Tells of losses, now and then.
#[derive(Default)]
struct Losses {
    told: u64,
    at: Option<Instant>,
    why: Option<String>,
}

impl Losses {
    fn tell(&mut self, counts: &Counts, why: Option<String>) {
        self.why = why.or(self.why.take());
        let (dropped, failed) = (counts.dropped.get(), counts.failed.get());
        let is_early = self.at.is_some_and(|at| at.elapsed() < BETWEEN_WARNINGS);
        if dropped + failed == self.told || is_early {
            return;
        }
        let why = self.why.take().unwrap_or_else(|| "it is too slow".to_owned());
        tracing::warn!(dropped, failed, why, "spans do not reach the collector");
        self.told = dropped + failed;
        self.at = Some(Instant::now());
    }
}

/// What this process is, as the standard variables say.
fn resource(scrub: &Scrub) -> Resource {
    let detected = Resource::builder().build();
    let is_named = environment::names_service(|name| std::env::var(name).ok());
    let mut resource = Resource::builder_empty();
    for (key, value) in &detected {
        let value = scrub.text(&value.to_string()).into_owned();
        resource = resource.with_attribute(KeyValue::new(key.clone(), value));
    }
    if !is_named {
        resource = resource.with_service_name("sluice");
    }
    resource.with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))).build()
}

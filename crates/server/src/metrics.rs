//! Counts for whoever watches over the server, in the text format of `OpenMetrics`. Nothing in them tells
//! tenants apart.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use sluice_executor::Executor;

use crate::telemetry::{Counts, Telemetry};

/// What the text is.
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The counts of one server.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    durations: Histogram,
    attempts: Gauge,
    panics: Gauge,
}

/// What requests are told apart by: few values each, whatever clients send.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    status: u32,
}

impl Metrics {
    /// With what becomes of exported spans, where some are.
    pub(crate) fn new(telemetry: Option<&Telemetry>) -> Metrics {
        let mut registry = Registry::with_prefix("sluice");
        let requests = Family::<Labels, Counter>::default();
        // 0.5 ms to 16 s.
        let durations = Histogram::new(exponential_buckets(0.0005, 2.0, 16));
        let (attempts, panics) = (Gauge::default(), Gauge::default());
        registry.register("http_requests", "Requests that were answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "From a request to the head of its answer",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register("live_attempts", "Attempts alive in this process", attempts.clone());
        registry.register(
            "attempt_panics",
            "Attempts that ended by a mistake of ours",
            panics.clone(),
        );
        if let Some(telemetry) = telemetry {
            let Counts { exported, dropped, failed } = telemetry.counts().clone();
            registry.register("spans_exported", "Spans that a collector took", exported);
            registry.register("spans_dropped", "Spans that there was no room for", dropped);
            registry.register("spans_failed", "Spans that no collector took", failed);
        }
        Metrics { registry, requests, durations, attempts, panics }
    }

    /// A request was answered.
    pub(crate) fn answered(&self, method: &Method, status: StatusCode, took: Duration) {
        let method = method_word(method);
        let labels = Labels { method, status: status.as_u16().into() };
        self.requests.get_or_create(&labels).inc();
        self.durations.observe(took.as_secs_f64());
    }

    /// All of them as text.
    pub(crate) fn text(&self, executor: &Executor) -> String {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.attempts.set(count(executor.live_attempts() as u64));
        self.panics.set(count(executor.panics()));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// The method as one of a few words, whatever clients send.
pub(crate) fn method_word(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

//! What the standard variables of OpenTelemetry say. Endpoint, headers, compression and resource are read by
//! the exporter itself; here is what decides whether there is one, and what of it is secret.

use std::time::Duration;

use sluice_model::percent_decoded;

use super::{Export, Sampler, TelemetryError};

const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const HEADERS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const TIMEOUTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];

/// The export that the variables ask for; none where they name no collector.
pub(super) fn export(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Export>, TelemetryError> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let first = |names: [&'static str; 2]| {
        names.into_iter().find_map(|name| Some((name, set(name)?.trim().to_owned())))
    };
    let is_disabled = set("OTEL_SDK_DISABLED").is_some_and(|it| it.eq_ignore_ascii_case("true"));
    let exporter = set("OTEL_TRACES_EXPORTER").unwrap_or_else(|| "otlp".to_owned());
    if is_disabled || exporter == "none" || first(ENDPOINTS).is_none() {
        return Ok(None);
    }
    let wrong = |name, value, why| TelemetryError::Variable { name, value, why };
    if exporter != "otlp" {
        return Err(wrong("OTEL_TRACES_EXPORTER", exporter, "it is `otlp` or `none`"));
    }
    if let Some((name, protocol)) = first(PROTOCOLS)
        && protocol != "http/protobuf"
    {
        return Err(wrong(name, protocol, "only `http/protobuf` is spoken"));
    }
    let number = |name: &'static str, default: u64| match set(name) {
        None => Ok(default),
        Some(value) => match value.trim().parse::<u64>() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(wrong(name, value, "it is a whole number above 0")),
        },
    };
    let usual = Export::default();
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let sampler = set("OTEL_TRACES_SAMPLER");
    let timeout = first(TIMEOUTS).map_or(TIMEOUTS[1], |(name, _)| name);
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let queue_spans = size(number("OTEL_BSP_MAX_QUEUE_SIZE", usual.queue_spans as u64)?);
    let batch_spans = size(number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", usual.batch_spans as u64)?);
    Ok(Some(Export {
        sampler: match sampler.as_deref() {
            None | Some("parentbased_always_on") => Sampler::ParentBased,
            Some("always_on") => Sampler::Always,
            Some("always_off") => Sampler::Never,
            Some(other) => {
                let why = "it is `parentbased_always_on`, `always_on` or `always_off`";
                return Err(wrong("OTEL_TRACES_SAMPLER", other.to_owned(), why));
            }
        },
        timeout: Duration::from_millis(number(timeout, millis(usual.timeout))?),
        delay: Duration::from_millis(number("OTEL_BSP_SCHEDULE_DELAY", millis(usual.delay))?),
        queue_spans,
        batch_spans: batch_spans.min(queue_spans),
        ..usual
    }))
}

/// Whether the variables say what this service is called.
pub(super) fn names_service(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let attributes = variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let names = attributes.split(',').filter_map(|pair| pair.split_once('='));
    is_set("OTEL_SERVICE_NAME") || names.into_iter().any(|(name, _)| name.trim() == "service.name")
}

/// What the variables hold of secrets: values of headers, and what stands before the `@` of an endpoint.
pub(super) fn secrets(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut secrets = Vec::new();
    for headers in HEADERS.into_iter().filter_map(&variable) {
        for (_, value) in headers.split(',').filter_map(|pair| pair.split_once('=')) {
            secrets.extend(parts(value.trim()));
            secrets.extend(parts(&percent_decoded(value.trim())));
        }
    }
    for endpoint in ENDPOINTS.into_iter().filter_map(&variable) {
        let rest = endpoint.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if let Some((_, password)) =
            authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':'))
        {
            secrets.extend([password.to_owned(), percent_decoded(password)]);
        }
    }
    secrets
}

/// A header's value, and what follows its scheme, as in `Bearer TOKEN`.
pub(super) fn parts(value: &str) -> Vec<String> {
    let credentials = value.split_once(' ').map(|(_, credentials)| credentials.trim().to_owned());
    [value.to_owned()].into_iter().chain(credentials).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        move |name| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    const SOMEWHERE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");

    #[test]
    fn there_is_no_export_unless_a_collector_is_named() {
        let is_on = |pairs: &[(&str, &str)]| matches!(export(of(pairs)), Ok(Some(_)));
        assert!(is_on(&[SOMEWHERE]));
        assert!(is_on(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a/b")]));
        assert!(!is_on(&[]));
        assert!(!is_on(&[(SOMEWHERE.0, " ")]));
        assert!(!is_on(&[SOMEWHERE, ("OTEL_SDK_DISABLED", "TRUE")]));
        assert!(!is_on(&[SOMEWHERE, ("OTEL_TRACES_EXPORTER", "none")]));
    }

    #[test]
    fn what_cannot_be_done_is_refused_rather_than_ignored() {
        for wrong in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
            ("OTEL_TRACES_EXPORTER", "zipkin"),
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ] {
            let refused = export(of(&[SOMEWHERE, wrong]));
            assert!(
                matches!(&refused, Err(TelemetryError::Variable { name, .. }) if *name == wrong.0),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn the_variables_set_the_export() {
        let export = export(of(&[
            SOMEWHERE,
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "64"),
            ("OTEL_TRACES_SAMPLER", "always_on"),
        ]));
        let export = export.ok().flatten().expect("it is on");
        assert_eq!(export.timeout, Duration::from_secs(2));
        assert_eq!(export.delay, Duration::from_millis(100));
        assert_eq!((export.queue_spans, export.batch_spans), (64, 64));
        assert_eq!(export.sampler, Sampler::Always);
    }

    #[test]
    fn secrets_of_headers_and_endpoints_are_known() {
        let secrets = secrets(of(&[
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20ab%2Fcd, x-key = k1"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://ada:p%40ss@collector:4318/x@y"),
        ]));
        for secret in ["Bearer%20ab%2Fcd", "Bearer ab/cd", "ab/cd", "k1", "p%40ss", "p@ss"] {
            assert!(secrets.iter().any(|it| it == secret), "{secret}: {secrets:?}");
        }
    }

    #[test]
    fn the_service_may_be_named_in_two_ways() {
        assert!(names_service(of(&[("OTEL_SERVICE_NAME", "a")])));
        assert!(names_service(of(&[("OTEL_RESOURCE_ATTRIBUTES", "a=b, service.name=c")])));
        assert!(!names_service(of(&[("OTEL_RESOURCE_ATTRIBUTES", "a=service.name")])));
    }
}

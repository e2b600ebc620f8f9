//! Errors of the command line tell no password, in whichever form it was given.

use crate::place::Place;

const CANARY: &str = "canary%2Fof%20mine";

/// What the percent-encoding means.
const MEANT: &str = "canary/of mine";

#[track_caller]
fn is_kept(place: &Place, args: &[&str], variables: &[(&str, &str)], told: &str) {
    let ran = place.run_with(args, variables);
    assert!(ran.stderr.contains(told), "{ran:#?}");
    for part in ["canary", "of%20mine", "of mine", "Y2FuYXJ5"] {
        assert!(!ran.stderr.contains(part) && !ran.stdout.contains(part), "{part}: {ran:#?}");
    }
}

#[test]
fn the_stores_password_is_not_told() {
    let place = Place::with("");
    for url in [
        format!("mysql://ada:{CANARY}@127.0.0.1:1/x"),
        format!("postgres://127.0.0.1:1/x?password={CANARY}&sslmode=require"),
        format!("postgres://ada:{CANARY}@127.0.0.1:1/x?sslmode=verify-full"),
    ] {
        is_kept(&place, &["runs", "ls", "--store", &url], &[], "store");
        is_kept(&place, &["runs", "ls"], &[("SLUICE_STORE", &url)], "store");
    }
    // Said again by another part of the command line.
    let url = format!("postgres://ada:{CANARY}@127.0.0.1:1/x");
    let other = format!("no-such-{MEANT}");
    is_kept(&place, &["run", &other, "--store", &url], &[], "[redacted]");
}

#[test]
fn what_lets_spans_into_a_collector_is_not_told() {
    let place = Place::with("");
    let endpoint = format!("http://ada:{CANARY}@[nowhere");
    let headers = format!("authorization=Bearer%20{CANARY}");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", headers.as_str()),
    ];
    is_kept(&place, &["worker", "--until-idle"], &variables, "cannot export spans");
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
        ("OTEL_EXPORTER_OTLP_HEADERS", headers.as_str()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", MEANT),
    ];
    is_kept(&place, &["worker", "--until-idle"], &variables, "only `http/protobuf` is spoken");
}

//! The examples of the recommendation, and what hostile clients send.

use super::*;

/// The example of the recommendation.
const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn the_published_examples_are_read_and_written() {
    let sampled = TraceParent::parse(EXAMPLE).expect("it is the example");
    assert_eq!(sampled.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(sampled.span.to_string(), "00f067aa0ba902b7");
    assert!(sampled.is_sampled());
    assert_eq!(sampled.to_string(), EXAMPLE);
    let not = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
    assert_eq!(TraceParent::parse(not).map(TraceParent::is_sampled), Some(false));
}

#[test]
fn what_is_not_of_the_form_is_no_context() {
    let with = |at: usize, text: &str| {
        let mut changed = EXAMPLE.to_owned();
        changed.replace_range(at..at + text.len(), text);
        changed
    };
    let wrong = [
        String::new(),
        "00".to_owned(),
        EXAMPLE[..54].to_owned(),
        format!("{EXAMPLE}-"),
        format!("{EXAMPLE}0"),
        format!(" {EXAMPLE}"),
        format!("{EXAMPLE}-extra"),
        EXAMPLE.to_uppercase(),
        with(0, "ff"),
        with(0, "0g"),
        with(2, "_"),
        with(35, "0"),
        with(52, " "),
        with(3, "A"),
        with(3, &"0".repeat(32)),
        with(36, &"0".repeat(16)),
        with(53, "0x"),
        with(53, "+1"),
        with(3, "é"),
        "-".repeat(55),
        "0".repeat(1 << 16),
    ];
    for wrong in wrong {
        assert_eq!(TraceParent::parse(&wrong), None, "{wrong:.80}");
    }
}

#[test]
fn a_later_version_is_read_as_far_as_it_is_known_and_passed_on_as_ours() {
    let later = EXAMPLE.replacen("00", "cc", 1);
    for text in [later.clone(), format!("{later}-what-the-future-brings")] {
        let read = TraceParent::parse(&text).expect(&text);
        assert_eq!(read.to_string(), EXAMPLE);
    }
    assert_eq!(TraceParent::parse(&format!("{later}.x")), None);
    let flagged = TraceParent::parse(&EXAMPLE.replace("-01", "-ff")).expect("flags are free");
    assert_eq!(flagged.flags(), 3);
}

fn state_of(lines: &[&str]) -> Option<String> {
    let context = TraceContext::parse(EXAMPLE, lines.iter().copied());
    context.expect("the state does not make the context void").tracestate
}

#[test]
fn a_state_is_passed_on_as_it_came() {
    let kept =
        |lines: &[&str], expected: &str| assert_eq!(state_of(lines).as_deref(), Some(expected));
    kept(&["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"], "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");
    kept(&["fw529a3039@dt=FfAb", " ,\tcongo=a b ,, "], "fw529a3039@dt=FfAb,congo=a b");
    let many: Vec<String> = (0..32).map(|n| format!("k{n}=v")).collect();
    kept(&[&many.join(",")], &many.join(","));
    assert_eq!(state_of(&[]), None);
    assert_eq!(state_of(&["", " , "]), None);
}

#[test]
fn a_state_that_is_malformed_or_too_long_is_left_out() {
    let long = format!("a={}", "x".repeat(257));
    let many = (0..33).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
    let sum = (0..3).map(|n| format!("k{n}={}", "x".repeat(200))).collect::<Vec<_>>().join(",");
    let wrong = [
        "foo", "=v", "a=", "a=b=c", "A=v", "1a=v", "a b=v", "a@=v", "@a=v", "a@1=v", "a@b@c=v",
        "a=é", "a=\u{7f}", "a=1,a=2", &long, &many, &sum,
    ];
    for wrong in wrong {
        assert_eq!(state_of(&[wrong]), None, "{wrong:.60}");
    }
    assert_eq!(state_of(&["a=1", "a=2"]), None);
}

#[test]
fn a_context_is_kept_as_its_headers() {
    let context = TraceContext::parse(EXAMPLE, ["rojo=1"]).expect("it is sound");
    let text = serde_json::to_string(&context).expect("it is JSON");
    assert_eq!(text, format!(r#"{{"traceparent":"{EXAMPLE}","tracestate":"rojo=1"}}"#));
    assert_eq!(serde_json::from_str::<TraceContext>(&text).ok(), Some(context));
    let wrong = r#"{"traceparent": "00-0-0-01"}"#;
    assert!(serde_json::from_str::<TraceContext>(wrong).is_err());
}

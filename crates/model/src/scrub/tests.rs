//! Secrets in every form, in texts that mean well and in those that do not.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::forms::{ascii_json, is_of_user, is_unreserved, percent};
use super::*;

const SECRET: &str = "pä\"ss/w+rd\\ ?=é\n&x";

fn scrub() -> Scrub {
    let scrub = Scrub::new();
    scrub.add([SECRET]);
    scrub
}

#[test]
fn a_secret_is_found_in_every_form() {
    let scrub = scrub();
    let json = serde_json::json!({ "a": format!("x{SECRET}y") }).to_string();
    let forms = [
        format!("at {SECRET}!"),
        json.clone(),
        serde_json::json!({ "b": json }).to_string(),
        format!("{SECRET:?}"),
        format!("u={}&v=1", percent(SECRET, is_unreserved, "0123456789ABCDEF")),
        format!("u={}&v=1", percent(SECRET, is_unreserved, "0123456789abcdef")),
        format!("//a:{}@b", percent(SECRET, is_of_user, "0123456789ABCDEF")),
        ascii_json(SECRET),
    ];
    for form in forms {
        let clean = scrub.text(&form).into_owned();
        assert!(clean.contains(REDACTED), "{form}: {clean}");
        assert!(!clean.contains("ss/w") && !clean.contains("rd"), "{form}: {clean}");
    }
}

#[test]
fn a_secret_is_found_in_base64_wherever_it_begins() {
    let scrub = scrub();
    for before in ["", "u", "u:", "user:", "user0:"] {
        for after in ["", "x", "xy", "xyz"] {
            let text = format!("{before}{SECRET}{after}");
            for text in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                let clean = scrub.text(&text).into_owned();
                let left = clean.len() - REDACTED.len();
                // At most the neighbours, and a digit at each side that holds bits of them too.
                assert!(clean.contains(REDACTED), "{text}");
                assert!(left <= (before.len() + after.len()) * 4 / 3 + 4, "{text}: {clean}");
            }
        }
    }
}

#[test]
fn percent_encoding_is_undone_where_it_is_sound() {
    assert_eq!(percent_decoded("a%20b%2fc%C3%A9"), "a b/cé");
    assert_eq!(percent_decoded("%zz%4%"), "%zz%4%");
}

#[test]
fn ordinary_words_stay() {
    let scrub = scrub();
    scrub.add(["", "a", "sluice7"]);
    for text in ["", "sluice7 is a word", "slt_short and sls_ too", "täglich %20"] {
        assert!(matches!(scrub.text(text), Cow::Borrowed(it) if it == text), "{text}");
    }
}

#[test]
fn tokens_are_known_by_their_shape() {
    let token = format!("slt_{}", "Ab-_0".repeat(10));
    let scrub = Scrub::new();
    for text in [format!("Bearer {token}"), format!("x{token},"), format!("slt_{token}")] {
        let clean = scrub.text(&text).into_owned();
        assert!(clean.contains(REDACTED) && !clean.contains("Ab-_0"), "{clean}");
    }
    let both = format!("{token} {}", token.replace("slt_", "sll_"));
    assert_eq!(scrub.text(&both), "[redacted] [redacted]");
}

#[test]
fn all_clones_know_what_one_learns() {
    let scrub = Scrub::new();
    let other = scrub.clone();
    scrub.add(["first-secret", "first-secret-longer"]);
    assert_eq!(other.text("a first-secret-longer b"), "a [redacted] b");
    other.add(["second-secret"]);
    assert_eq!(scrub.text("first-secret second-secret"), "[redacted] [redacted]");
    assert!(!format!("{scrub:?}").contains("secret"));
}

#[test]
fn a_long_value_is_found_whole_and_costs_little() {
    let line = "pä\"ss/w+rd\\ ?=é&x-0123456789";
    let lines: Vec<String> = (0..1_500).map(|at| format!("{line}{at}")).collect();
    let value = lines.join("\n");
    let scrub = Scrub::new();
    scrub.add_with(&value, || lines.clone());
    let json = serde_json::json!({ "a": format!("x{value}y") }).to_string();
    for text in [format!("a {value} b"), json, STANDARD_NO_PAD.encode(&value)] {
        let clean = scrub.text(&text).into_owned();
        assert!(clean.contains(REDACTED) && clean.len() < 40, "{clean:.100}");
    }
    assert_eq!(scrub.text(&format!("{line}77")), REDACTED, "a line by itself");
}

#[test]
fn a_value_is_learned_once() {
    let scrub = Scrub::new();
    for at in 0..300 {
        scrub.add([format!("secret-number-{at}")]);
    }
    assert!(scrub.searches().len() <= 9, "{}", scrub.searches().len());
    scrub.add_with("secret-number-7", || -> Vec<&str> { panic!("it is known") });
    for at in 0..300 {
        assert_eq!(scrub.text(&format!("a secret-number-{at}")), "a [redacted]", "{at}");
    }
}

#[test]
fn what_is_joined_knows_what_its_parts_knew() {
    let (one, other) = (Scrub::new(), Scrub::new());
    one.add(["first-secret"]);
    other.add(["second-secret"]);
    let both = Scrub::joined([&one, &other]);
    other.add(["third-secret"]);
    assert_eq!(both.text("first-secret second-secret"), "[redacted] [redacted]");
    assert_eq!(both.text("third-secret"), "third-secret", "it is not a clone");
    assert_eq!(one.text("second-secret"), "second-secret", "nor does a part learn of others");
}

#[test]
fn what_is_lent_is_taken_out_as_long_as_it_is_held() {
    let log = Scrub::new();
    let large = "k".repeat(700);
    let (one, other) = (Scrub::new(), Scrub::new());
    one.add(["first-secret"]);
    other.add([&*large, "second-secret"]);
    for part in [&one, &other, &other] {
        log.lend(part);
    }
    let told = format!("first-secret {large} second-secret");
    assert_eq!(log.clone().text(&told), "[redacted] [redacted] [redacted]");
    let request = Scrub::joined([&one]);
    drop(one);
    assert_eq!(log.text("a first-secret"), "a [redacted]", "a request is under way");
    drop(request);
    assert_eq!(log.text("a first-secret second-secret"), "a first-secret [redacted]");
}

#[test]
fn what_was_lent_and_is_gone_takes_no_room() {
    let log = Scrub::new();
    let kept = Scrub::new();
    kept.add(["the-one-that-stays"]);
    log.lend(&kept);
    for at in 0..3_000 {
        let gone = Scrub::new();
        gone.add([format!("{at}-secret-{at}")]);
        log.lend(&gone);
    }
    let lent = log.known.lent.read().expect("nobody panicked").kept();
    assert!(lent < 3_000, "{lent}");
    let latest = Scrub::new();
    latest.add(["the latest of all"]);
    log.lend(&latest);
    let told = "it is the-one-that-stays 7-secret-7 \"the latest of all\"";
    assert_eq!(log.text(told), "it is [redacted] 7-secret-7 \"[redacted]\"");
}

#[test]
fn a_form_is_kept_once() {
    let (short, long) = (Scrub::new(), Scrub::new());
    short.add(["k".repeat(500)]);
    long.add(["k".repeat(64 << 10)]);
    assert!(short.weight() > 500);
    // The value, which is one form quoted and percent-encoded too, and three in base64, of four thirds each.
    let held = (64 << 10) * (1 + 1 + 4);
    let weight = long.weight();
    assert!((held - 100..held + 1_000).contains(&weight), "{weight} for {held}");
}

//! Random words: what is read is shown in one form, which is short, reads back as itself and is what the
//! API's document says.

use regex::Regex;
use serde_json::Value;

use super::chance::Chance;
use super::*;

const CASES: u32 = 40_000;

/// Texts of bounds, some of which are longer when shown.
const VALUES: [&str; 8] =
    ["a", "*@ours", "x|y", "%28*%2a", "\u{e9}t\u{e9}", "*", "a b\n", "\u{1F980}"];

fn target(chance: &mut Chance) -> String {
    let hosts =
        ["[::1]", "[::ffff:102:304]", "[1::", "*", "*.a-b.example", "a_1", "127.0.0.1", "A", ""];
    let ports = ["", ":1", ":8443", ":65535", ":0", ":080", ":+80", ":"];
    let bytes: Vec<char> = (' '..='~').chain(['\u{e9}']).collect();
    if chance.one_in(3) {
        return chance.of(&["a.b", "a-B_9/x", "*", "a*", "a*b", "", "a b", "a:b"]).to_owned();
    }
    let mut place = [chance.of(&hosts), chance.of(&ports)].concat();
    if chance.one_in(2) {
        place.push('/');
        place.extend((0..chance.next() % 6).map(|_| chance.of(&bytes)));
    }
    place
}

fn word(chance: &mut Chance) -> String {
    let kind =
        chance.of(&["rpc", "http", "http", "llm", "flow", "ask", "kv", "secret", "artifact"]);
    let mut word = kind.to_owned();
    if kind != "ask" || chance.one_in(8) {
        word = format!("{word}:{}", target(chance));
    }
    if chance.one_in(2) {
        let names: &[&str] = match kind {
            "http" => &["method"],
            "ask" => &["assignee"],
            "kv" => &["key", "operation"],
            _ => &["to", "order.amount", "0", "a-b_C", ""],
        };
        let bound = |chance: &mut Chance| {
            let times = if chance.one_in(3) { chance.of(&[2, 20, 80]) } else { 1 };
            let value = chance.of(&VALUES).repeat(times);
            if chance.one_in(20) { String::new() } else { format!("{}={value}", chance.of(names)) }
        };
        let bounds: Vec<String> = (0..=chance.next() % 3).map(|_| bound(chance)).collect();
        word = format!("{word}({})", bounds.join(","));
    }
    if chance.one_in(8) { word + "?approve" } else { word }
}

#[test]
fn what_is_read_has_one_short_form_which_the_document_of_the_api_knows() {
    let schema = schemars::schema_for!(Capability);
    let pattern = schema.get("pattern").and_then(Value::as_str).expect("it has a pattern");
    let pattern = Regex::new(pattern).expect("it is a pattern");
    let mut chance = Chance(0xF0);
    let (mut read, mut refused) = (0_u32, 0_u32);
    for _ in 0..CASES {
        let written = word(&mut chance);
        let Ok(capability) = written.parse::<Capability>() else {
            refused += 1;
            continue;
        };
        let shown = capability.to_string();
        assert!(shown.len() <= Capability::MAX_BYTES, "{written} is shown as {shown}");
        assert_eq!(shown.parse(), Ok(capability), "{written}");
        assert!(pattern.is_match(&shown) && pattern.is_match(&written), "{written}");
        read += 1;
    }
    assert!(read > CASES / 10 && refused > CASES / 10, "{read} and {refused}");
}

#[test]
fn what_both_allow_reads_back_or_is_not_held() {
    let mut chance = Chance(0xF1);
    let mut words =
        || -> Vec<Capability> { (0..400).filter_map(|_| word(&mut chance).parse().ok()).collect() };
    let (left, right) = (words(), words());
    let mut dropped = 0_u32;
    for (one, other) in left.iter().flat_map(|one| right.iter().map(move |other| (one, other))) {
        match one.meet(other) {
            Some(both) => {
                assert_eq!(both.to_string().parse(), Ok(both.clone()), "{one} and {other}");
                assert!(one.covers(&both) && other.covers(&both), "{both} of {one} and {other}");
            }
            None if one.kind == other.kind && one.target.meet(&other.target).is_some() => {
                dropped += 1;
            }
            None => {}
        }
    }
    assert!(dropped > 0, "some are too long together");
}

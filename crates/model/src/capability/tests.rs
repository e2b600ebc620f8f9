//! What words cover, what they allow, and how they are written.

use super::*;

fn word(text: &str) -> Capability {
    text.parse().expect(text)
}

fn words(texts: &[&str]) -> Vec<Capability> {
    texts.iter().map(|text| word(text)).collect()
}

fn shown(words: &[Capability]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

fn covers(held: &str, needed: &str) -> bool {
    word(held).covers(&word(needed))
}

#[test]
fn a_word_covers_itself_and_a_star_covers_what_begins_like_it() {
    assert!(covers("rpc:calendar.event_list", "rpc:calendar.event_list"));
    assert!(covers("rpc:calendar.*", "rpc:calendar.event_delete"));
    assert!(covers("ask", "ask"));
    assert!(!covers("rpc:calendar.event_list", "rpc:calendar.event_delete"));
    assert!(!covers("rpc:calendar.*", "rpc:calendars.event_list"));
    assert!(!covers("kv:calendar.event_list", "rpc:calendar.event_list"));
    assert!(!covers("http:calendar.example", "rpc:calendar.example"));
}

#[test]
fn a_word_with_bounds_covers_less() {
    assert!(covers("rpc:mail.*", "rpc:mail.send(to=*@ours.example)"));
    assert!(covers("rpc:mail.*(to=*@ours.example)", "rpc:mail.send(to=ada@ours.example,cc=x)"));
    assert!(!covers("rpc:mail.*(to=*@ours.example)", "rpc:mail.send"));
    assert!(covers("rpc:pay.*", "rpc:pay.send?approve"));
    assert!(!covers("rpc:pay.*?approve", "rpc:pay.send"));
    assert!(covers("http:a.example(method=GET|HEAD)", "http:a.example/v1/*(method=GET)"));
}

#[test]
fn a_call_is_allowed_where_its_values_hold_to_every_bound() {
    let send = |to: &[&str]| {
        let to: Vec<String> = to.iter().map(|&to| to.to_owned()).collect();
        let values = move |name: &str| (name == "to").then(|| to.clone());
        let need = Need { kind: CallKind::Rpc, target: Needed::Name("mail.send"), values: &values };
        word("rpc:mail.send(to=*@ours.example)").allows(&need)
    };
    assert!(send(&["ada@ours.example"]) && send(&["ada@ours.example", "bob@ours.example"]));
    assert!(!send(&["ada@ours.example", "eve@theirs.example"]));
    let none = |_: &str| None;
    let need = Need { kind: CallKind::Rpc, target: Needed::Name("mail.send"), values: &none };
    assert!(!word("rpc:mail.send(to=*)").allows(&need), "what is bound must be there");
    assert!(word("rpc:mail.*?approve").allows(&need));
}

#[test]
fn an_intersection_holds_what_both_allow() {
    let both = intersection(
        &words(&["rpc:calendar.*", "ask", "kv:notes", "http:*.example.com", "rpc:pay.*?approve"]),
        &words(&[
            "rpc:calendar.event_list",
            "rpc:*(day=2027-*)",
            "kv:other",
            "kv:n*",
            "http:api.example.com/v1/*(method=GET)",
        ]),
    );
    let expected = [
        "rpc:calendar.event_list",
        "rpc:calendar.*(day=2027-*)",
        "kv:notes",
        "http:api.example.com/v1/*(method=GET)",
        "rpc:pay.*(day=2027-*)?approve",
    ];
    assert_eq!(shown(&both), expected);
}

#[test]
fn an_intersection_does_not_grow_without_bound() {
    let many = |name: &str| -> Vec<Capability> {
        (0..200).map(|number| word(&format!("rpc:*({name}={number})"))).collect()
    };
    let both = intersection(&intersection(&many("a"), &many("b")), &many("c"));
    assert_eq!(both.len(), MOST_HELD);
}

#[test]
fn what_no_word_can_say_is_not_held() {
    let long = |name: &str| word(&format!("rpc:a.*({name}={})", "x".repeat(300)));
    assert_eq!(long("a").meet(&long("b")), None);
    assert_eq!(long("a").meet(&word("rpc:*")), Some(long("a")));
    // What is no word of itself is none either where the other covers it.
    let unsaid = Capability::new(CallKind::Rpc, "a".repeat(600));
    assert_eq!(unsaid.meet(&word("rpc:*")), None);
    assert_eq!(word("rpc:*").meet(&unsaid), None);
    assert_eq!(intersection(&[long("a"), word("ask")], &[long("b"), word("ask")]), [word("ask")]);
}

#[test]
fn what_can_be_named_reads_back_as_itself() {
    for name in ["a", "calendar.event_list", "A-b_c/9"] {
        assert!(Capability::can_name(CallKind::Kv, name), "{name}");
        let named = Capability::new(CallKind::Kv, name);
        assert_eq!(named.to_string().parse(), Ok(named));
    }
    for name in ["", "*", "a*", "a b", "a(b=c)", "a?approve", &"a".repeat(600)] {
        assert!(!Capability::can_name(CallKind::Kv, name), "{name}");
    }
    assert!(Capability::can_name(CallKind::Ask, "") && !Capability::can_name(CallKind::Ask, "ada"));
    assert!(!Capability::can_name(CallKind::Http, "a.example"), "a place is no name");
}

#[test]
fn everything_covers_each_kind_and_reads_back() {
    let every = Capability::every();
    let needed = ["rpc:a.b", "http:a", "llm:a", "flow:a", "ask", "kv:a", "secret:A", "artifact:a"];
    for needed in needed {
        assert!(every.iter().any(|held| held.covers(&word(needed))), "{needed}");
    }
    assert_eq!(every.len(), needed.len());
}

#[test]
fn a_word_has_one_form() {
    for (written, form) in [
        ("rpc:a.b(z=1,b=2|1,b=2|1)?approve", "rpc:a.b(b=1|2,z=1)?approve"),
        ("http:a.example:443/v1/*(method=PUT|GET)", "http:a.example:443/v1/*(method=GET|PUT)"),
        ("ask(assignee=ada)", "ask(assignee=ada)"),
        ("kv:notes(operation=get|list)", "kv:notes(operation=get|list)"),
    ] {
        assert_eq!(word(written).to_string(), form);
        assert_eq!(word(form), word(written));
    }
}

#[test]
fn malformed_words_say_what_is_wrong() {
    let why = |word: &str| word.parse::<Capability>().expect_err(word).why;
    assert!(why("rcp:calendar").starts_with("it begins with none of"));
    assert!(why("sleep").starts_with("it begins with none of"));
    assert!(why("rpc").starts_with("it names no target"));
    assert!(why("ask:bob").starts_with("`ask` takes no target"));
    assert!(why("rpc:a*b").starts_with("`*` may only stand"));
    assert!(why("rpc:a b").starts_with("its target has a character"));
    assert!(why(&format!("rpc:{}", "a".repeat(600))).starts_with("it is longer"));
    assert!(why("http:https://a.example").starts_with("a port is"));
    assert!(why("http:A.example").starts_with("its host is"));
    assert!(why("rpc:a.b()").starts_with("there is no bound"));
    assert!(why("rpc:a.b(,)").starts_with("a bound is written"));
    assert!(why("rpc:a.b(to=x,)").starts_with("a bound is written"));
    assert!(why("ask:").starts_with("`ask` takes no target"));
    assert!(why(&format!("rpc:a.b(to={})", "\u{e9}".repeat(200))).starts_with("it is longer"));
    assert!(why("rpc:a.b(to").starts_with("a ( is closed"));
    assert!(why("rpc:a.b(to)").starts_with("a bound is written"));
    assert!(why("rpc:a.b?ask").starts_with("after `?`"));
    assert!(why("http:a.example(body=x)").starts_with("it has a bound on something"));
    assert!(why("secret:A(to=x)").starts_with("calls of this kind have nothing"));
}

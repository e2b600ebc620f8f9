//! What bounds find in requests, and what a refusal suggests.

use serde_json::json;

use super::*;
use crate::capability::chance::Chance;
use crate::{Attributes, CallKind, Capability, Taken};

fn parse(kind: CallKind, arguments: Value) -> Result<Request, crate::InvalidRequest> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    Request::parse(kind, arguments)
}

fn allows(word: &str, request: &Request) -> bool {
    let word: Capability = word.parse().expect(word);
    request.with_need(|need| word.allows(need)).expect("it needs a grant")
}

fn rpc(params: Value) -> Request {
    let mut call = json!({"service": "a", "method": "b"});
    call["params"] = params;
    parse(CallKind::Rpc, call).expect("it is a call")
}

fn holds(bound: &str, params: Value) -> bool {
    allows(&format!("rpc:a.b({bound})"), &rpc(params))
}

#[test]
fn values_are_found_by_name_by_place_and_within_others() {
    let params = json!({"to": ["a", "b"], "draft": {"size": 3}, "a.b": true, "deep": [[1], [2]]});
    let holds = |bound| holds(bound, params.clone());
    assert!(holds("to=a|b") && !holds("to=a") && holds("to.1=b") && !holds("to.2=*"));
    assert!(holds("draft.size=3") && !holds("draft=*") && holds("a.b=true") && holds("deep=1|2"));
    assert!(!holds("from=*") && !holds("to.01=*"));
}

#[test]
fn whatever_a_name_can_mean_is_held_to_the_bound() {
    let small = |params| holds("order.amount=5", params);
    assert!(small(json!({"order": {"amount": 5}})) && small(json!({"order.amount": 5})));
    assert!(small(json!({"order": {"amount": 5}, "order.amount": 5})));
    for decoy in [
        json!({"order": {"amount": 9}, "order.amount": 5}),
        json!({"order": {"amount": 5}, "order.amount": 9}),
        json!({"order": {"amount": {"value": 9}}, "order.amount": 5}),
        json!({"order": [{"amount": 9}], "order.amount": 5}),
        json!({"order": {}, "order.amount": 5}),
        json!({"order": {"amount": []}}),
        json!({"order": {"amount": [5, 9]}}),
        json!([{"order.amount": 5}]),
    ] {
        assert!(!small(decoy.clone()), "{decoy}");
    }
    let deep = json!({"a": {"b.c": 1, "b": {"c": 1}}, "a.b": {"c": 1}, "a.b.c": 1});
    assert!(holds("a.b.c=1", deep.clone()));
    for place in ["/a/b.c", "/a/b/c", "/a.b/c", "/a.b.c"] {
        let mut other = deep.clone();
        *other.pointer_mut(place).expect(place) = json!(2);
        assert!(!holds("a.b.c=1", other), "{place}");
    }
}

#[test]
fn a_number_is_the_place_of_an_argument_without_a_name() {
    assert!(holds("0=x", json!(["x", "y"])) && !holds("1=x", json!(["x", "y"])));
    assert!(holds("0.to=x", json!([{"to": "x"}])));
    assert!(!holds("0=x", json!({"0": "x", "to": "y"})));
    assert!(!holds("0.to=x", json!({"0": {"to": "x"}})) && !holds("0.to=x", json!({"0.to": "x"})));
    assert!(holds("a.0=x", json!({"a": {"0": "x"}})));
    assert!(!holds("a.0=x", json!({"a": ["y"], "a.0": "x"})));
}

#[test]
fn a_list_of_too_many_does_not_hold() {
    let list = |count: usize| json!({"to": vec!["a"; count]});
    assert!(holds("to=a", list(1_000)) && !holds("to=a", list(1_001)));
    assert!(!holds("to=*", list(1_001)) && !holds("to=a", json!({"to": []})));
    let nested = json!({"to": [vec!["a"; 600], vec!["a"; 600]]});
    assert!(!holds("to=a", nested));
}

#[test]
fn hostile_bounds_on_hostile_arguments_are_looked_at_for_a_bounded_time() {
    let word = |number: usize| {
        let searches = (0..70).map(|search| format!("*z{search:02}{number:x}*"));
        let bounds = searches.collect::<Vec<String>>().join("|");
        let word: String = format!("rpc:*(to={bounds}").chars().take(510).collect();
        format!("{word})").parse::<Capability>()
    };
    let mut words: Vec<Capability> = (0..512).filter_map(|number| word(number).ok()).collect();
    assert!(words.len() > 400);
    let long = "zy".repeat(1 << 19);
    for params in [json!({"to": long}), json!({"to": vec![&long[..1_000]; 1_000]})] {
        let request = rpc(params);
        let values = RequestValues::of(&request);
        let need = crate::Need {
            kind: CallKind::Rpc,
            target: crate::Needed::Name("a.b"),
            values: &values,
        };
        assert_eq!(Taken::by(&words, &need), Taken::Refused);
        assert_eq!(values.left.get(), 0, "it was given up");
        let free: Capability = "rpc:a.b(to=*)".parse().expect("a word");
        assert!(!free.allows(&need), "after it nothing holds");
        // What stands behind a word that allows the call is not looked at.
        words.insert(0, free);
        assert_eq!(request.with_need(|need| Taken::by(&words, need)), Some(Taken::Freely));
        words.remove(0);
    }
}

#[test]
fn a_bound_on_keys_holds_a_key_and_all_that_a_list_could_show() {
    let kv = |action: Value| {
        let Value::Object(mut action) = action else { panic!("it is an object") };
        action.insert("space".to_owned(), "notes".into());
        parse(CallKind::Kv, Value::Object(action)).expect("it is a call")
    };
    let on = |operation: &str, key: &str| match operation {
        "set" => kv(json!({"operation": "set", "key": key, "value": 1})),
        "compare_and_set" => {
            kv(json!({"operation": operation, "key": key, "expected": 1, "value": 2}))
        }
        _ => kv(json!({"operation": operation, "key": key})),
    };
    for operation in ["get", "set", "delete", "compare_and_set"] {
        assert!(allows("kv:notes(key=me/*)", &on(operation, "me/a")), "{operation}");
        assert!(allows("kv:notes(key=me/a)", &on(operation, "me/a")), "{operation}");
        assert!(!allows("kv:notes(key=me/*)", &on(operation, "you/a")), "{operation}");
        assert!(!allows("kv:notes(key=me/a)", &on(operation, "me/")), "{operation}");
        assert!(allows(&format!("kv:notes(operation={operation})"), &on(operation, "a")));
        assert!(!allows("kv:notes(operation=list)", &on(operation, "a")), "{operation}");
    }
    let list = |prefix: &str| kv(json!({"operation": "list", "prefix": prefix}));
    for held in ["me/*", "*", "a|me/*", "m*", "m*/*"] {
        assert!(allows(&format!("kv:notes(key={held})"), &list("me/")), "{held}");
    }
    for held in ["me/", "*/", "me/a*", "me/*a", "me/|you/*", "me"] {
        assert!(!allows(&format!("kv:notes(key={held})"), &list("me/")), "{held}");
    }
    let all = kv(json!({"operation": "list"}));
    assert!(allows("kv:notes(key=*)", &all) && !allows("kv:notes(key=me/*)", &all));
    assert!(allows("kv:notes(operation=list)", &all));
    let after = kv(json!({"operation": "list", "prefix": "me/", "after": "you/"}));
    assert!(allows("kv:notes(key=me/*)", &after) && !allows("kv:notes(key=you/*)", &after));
}

#[test]
fn artifacts_and_questions_have_values() {
    let artifact = |arguments| parse(CallKind::Artifact, arguments).expect("it is a call");
    let write = artifact(json!({"name": "a", "media_type": "text/plain"}));
    let read = artifact(json!({"name": "a", "operation": "read"}));
    assert!(allows("artifact:a(operation=write)", &write) && allows("artifact:a", &read));
    assert!(!allows("artifact:a(operation=write)", &read));
    let ask = |assignee: Value| {
        let mut question = json!({"question": "?", "schema": {}});
        question["assignee"] = assignee;
        parse(CallKind::Ask, question).expect("it is a question")
    };
    assert!(allows("ask(assignee=ada)", &ask(json!("ada"))));
    assert!(!allows("ask(assignee=ada)", &ask(json!("eve"))));
    assert!(!allows("ask(assignee=*)", &ask(Value::Null)));
}

fn exact(url: &str) -> String {
    let get = parse(CallKind::Http, json!({"method": "GET", "url": url})).expect(url);
    get.exact_capability().expect(url).to_string()
}

#[test]
fn what_a_refusal_suggests_is_exact_where_a_word_can_be() {
    for (url, word) in [
        ("https://a.example/v1/x?y=*", "http:a.example/v1/x(method=GET)"),
        ("https://a.example/v1/*", "http:a.example"),
        ("https://a.example/v1//x", "http:a.example"),
        ("https://a.example/v1/%2Fx", "http:a.example"),
        ("https://a.example/v1;x", "http:a.example"),
        ("https://a.example/a(b)", "http:a.example"),
        ("https://a.example/[x]^", "http:a.example/[x]^(method=GET)"),
        ("http://[::1]:8080/x", "http:[::1]:8080/x(method=GET)"),
        ("https://[::ffff:1.2.3.4]/x", "http:[::ffff:102:304]/x(method=GET)"),
    ] {
        assert_eq!(exact(url), word, "{url}");
    }
    assert_eq!(exact(&format!("https://a.example/{}", "x".repeat(600))), "http:a.example");
}

/// A request of any kind that needs a grant, with odd names; none where it is refused as none.
fn request(chance: &mut Chance) -> Option<Request> {
    let odd: Vec<char> = "ab*().,;|?=%/_-[]{}^@\\ \u{e9}".chars().collect();
    let mut text = |longest: u64| -> String {
        let length = if chance.one_in(50) { 600 } else { chance.next() % longest };
        (0..length).map(|_| if chance.one_in(3) { chance.of(&odd) } else { 'a' }).collect()
    };
    let (name, path) = (text(5), text(8));
    let hosts =
        ["a.example", "[::1]", "[::ffff:1.2.3.4]", "127.0.0.1", "B\u{fc}cher.example", "a!b"];
    let ports = ["", ":443", ":80", ":8443"];
    let (kind, arguments) = match chance.next() % 12 {
        0 => (CallKind::Rpc, json!({"service": "a", "method": name, "params": {}})),
        1 => (CallKind::Kv, json!({"space": name, "operation": "list"})),
        2 => (CallKind::Flow, json!({"flow": name})),
        3 => (CallKind::Artifact, json!({"name": name, "operation": "read"})),
        4 => (CallKind::Secret, json!({"name": name})),
        5 => (CallKind::Ask, json!({"question": "?", "schema": {}, "assignee": name})),
        _ => {
            let place =
                [chance.of(&["http", "https"]), "://", chance.of(&hosts), chance.of(&ports)];
            let url = format!("{}/{path}", place.concat());
            (CallKind::Http, json!({"method": chance.of(&["GET", "PUT"]), "url": url}))
        }
    };
    let Value::Object(arguments): Value = arguments else { return None };
    Request::parse(kind, Attributes::from(arguments)).ok()
}

#[test]
fn what_a_refusal_suggests_can_be_written_and_lets_the_call_be_made() {
    let mut chance = Chance(0xE0);
    let (mut paths, mut hosts) = (0_u32, 0_u32);
    for _ in 0..40_000 {
        let Some(request) = request(&mut chance) else { continue };
        for word in [request.capability(), request.exact_capability()] {
            let shown = word.expect("it needs a grant").to_string();
            assert!(allows(&shown, &request), "{shown} for {request:?}");
        }
        let shown = request.exact_capability().expect("as above").to_string();
        let Request::Http(mut call) = request else { continue };
        if !shown.ends_with("(method=GET)") && !shown.ends_with("(method=PUT)") {
            hosts += 1;
            continue;
        }
        paths += 1;
        let mut address = call.address().expect("it has one");
        address.set_path(&format!("{}x", address.path()));
        call.url = address.into();
        assert!(!allows(&shown, &Request::Http(call)), "{shown} is wider than the call");
    }
    assert!(paths > 1_000 && hosts > 1_000, "{paths} and {hosts}");
}

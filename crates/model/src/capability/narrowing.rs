//! Random grants of tenants, tokens, flows, steps and children, up to eight deep: what is left at the end
//! is what every one of them allows, neither more nor less.

use super::chance::Chance;
use super::*;

/// Cases, each a chain of lists and a call.
const CASES: u32 = 1_000_000;

/// Calls that are tried against one chain.
const CALLS: u32 = 20;

const METHODS: [&str; 4] = ["calendar.event_list", "calendar.event_new", "mail.send", "mail.read"];
const PEOPLE: [&str; 4] = ["ada@ours.example", "bob@ours.example", "eve@theirs.example", "root"];
const HOSTS: [&str; 3] = ["api.example.com", "www.example.com", "example.com"];
const PATHS: [&str; 3] = ["/", "/v1/items", "/v2"];

fn word(chance: &mut Chance) -> Capability {
    let mut text = match chance.next() % 4 {
        0 => {
            let places = [
                "*",
                "*.example.com",
                "api.example.com",
                "api.example.com/v1/*",
                "*.com:8080",
                "api.example.com:443/v1/items",
                "*/v1/*",
            ];
            let mut text = format!("http:{}", chance.of(&places));
            if chance.one_in(2) {
                text.push_str(chance.of(&["(method=GET)", "(method=GET|POST)", "(method=P*)"]));
            }
            text
        }
        1 => format!("kv:{}", chance.of(&["notes", "n*", "*", "other"])),
        _ => {
            let targets = ["*", "calendar.*", "calendar.event_*", "mail.send", "mail.*"];
            let mut text = format!("rpc:{}", chance.of(&targets));
            let bounds = [
                "(to=*@ours.example)",
                "(to=ada@ours.example|root)",
                "(to=*)",
                "(to=*o*,from=a*)",
                "(from=ada@ours.example)",
            ];
            if chance.one_in(2) {
                text.push_str(chance.of(&bounds));
            }
            text
        }
    };
    if chance.one_in(6) {
        text.push_str("?approve");
    }
    text.parse().expect("it is a word")
}

fn call<T>(chance: &mut Chance, look: impl FnOnce(&Need<'_>) -> T) -> T {
    let (to, from) = (chance.of(&PEOPLE).to_owned(), chance.of(&PEOPLE).to_owned());
    let method = chance.of(&["GET", "POST", "PUT", "DELETE"]).to_owned();
    let several = chance.one_in(3);
    let values = move |name: &str| match name {
        "to" if several => Some(vec![to.clone(), from.clone()]),
        "to" => Some(vec![to.clone()]),
        "from" => Some(vec![from.clone()]),
        "method" => Some(vec![method.clone()]),
        _ => None,
    };
    let (kind, target) = match chance.next() % 4 {
        0 => {
            let (host, path) = (chance.of(&HOSTS), chance.of(&PATHS));
            let port = chance.of(&[443, 80, 8080]);
            (CallKind::Http, Needed::Place(Destination { host, port, path }))
        }
        1 => (CallKind::Kv, Needed::Name(chance.of(&["notes", "other"]))),
        _ => (CallKind::Rpc, Needed::Name(chance.of(&METHODS))),
    };
    look(&Need { kind, target, values: &values })
}

#[test]
fn what_is_left_is_what_everybody_allows() {
    let seed = 0x5EED;
    let mut chance = Chance(seed);
    let (mut allowed, mut refused) = (0_u32, 0_u32);
    for _ in 0..CASES / CALLS {
        let depth = 1 + chance.next() % 8;
        let chain: Vec<Vec<Capability>> = (0..depth)
            .map(|_| (0..=chance.next() % 4).map(|_| word(&mut chance)).collect())
            .collect();
        let left =
            chain.iter().skip(1).fold(chain[0].clone(), |held, list| intersection(&held, list));
        let is_cut = left.len() == MOST_HELD;
        for _ in 0..CALLS {
            call(&mut chance, |need| {
                let all = chain.iter().map(|list| Taken::by(list, need));
                let expected = all.fold(Taken::Freely, Taken::min);
                let found = Taken::by(&left, need);
                let shown = || format!("{:?} of {chain:?} leaves {left:?}", need.target);
                // What is cut off is only ever less.
                assert!(found == expected || (is_cut && found <= expected), "{}", shown());
                if found > Taken::Refused { allowed += 1 } else { refused += 1 }
            });
        }
    }
    assert!(allowed > CASES / 20 && refused > CASES / 20, "{allowed} and {refused}");
}

//! Random grants of tenants, tokens, flows, steps and children, up to eight deep: what is left at the end
//! is what every one of them allows, neither more nor less.

use super::*;

/// Cases, each a chain of lists and a call.
const CASES: u32 = 1_000_000;

/// Calls that are tried against one chain.
const CALLS: u32 = 20;

/// `SplitMix64` (Steele, Lea and Flood, 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.next().is_multiple_of(count)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let count = all.len() as u64;
        all[usize::try_from(self.next() % count).expect("it is below a length")]
    }
}

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

/// Whether a list allows a call, and whether freely.
fn taken(held: &[Capability], need: &Need<'_>) -> (bool, bool) {
    let allowing = || held.iter().filter(|held| held.allows(need));
    (allowing().next().is_some(), allowing().any(|held| !held.needs_approval()))
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
                let all = chain.iter().map(|list| taken(list, need));
                let expected = all.fold((true, true), |all, one| (all.0 && one.0, all.1 && one.1));
                let found = taken(&left, need);
                let shown = || format!("{:?} of {chain:?} leaves {left:?}", need.target);
                // What is cut off is only ever less.
                assert!(found == expected || (is_cut && found <= expected), "{}", shown());
                if found.0 { allowed += 1 } else { refused += 1 }
            });
        }
    }
    assert!(allowed > CASES / 20 && refused > CASES / 20, "{allowed} and {refused}");
}

//! Secrets: sealed for one tenant, name and version; rotated; referred to; put in; and not seen again.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sluice_model::{Scrub, TenantId};
use sluice_outbound::http::{Guard, Http, Limits, Request};
use sluice_outbound::vault::{
    DataKey, MasterKey, MasterKeys, Place, PlaceError, Sealed, Secret, Use, Values, VaultError,
    learn, place, scrub_response,
};
use support::{Play, Server, answer};

const CANARY: &str = "canary/7f3a+\"quoted\" & <b>é\\";

fn secret(value: &str) -> Secret {
    Secret::new(value.to_owned()).expect("a secret")
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|it| char::from(b"0123456789abcdef"[usize::from(it)]))
        .collect()
}

fn tenant(name: &str) -> TenantId {
    name.parse().expect("a tenant")
}

fn masters() -> MasterKeys {
    MasterKeys::new(MasterKey::random(), Vec::new())
}

#[test]
fn a_value_opens_for_what_it_was_sealed_for_and_for_nothing_else() {
    let key = DataKey::random();
    let (acme, other) = (tenant("acme"), tenant("other"));
    let sealed = key.seal_value(&acme, "TOKEN", 3, &secret(CANARY));
    assert!(!sealed.text.contains("canary"));
    let opened = key.open_value(&acme, "TOKEN", 3, &sealed).expect("it opens");
    assert_eq!(opened.expose(), CANARY);
    let again = key.seal_value(&acme, "TOKEN", 3, &secret(CANARY));
    assert_ne!(sealed, again, "what is sealed twice does not look the same");
    for refused in [
        key.open_value(&other, "TOKEN", 3, &sealed),
        key.open_value(&acme, "TOKEN2", 3, &sealed),
        key.open_value(&acme, "TOKEN", 4, &sealed),
        DataKey::random().open_value(&acme, "TOKEN", 3, &sealed),
        key.open_value(&acme, "TOKEN", 3, &Sealed { text: String::new() }),
        key.open_value(&acme, "TOKEN", 3, &Sealed { text: "v1.".to_owned() }),
    ] {
        assert!(matches!(refused, Err(VaultError::Damaged { .. })), "{refused:?}");
    }
}

#[test]
fn every_bit_of_a_sealed_value_counts() {
    let key = DataKey::random();
    let acme = tenant("acme");
    let sealed = key.seal_value(&acme, "TOKEN", 1, &secret("0123456789")).text;
    let bytes = URL_SAFE_NO_PAD.decode(&sealed[3..]).expect("base64");
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let text = format!("v1.{}", URL_SAFE_NO_PAD.encode(changed));
        assert!(key.open_value(&acme, "TOKEN", 1, &Sealed { text }).is_err(), "bit {bit}");
    }
}

#[test]
fn a_data_key_is_rotated_without_its_values() {
    let acme = tenant("acme");
    let old = MasterKey::random();
    let before = MasterKeys::new(old.clone(), Vec::new());
    let key = DataKey::random();
    let sealed_key = key.seal(&before, &acme);
    let sealed = key.seal_value(&acme, "TOKEN", 1, &secret(CANARY));
    let after = MasterKeys::new(MasterKey::random(), vec![old.clone()]);
    assert!(DataKey::is_current(&sealed_key, &before) && !DataKey::is_current(&sealed_key, &after));
    let resealed = DataKey::open(&sealed_key, &after, &acme).expect("it opens").seal(&after, &acme);
    assert!(DataKey::is_current(&resealed, &after));
    let opened = DataKey::open(&resealed, &after, &acme).expect("it opens");
    let value = opened.open_value(&acme, "TOKEN", 1, &sealed).expect("the value opens");
    assert_eq!(value.expose(), CANARY);
    let unknown = DataKey::open(&resealed, &before, &acme);
    assert!(matches!(unknown, Err(VaultError::UnknownMaster { .. })), "{unknown:?}");
    let foreign = DataKey::open(&resealed, &after, &tenant("other"));
    assert!(matches!(foreign, Err(VaultError::Damaged { .. })), "{foreign:?}");
}

#[test]
fn a_master_key_is_made_once_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("master.key");
    // Those who come at the same time get the same one.
    let ids: Vec<String> = std::thread::scope(|scope| {
        let make = || MasterKey::from_file_or_new(&path).expect("a key").id().to_owned();
        let all: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        all.into_iter().map(|it| it.join().expect("no panic")).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let mode = fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).expect("the directory").count(), 1, "nothing is left");
    for mode in [0o640, 0o604, 0o620, 0o602] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        let refused = MasterKey::from_file_or_new(&path);
        assert!(matches!(refused, Err(VaultError::Exposed { .. })), "{mode:o}: {refused:?}");
    }
}

#[test]
fn a_master_key_is_hex_or_base64() {
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("master.key");
    let write = |text: &str| {
        fs::write(&path, text).expect("the file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
    };
    let bytes: Vec<u8> = (0_u8..32).map(|it| it.wrapping_mul(37)).collect();
    let digits = hex(&bytes).to_uppercase();
    let ids =
        [digits, STANDARD.encode(&bytes) + "\n", URL_SAFE_NO_PAD.encode(&bytes)].map(|text| {
            write(&text);
            MasterKey::from_file(&path).expect("a key").id().to_owned()
        });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    for odd in ["", "abc", &"0".repeat(63), &"x".repeat(64), &"0".repeat(2_000)] {
        write(odd);
        let refused = MasterKey::from_file_or_new(&path);
        assert!(matches!(refused, Err(VaultError::NoKey { .. })), "{odd:?}: {refused:?}");
    }
    let nowhere = MasterKey::from_file_or_new(Path::new("/proc/none/master.key"));
    assert!(matches!(nowhere, Err(VaultError::File { .. })), "{nowhere:?}");
}

#[test]
fn nothing_prints_a_key_or_a_value() {
    let key = DataKey::random();
    let mut values = Values::default();
    values.insert(&key.reference("a seed", "TOKEN"), "TOKEN", secret(CANARY));
    let texts = [
        format!("{:?}", secret(CANARY)),
        format!("{:?}", masters()),
        format!("{key:?}"),
        format!("{values:?}"),
    ];
    assert_eq!(texts[0], "Secret");
    assert!(texts.iter().all(|text| !text.contains("canary")), "{texts:?}");
    for odd in ["", "short", "       x       ", &"x".repeat(70_000)] {
        assert!(matches!(Secret::new(odd.to_owned()), Err(VaultError::Length { .. })));
    }
}

#[test]
fn a_reference_is_of_one_run_and_one_name() {
    let key = DataKey::random();
    let (one, other) = ("01", "02");
    let reference = key.reference(one, "TOKEN");
    assert_eq!(reference, key.reference(one, "TOKEN"), "each attempt gets the same one");
    assert_eq!(reference.as_str().len(), 36);
    assert_ne!(reference, key.reference(other, "TOKEN"));
    assert_ne!(reference, key.reference(one, "TOKEN2"));
    assert_ne!(reference, DataKey::random().reference(one, "TOKEN"));
}

/// A run with one secret, and the text that stands for it.
fn one_value() -> (Values, String) {
    let reference = DataKey::random().reference("a seed", "TOKEN");
    let mut values = Values::default();
    values.insert(&reference, "TOKEN", secret(CANARY));
    (values, reference.to_string())
}

fn used(places: &[Place]) -> Vec<Use> {
    places.iter().map(|place| Use { name: "TOKEN".to_owned(), place: place.clone() }).collect()
}

#[test]
fn values_are_written_as_their_places_want_them() {
    let (values, it) = one_value();
    let mut request = Request::new("t", "POST", &format!("https://a.example/x?a=1&k={it}&b"))
        .header("X-Key", &format!("Bearer {it}!"))
        .header("Authorization", &format!("Basic {}", STANDARD.encode(format!("me:{it}"))))
        .header("Content-Type", "application/json")
        .header("X-Plain", "plain");
    request.body = format!("{{\"a\":\"{it}\",\"b\":\"{it}\"}}").into_bytes();
    let placed = place(request, &values).expect("it is placed");
    let request = placed.request;
    let query = request.url.rsplit_once('?').expect("a query").1;
    assert_eq!(query, "a=1&k=canary%2F7f3a%2B%22quoted%22%20%26%20%3Cb%3E%C3%A9%5C&b");
    assert_eq!(request.headers[0].value, format!("Bearer {CANARY}!"));
    let basic = request.headers[1].value.strip_prefix("Basic ").expect("a scheme");
    assert_eq!(STANDARD.decode(basic).expect("base64"), format!("me:{CANARY}").into_bytes());
    let secrets: Vec<bool> = request.headers.iter().map(|it| it.is_secret).collect();
    assert_eq!(secrets, [true, true, false, false]);
    let body: serde_json::Value = serde_json::from_slice(&request.body).expect("still JSON");
    assert_eq!(body, serde_json::json!({ "a": CANARY, "b": CANARY }));
    assert!(request.body_is_secret);
    let told = format!("to https://b.example/?k={CANARY}");
    assert_eq!(request.secrets.text(&told), "to https://b.example/?k=[redacted]");
    assert_eq!(placed.scrub.text(&told), request.secrets.text(&told));
    let expected = used(&[
        Place::Header("authorization".to_owned()),
        Place::Header("x-key".to_owned()),
        Place::Query("k".to_owned()),
        Place::Body,
    ]);
    assert_eq!(placed.used, expected);
}

#[test]
fn a_body_that_is_no_json_gets_the_value_as_it_is() {
    let (values, it) = one_value();
    for (form, expected) in [
        ("text/plain", CANARY.to_owned()),
        (
            "application/x-www-form-urlencoded",
            "canary%2F7f3a%2B%22quoted%22%20%26%20%3Cb%3E%C3%A9%5C".to_owned(),
        ),
    ] {
        let mut request =
            Request::new("t", "POST", "https://a.example/").header("content-type", form);
        request.body = [b"\xff", it.as_bytes(), b"\xfe"].concat();
        let placed = place(request, &values).expect("it is placed");
        assert_eq!(placed.request.body, [b"\xff", expected.as_bytes(), b"\xfe"].concat());
        assert_eq!(placed.used, used(&[Place::Body]));
    }
    let plain = Request::new("t", "GET", "https://a.example/?slr_x=1");
    let placed = place(plain.clone(), &values).expect("nothing is to be placed");
    assert_eq!((placed.request.url, placed.request.body), (plain.url, plain.body));
    assert!(placed.used.is_empty());
}

#[test]
fn a_reference_elsewhere_or_of_another_run_is_an_error() {
    let (values, it) = one_value();
    for url in [
        format!("https://{it}.example/"),
        format!("https://a.example/{it}"),
        format!("https://a.example/?{it}=1"),
        format!("https://a.example/?{it}"),
        format!("https://a.example/#{it}"),
        format!("https://{it}@a.example/"),
    ] {
        let refused = place(Request::new("t", "GET", &url), &values);
        assert_eq!(refused.err(), Some(PlaceError::Elsewhere), "{url}");
    }
    let named = Request::new("t", "GET", "https://a.example/").header(&it, "x");
    assert_eq!(place(named, &values).err(), Some(PlaceError::Elsewhere));
    let (_, foreign) = one_value();
    let other = Request::new("t", "GET", "https://a.example/").header("x", &foreign);
    assert_eq!(place(other, &values).err(), Some(PlaceError::Unknown));
}

/// The canary as a server may send it back.
fn echoes() -> Vec<String> {
    let html = CANARY
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    let json = serde_json::json!({ "echo": CANARY }).to_string();
    vec![
        CANARY.to_owned(),
        json.clone(),
        json.replace('/', "\\/"),
        serde_json::json!({ "inner": json }).to_string(),
        STANDARD.encode(CANARY),
        STANDARD.encode(format!("user:{CANARY}")),
        URL_SAFE_NO_PAD.encode(format!("u:{CANARY}:x")),
        hex(CANARY.as_bytes()),
        hex(CANARY.as_bytes()).to_uppercase(),
        html,
        "canary%2F7f3a%2B%22quoted%22%20%26%20%3Cb%3E%C3%A9%5C".to_owned(),
        "canary%2f7f3a%2b%22quoted%22%20%26%20%3cb%3e%c3%a9%5c".to_owned(),
        "canary%2F7f3a%2B%22quoted%22+%26+%3Cb%3E%C3%A9%5C".to_owned(),
        "canary%252F7f3a%252B%2522quoted%2522%2520%2526%2520%253Cb%253E%25C3%25A9%255C".to_owned(),
    ]
}

#[tokio::test]
async fn no_echo_of_a_value_comes_back() {
    let echoes = echoes();
    let sent = echoes.clone();
    let server = Server::at("127.0.0.1", move |number, _| {
        let echo = &sent[number % sent.len()];
        let is_header = echo.bytes().all(|byte| (b' '..0x7f).contains(&byte));
        let header = if is_header { echo.as_str() } else { "none" };
        Play::Send(answer(200, &[("x-echo", header)], format!("<p>{echo}</p>").as_bytes()))
    })
    .await;
    let reach = format!("127.0.0.1:{}", server.port()).parse().expect("a reach");
    let http = Http::new(Guard { reach: vec![reach] });
    let scrub = Scrub::new();
    learn(&scrub, &secret(CANARY));
    // A part of the value that stays as it is in most forms, and in the others.
    let marks =
        ["quoted", "7f3a", "cXVvdGVk", "F1b3RlZ", "xdW90ZW", "71756f746564", "71756F746564"];
    for echo in &echoes {
        let request = Request::new("t", "GET", &server.url("/"));
        let limits = Limits::default();
        let response = http.send(request, &limits, &|_, _| Ok(())).await.expect("an answer");
        assert!(String::from_utf8_lossy(&response.body).contains(echo.as_str()), "{echo}");
        let clean = scrub_response(&scrub, response);
        let all = format!("{:?} {}", clean.headers, String::from_utf8_lossy(&clean.body));
        assert!(all.contains("[redacted]"), "{echo}: {all}");
        for (_, value) in &clean.headers {
            let value = String::from_utf8_lossy(value);
            assert!(!marks.iter().any(|mark| value.contains(mark)), "{echo}: {value}");
        }
        let body = String::from_utf8_lossy(&clean.body);
        assert!(!marks.iter().any(|mark| body.contains(mark)), "{echo}: {body}");
    }
}

#[test]
fn the_lines_of_a_long_value_are_found_by_themselves() {
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC";
    let value = format!("-----BEGIN KEY-----\n{line}\nZZZZ{line}\n-----END KEY-----\n");
    let scrub = Scrub::new();
    learn(&scrub, &secret(&value));
    let flat = value.replace('\n', " ");
    assert!(!scrub.text(&flat).contains("MIIE"), "{}", scrub.text(&flat));
    assert_eq!(scrub.text("-----BEGIN KEY-----"), "-----BEGIN KEY-----");
}

#[test]
fn a_long_value_of_many_lines_is_learned_soon_and_once() {
    let line = |at: usize| format!("a line that stands by itself, number {at}\n");
    let value: String = (0..1_500).map(line).collect();
    let secret = secret(&value);
    let clean = secret.scrub().text(&line(700)).into_owned();
    assert_eq!(clean, "[redacted]\n");
    assert_eq!(secret.clone().scrub().text(&format!("x{value}y")), "x[redacted]y");
}

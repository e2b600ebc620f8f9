//! Every way that is known of writing an address of this machine or of its network so that it looks like
//! something else: none of them connects. The listeners count whoever comes.

mod support;

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sluice_outbound::http::{Guard, Http, HttpFailure, Limits, Reason, Request, Resolver, Url};
use support::spellings::{authorities, forbidden_v4, percent, spellings, tricks};
use support::{Server, ok, redirect};

/// Answers each look-up with the next list, and the last one from then on.
#[derive(Default)]
struct Flipping {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Flipping {
    fn answer(&self, lists: &[&[&str]]) {
        let parse =
            |list: &&[&str]| list.iter().map(|it| it.parse().expect("an address")).collect();
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers = lists.iter().map(parse).collect();
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Resolver for Flipping {
    async fn resolve(&self, _: &str, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(host.to_owned());
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        next.filter(|it| !it.is_empty()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// A forbidden listener at every address of this machine, a server that may be reached at 127.0.0.2, and a
/// client that may reach only that.
struct Field {
    forbidden: Vec<Server>,
    port: u16,
    allowed: Server,
    names: Arc<Flipping>,
    http: Http,
}

impl Field {
    async fn new() -> Field {
        let allowed = Server::at("127.0.0.2", |_, seen| {
            let path = sluice_model::percent_decoded(seen.path().trim_start_matches('/'));
            match path.split_once('|') {
                Some((status, location)) => redirect(status.parse().expect("a status"), location),
                None => ok("allowed"),
            }
        })
        .await;
        // Its port elsewhere: whoever gets past the guard is counted.
        let port = allowed.port();
        let mut forbidden = Vec::new();
        for ip in ["127.0.0.1", "127.0.0.3", "127.1.2.3", "::1"] {
            let at = SocketAddr::new(ip.parse().expect("an address"), port);
            match Server::on(at, |_, _| ok("forbidden")).await {
                Ok(server) => forbidden.push(server),
                Err(error) => assert!(ip.contains(':'), "{ip}: {error}"),
            }
        }
        let names = Arc::new(Flipping::default());
        let reach = format!("127.0.0.2/32:{port}").parse().expect("a reach");
        let http = Http::new(Guard { reach: vec![reach] })
            .with_resolver(Arc::clone(&names) as Arc<dyn Resolver>);
        Field { forbidden, port, allowed, names, http }
    }

    async fn get(&self, url: &str) -> Result<String, HttpFailure> {
        let request = Request::new("t", "GET", url);
        let answer = self.http.send(request, &Limits::default(), &|_, _| Ok(())).await?;
        Ok(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// What is refused before anybody is connected to.
    async fn refuses(&self, url: &str) {
        let refused = self.get(url).await;
        let is_refused = matches!(
            &refused,
            Err(HttpFailure {
                reason: Reason::Forbidden { .. }
                    | Reason::Invalid(_)
                    | Reason::Unresolved { .. }
                    | Reason::Redirect(_),
                ..
            })
        );
        assert!(is_refused, "{url}: {refused:?}");
    }

    fn nobody_came(&self) {
        let came: usize = self.forbidden.iter().map(Server::connections).sum();
        assert_eq!(came, 0, "a forbidden listener was connected to");
    }
}

fn tell(text: &str) {
    // It is a test's output, which `print!` would hold back.
    let _ = writeln!(io::stderr(), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_of_a_forbidden_address_connects() {
    let field = Field::new().await;
    // The name that tricks hide behind would be harmless, and is not there.
    field.names.answer(&[&[]]);
    let mut cases = 0;
    for address in forbidden_v4() {
        for host in spellings(address) {
            for url in tricks(&host, field.port) {
                field.refuses(&url).await;
                cases += 1;
            }
        }
    }
    for host in ["127.0.0.1", "2130706433", "[::1]", "localhost", "[::ffff:7f00:1]"] {
        for url in authorities(host, field.port) {
            field.refuses(&url).await;
            cases += 1;
        }
    }
    for host in [
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::0001]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fd20:ce::254]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[2001:10::1]",
        "[2001:20::1]",
        "[100::1]",
        "[3fff::1]",
        "[5f00::1]",
        "[::1%25lo]",
        "[::1%lo]",
        "[fe80::1%25eth0]",
        "[v1.x]",
    ] {
        for url in tricks(host, field.port) {
            field.refuses(&url).await;
            cases += 1;
        }
    }
    field.nobody_came();
    assert_eq!(field.allowed.connections(), 0);
    assert!(cases >= 2_000, "{cases}");
    tell(&format!("{cases} addresses refused, 0 connections to forbidden listeners"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_with_a_forbidden_address_connects() {
    let field = Field::new().await;
    let names = [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "127.0.0.1.nip.io",
        "metadata.google.internal",
        "spoofed.example",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "xn--n3h.example",
        "a_b.example",
        "1ynrnhl.xip.io",
    ];
    let fine = "127.0.0.2";
    let mut cases = 0;
    for name in names {
        let url = format!("http://{name}:{}/", field.port);
        for bad in [
            "127.0.0.1",
            "127.0.0.3",
            "::1",
            "::ffff:127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "0.0.0.0",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "::127.0.0.1",
            "fd00:ec2::254",
            "fe80::1",
        ] {
            let lists: [&[&str]; 4] = [&[bad], &[fine, bad], &[bad, fine], &["8.8.8.8", fine, bad]];
            for list in lists {
                field.names.answer(&[list]);
                field.refuses(&url).await;
                assert_eq!(field.names.asked().len(), 1, "a name is looked up once");
                cases += 1;
            }
        }
    }
    field.nobody_came();
    assert_eq!(field.allowed.connections(), 0);
    tell(&format!("{cases} names refused, 0 connections to forbidden listeners"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_flips_is_connected_to_where_it_was_checked() {
    let field = Field::new().await;
    let mut cases = 0;
    for number in 0..100 {
        let url = format!("http://flip{}.example:{}/", number % 7, field.port);
        field.names.answer(&[&["127.0.0.2"], &["127.0.0.1"]]);
        assert_eq!(field.get(&url).await, Ok("allowed".to_owned()));
        assert_eq!(field.names.asked().len(), 1, "a name is looked up once");
        // The connection is still open: a request that may not go there does not use it.
        field.refuses(&url).await;
        // A redirect is looked up again, and to itself too.
        field.names.answer(&[&["127.0.0.2"], &["127.0.0.1"]]);
        field.refuses(&format!("{url}302%7C/")).await;
        assert_eq!(field.names.asked().len(), 2);
        field.names.answer(&[&["127.0.0.2"], &["127.0.0.2", "::1"]]);
        field.refuses(&format!("{url}307%7C{url}")).await;
        cases += 4;
    }
    field.nobody_came();
    tell(&format!("{cases} flips of names, 0 connections to forbidden listeners"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_redirect_leads_to_a_forbidden_address() {
    let field = Field::new().await;
    let names = &field.names;
    let mut cases = 0;
    let mut go = async |status: u16, location: &str, lists: &[&[&str]]| {
        names.answer(lists);
        let location = percent(location);
        field.refuses(&format!("http://a.example:{}/{status}%7C{location}", field.port)).await;
        cases += 1;
    };
    let here: [&[&str]; 2] = [&["127.0.0.2"], &["127.0.0.1"]];
    for address in ["127.0.0.1", "127.0.0.3", "10.0.0.1", "169.254.169.254", "0.0.0.0"] {
        let address: Ipv4Addr = address.parse().expect("an address");
        for (number, host) in spellings(address).iter().enumerate() {
            if !host.is_ascii() {
                continue;
            }
            let status = [301, 302, 303, 307, 308][number % 5];
            go(status, &format!("http://{host}:{}/", field.port), &here).await;
            go(status, &format!("//{host}:{}/", field.port), &here).await;
        }
    }
    for location in authorities("127.0.0.1", field.port) {
        // Those that are relative to where they come from lead there again, where the name has flipped.
        if location.bytes().all(|byte| byte >= b' ') {
            go(302, &location, &here).await;
        }
    }
    go(302, &format!("http://other.example:{}/", field.port), &here).await;
    // Two hops, the second of which is bad.
    let second = format!("302|http://127.0.0.1:{}/", field.port);
    let second = percent(&second);
    go(302, &format!("/{second}"), &[&["127.0.0.2"]]).await;
    field.nobody_came();
    tell(&format!("{cases} redirects refused, 0 connections to forbidden listeners"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_would_have_been_counted() {
    let field = Field::new().await;
    let reach = vec!["127.0.0.0/8".parse().expect("a reach"), "::1/128".parse().expect("a reach")];
    let open =
        Http::new(Guard { reach }).with_resolver(Arc::clone(&field.names) as Arc<dyn Resolver>);
    field.names.answer(&[&["127.0.0.3"]]);
    let mut expected = 0;
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.1",
        "%3127.0.0.1",
        "name.example",
        "127。0。0。1",
    ] {
        let url = format!("http://{host}:{}/", field.port);
        let request = Request::new("t", "GET", &url);
        let answer = open.send(request, &Limits::default(), &|_, _| Ok(())).await;
        if Url::parse(&url).is_ok() {
            let answer = answer.expect("nothing forbids it");
            assert_eq!(answer.body, b"forbidden", "{host}");
            expected += 1;
        }
    }
    assert!(expected >= 5);
    let came: usize = field.forbidden.iter().map(Server::connections).sum();
    assert!(came >= 2, "one for each address that was connected to: {came}");
}

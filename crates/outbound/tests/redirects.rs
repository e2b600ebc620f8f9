//! Redirects over real sockets: each is asked for, has an end, and takes no secret to another origin.

mod support;

use std::sync::{Arc, Mutex};

use sluice_outbound::http::{
    Guard, Http, HttpFailure, Limits, Method, Reason, Refused, Request, Response, Url,
};
use support::{Server, ok, redirect, serve};

/// A client that may reach this machine.
fn client() -> Http {
    Http::new(Guard { reach: vec!["127.0.0.0/8".parse().expect("a reach")] })
}

async fn send(request: Request, limits: &Limits) -> Result<Response, HttpFailure> {
    client().send(request, limits, &|_, _| Ok(())).await
}

async fn get(url: &str) -> Result<Response, HttpFailure> {
    send(Request::new("t", "GET", url), &Limits::default()).await
}

#[tokio::test]
async fn each_hop_is_asked_for_before_it_is_made() {
    let target = serve(ok("never")).await;
    let to = target.url("/secret");
    let server = Server::at("127.0.0.1", move |_, _| redirect(302, &to)).await;
    let asked: Arc<Mutex<Vec<(String, Method)>>> = Arc::default();
    let refused = |url: &Url, method: &Method| {
        asked.lock().expect("no panic").push((url.path().to_owned(), method.clone()));
        match url.path() {
            "/secret" => {
                Err(Refused { what: "no".to_owned(), needs: Some("http:b.example".to_owned()) })
            }
            _ => Ok(()),
        }
    };
    let request = Request::new("t", "POST", &server.url("/a"));
    let failure = client().send(request, &Limits::default(), &refused).await;
    let failure = failure.expect_err("the second hop is refused");
    assert!(matches!(failure.reason, Reason::Refused(_)) && failure.sent, "{failure:?}");
    let expected = [("/a".to_owned(), Method::POST), ("/secret".to_owned(), Method::GET)];
    assert_eq!(*asked.lock().expect("no panic"), expected);
    assert_eq!(target.connections(), 0);
    let request = Request::new("t", "GET", &target.url("/secret"));
    let first = client().send(request, &Limits::default(), &refused).await;
    assert!(!first.expect_err("it is refused").sent, "nothing was sent");
}

#[tokio::test]
async fn no_secret_goes_to_another_origin() {
    let other = serve(ok("there")).await;
    let to = other.url("/x");
    let server = Server::at("127.0.0.1", move |_, seen| match seen.path() {
        "/away" => redirect(307, &to),
        "/here" => redirect(307, "/end"),
        _ => ok("here"),
    })
    .await;
    let request = |path: &str, body_is_secret| {
        let mut request = Request::new("t", "POST", &server.url(path))
            .header("authorization", "Bearer own")
            .header("x-plain", "plain")
            .secret_header("x-key", "canary");
        request.body = b"data".to_vec();
        request.body_is_secret = body_is_secret;
        request
    };
    let there = send(request("/away", false), &Limits::default()).await.expect("an answer");
    assert_eq!((there.body.as_slice(), there.redirects), (b"there".as_slice(), 1));
    let seen = &other.seen()[0];
    assert_eq!((seen.header("x-plain"), seen.body.as_slice()), (Some("plain"), b"data".as_slice()));
    assert!(seen.header("x-key").is_none() && seen.header("authorization").is_none());
    let here = send(request("/here", true), &Limits::default()).await.expect("an answer");
    assert_eq!(here.url.path(), "/end");
    let seen = server.seen();
    let last = seen.last().expect("a request");
    assert_eq!((last.header("x-key"), last.body.as_slice()), (Some("canary"), b"data".as_slice()));
    let kept =
        send(request("/away", true), &Limits::default()).await.expect_err("it is not followed");
    assert!(matches!(kept.reason, Reason::Redirect(_)) && kept.sent, "{kept:?}");
    assert_eq!(other.seen().len(), 1);
}

#[tokio::test]
async fn no_address_of_a_redirect_takes_a_secret_elsewhere() {
    let other = serve(ok("there")).await;
    let to = other.url("/login?back=");
    // As login pages do: the query goes along.
    let server = Server::at("127.0.0.1", move |_, seen| {
        let query = seen.path().split_once('?').map_or("", |(_, query)| query);
        redirect(302, &format!("{to}{query}"))
    })
    .await;
    let request = Request::new("t", "GET", &server.url("/?key=canary%2F7f3a"));
    request.secrets.add(["canary/7f3a"]);
    let kept = send(request, &Limits::default()).await.expect_err("it is not followed");
    assert!(matches!(kept.reason, Reason::Redirect(_)) && kept.sent, "{kept:?}");
    assert!(!format!("{kept:?} {kept}").contains("canary"));
    assert_eq!(other.connections(), 0);
    let plain = Request::new("t", "GET", &server.url("/?key=plain"));
    assert_eq!(send(plain, &Limits::default()).await.expect("an answer").body, b"there");
}

#[tokio::test]
async fn redirects_have_an_end() {
    let server = serve(redirect(302, "/again")).await;
    let endless = get(&server.url("/")).await.expect_err("it never ends");
    assert!(matches!(endless.reason, Reason::Redirect(_)), "{endless:?}");
    assert_eq!(server.seen().len(), 6, "the first and five more");
    let limits = Limits { redirects: 0, ..Limits::default() };
    let itself =
        send(Request::new("t", "GET", &server.url("/")), &limits).await.expect("an answer");
    assert_eq!((itself.status, itself.header("location")), (302, Some("/again")));
}

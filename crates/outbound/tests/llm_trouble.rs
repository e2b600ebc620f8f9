//! Turns against a server that plays what endpoints do when something is wrong: limits, hang-ups, drips and
//! nonsense.

mod support;

use std::time::Duration;

use serde_json::json;
use sluice_outbound::llm::{Finish, LlmFailure, Patience, complete};
use support::endpoint::{
    ask, delta, endpoint, fine, http, in_turn, patience, plain, stream, text, turn,
};
use support::{Play, answer, open_ended, serve};

#[tokio::test]
async fn what_can_pass_is_tried_again() {
    let limited = |after: &str| Play::Send(answer(429, &[("retry-after", after)], b"slow down"));
    let early = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\n".to_vec();
    for trouble in [
        limited("0"),
        limited("0.001"),
        plain(500, "oops"),
        plain(503, "busy"),
        plain(529, "overloaded"),
        Play::HangUp,
        Play::Pieces(vec![b"HTTP/1.1 200 OK\r\ncontent-".to_vec()]),
        Play::Pieces(vec![early]),
        // Many say who speaks before they say anything.
        stream(&delta(&json!({ "role": "assistant", "content": "" })), 50),
        Play::Pieces(vec![
            answer(200, &[("content-type", "application/json")], b"{}")[..40].to_vec(),
        ]),
        stream("data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n", 9),
    ] {
        let server = in_turn(vec![trouble.clone(), trouble.clone(), fine()]).await;
        let (reply, shown) = ask(&server, &turn(), &patience()).await;
        assert_eq!(reply.expect("a reply").tries, 3, "{trouble:?}");
        assert_eq!(shown, "fine");
        // And given up.
        let server = serve(trouble.clone()).await;
        let (reply, _) = ask(&server, &turn(), &patience()).await;
        let failure = reply.expect_err("it never passes");
        assert!(failure.may_be_retried(), "{trouble:?}: {failure:?}");
        assert_eq!(server.seen().len(), 4, "{trouble:?}");
    }
}

#[tokio::test]
async fn nobody_listens_is_tried_again() {
    let server = serve(fine()).await;
    let endpoint = endpoint(&server.url("/v1"));
    drop(server);
    tokio::task::yield_now().await;
    let failure = complete(&http(), &endpoint, &turn(), &patience(), None).await;
    let failure = failure.expect_err("nobody listens");
    let is_unreached = matches!(&failure, LlmFailure::Unreached(it) if !it.sent);
    assert!(is_unreached && failure.may_be_retried(), "{failure:?}");
}

#[tokio::test]
async fn an_endpoint_that_asks_for_too_long_is_left_alone() {
    let server = serve(Play::Send(answer(429, &[("retry-after", "3600")], b"{}"))).await;
    let (reply, _) = ask(&server, &turn(), &patience()).await;
    let after = Some(Duration::from_hours(1));
    let is_limited =
        matches!(&reply, Err(LlmFailure::RateLimited { retry_after, .. }) if *retry_after == after);
    assert!(is_limited, "{reply:?}");
    assert_eq!(server.seen().len(), 1);
    // Longer than the turn may take.
    let server = serve(Play::Send(answer(429, &[("retry-after", "30")], b"{}"))).await;
    let short = Patience { timeout: Duration::from_secs(10), ..patience() };
    assert!(matches!(ask(&server, &turn(), &short).await.0, Err(LlmFailure::RateLimited { .. })));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_cannot_pass_is_said_at_once() {
    for (status, kind) in
        [(400, "rejected"), (401, "key"), (403, "key"), (404, "rejected"), (302, "rejected")]
    {
        let body = json!({ "error": { "message": "the\u{7} model `x` is unknown", "type": "t" } });
        let server = serve(plain(status, &body.to_string())).await;
        let (reply, _) = ask(&server, &turn(), &patience()).await;
        let (found, message) = match reply {
            Err(LlmFailure::Rejected { status, message }) => ((status, "rejected"), message),
            Err(LlmFailure::Unauthorized { status, message }) => ((status, "key"), message),
            other => panic!("{status}: {other:?}"),
        };
        assert_eq!((found, message.as_str()), ((status, kind), "the model `x` is unknown"));
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_stream_that_has_begun_is_not_begun_again() {
    let begun = text(&["Once upon"]);
    let broken = format!("{begun}data: {{\"error\":{{\"message\":\"oops\"}}}}\n\n");
    for (events, is_cut) in
        [(begun.clone(), true), (format!("{begun}data: {{\"cho"), false), (broken, true)]
    {
        let server = serve(stream(&events, 30)).await;
        let (reply, shown) = ask(&server, &turn(), &patience()).await;
        let failure = reply.expect_err("it is cut");
        assert_eq!(matches!(failure, LlmFailure::Cut { .. }), is_cut, "{failure:?}");
        assert_eq!((shown.as_str(), server.seen().len()), ("Once upon", 1));
    }
    // Nor where nobody was told anything, because all that came is a call of a tool.
    let call = json!({ "tool_calls": [{ "index": 0, "id": "c", "function": { "name": "n" } }] });
    let server = in_turn(vec![stream(&delta(&call), 30), fine()]).await;
    let (reply, shown) = ask(&server, &turn(), &patience()).await;
    assert!(matches!(reply, Err(LlmFailure::Cut { .. })), "{reply:?}");
    assert_eq!((shown.as_str(), server.seen().len()), ("", 1));
    // One that says why it stopped is whole, whatever follows.
    let whole = format!(
        "{begun}data: {}\n\n",
        json!({ "choices": [{ "delta": {}, "finish_reason": "length" }] })
    );
    let server = serve(stream(&whole, 30)).await;
    let reply = ask(&server, &turn(), &patience()).await.0.expect("a reply");
    assert_eq!((reply.content.as_str(), reply.finish_reason), ("Once upon", Finish::Length));
    assert!(reply.usage.is_estimated);
}

#[tokio::test]
async fn nonsense_has_a_name() {
    let long = "x".repeat(300);
    let named = json!({ "choices": [{ "message": { "tool_calls": [{ "function": { "arguments": "{}" } }] } }] });
    let skipped = json!({ "choices": [{ "message": { "tool_calls": [{ "index": 5 }] } }] });
    for (body, expected) in [
        ("not json".to_owned(), "no whole JSON"),
        ("{\"choices\": [".to_owned(), "no whole JSON"),
        ("{\"choices\": 7}".to_owned(), "JSON of another form"),
        ("[]".to_owned(), "JSON of another form"),
        ("{}".to_owned(), "no choice"),
        ("{\"choices\": []}".to_owned(), "no choice"),
        ("{\"choices\": [{\"message\": {\"content\": 7}}]}".to_owned(), "a text of another form"),
        (json!({ "model": long }).to_string(), "a model with an overlong name"),
        (named.to_string(), "a call of a tool without a name"),
        (skipped.to_string(), "calls of tools out of order, or too many"),
        ("[".repeat(10_000), "no whole JSON"),
        ("[".repeat(100_000), "JSON of too many values"),
        (format!("{{\"choices\": [{}{{}}]}}", "{},".repeat(20_000)), "JSON of too many values"),
    ] {
        let server = serve(plain(200, &body)).await;
        let (reply, _) = ask(&server, &turn(), &patience()).await;
        assert_eq!(reply, Err(LlmFailure::Malformed { what: expected.to_owned() }), "{body:.80}");
        assert_eq!(server.seen().len(), 1);
    }
    let server = serve(stream("data: {]\n\n", 100)).await;
    assert!(matches!(
        ask(&server, &turn(), &patience()).await.0,
        Err(LlmFailure::Malformed { .. })
    ));
    let server = serve(stream("data: \u{0}\n\ndata: [DONE]\n\n", 100)).await;
    assert!(matches!(
        ask(&server, &turn(), &patience()).await.0,
        Err(LlmFailure::Malformed { .. })
    ));
}

#[tokio::test]
async fn what_has_no_end_is_ended() {
    let small = Patience { response_bytes: 200_000, ..patience() };
    let sse = open_ended(&[("content-type", "text/event-stream")]);
    let too_large = LlmFailure::TooLarge { most_bytes: 200_000 };
    for again in [text(&["on and "]).into_bytes(), b": still here\n\n".to_vec(), b"\n\n\n".to_vec()]
    {
        let server = serve(Play::Endless(sse.clone(), again)).await;
        let (reply, _) = ask(&server, &turn(), &small).await;
        assert_eq!(reply, Err(too_large.clone()));
    }
    let json = open_ended(&[("content-type", "application/json")]);
    let server = serve(Play::Endless(json, b"                ".to_vec())).await;
    assert_eq!(ask(&server, &turn(), &small).await.0, Err(too_large));
    // One event of more than 1 MiB.
    let server = serve(Play::Endless(sse, vec![b'x'; 10_000])).await;
    let (reply, _) = ask(&server, &turn(), &patience()).await;
    assert_eq!(reply, Err(LlmFailure::Malformed { what: "an event that is too long".to_owned() }));
    // A refusal without an end is read as far as it is of interest.
    let refusal = b"HTTP/1.1 400 X\r\nconnection: close\r\n\r\n".to_vec();
    let server = serve(Play::Endless(refusal, b"no ".to_vec())).await;
    let (reply, _) = ask(&server, &turn(), &patience()).await;
    assert!(
        matches!(&reply, Err(LlmFailure::Rejected { message, .. }) if message.len() == 500),
        "{reply:?}"
    );
}

#[tokio::test]
async fn what_says_nothing_is_given_up() {
    let sse = open_ended(&[("content-type", "text/event-stream")]);
    let begun = [sse.clone(), text(&["so"]).into_bytes()].concat();
    let silence = Duration::from_millis(100);
    let quiet = Patience { silence, ..patience() };
    for play in [Play::Silence(sse), Play::Silence(begun)] {
        let server = serve(play).await;
        let (reply, _) = ask(&server, &turn(), &quiet).await;
        assert_eq!(reply, Err(LlmFailure::TimedOut { after: silence }));
        assert_eq!(server.seen().len(), 1);
    }
    let timeout = Duration::from_millis(150);
    let short = Patience { timeout, ..patience() };
    let server = serve(Play::Silence(Vec::new())).await;
    let (reply, _) = ask(&server, &turn(), &short).await;
    assert_eq!(reply, Err(LlmFailure::TimedOut { after: timeout }));
}

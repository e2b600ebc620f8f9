"""What `sluice.http` makes of an answer."""

import json
from dataclasses import dataclass

import pytest
from scripted import answering, recorded

from sluice import HttpStatusError, InvalidAnswer, flow, http
from sluice._failure import failure_of
from sluice.http import Headers

URL = "https://api.example.com/things"


@dataclass
class Thing:
    name: str


def got(body=b"", headers=(), status=200, url=URL):
    """The answer to a request."""
    value = {"status": status, "url": url, "headers": [list(pair) for pair in headers]}
    with answering((value, body)):
        return http.get(URL)


def test_an_answer_has_status_headers_and_body():
    response = got(b"hi", [("Content-Type", "text/plain"), ("X-A", "1"), ("x-a", "2")], url=URL + "/final")
    assert (response.status_code, response.ok, response.reason) == (200, True, "OK")
    assert (response.content, response.text, response.url) == (b"hi", "hi", URL + "/final")
    assert response.headers["content-type"] == response.headers["CONTENT-TYPE"] == "text/plain"
    assert response.headers["X-a"] == "1, 2"
    assert response.headers.get_all("x-A") == ["1", "2"]
    assert response.headers.get("missing") is None
    assert response.headers.get_all("missing") == []
    assert "X-A" in response.headers
    assert dict(response.headers) == {"content-type": "text/plain", "x-a": "1, 2"}
    assert response.headers.pairs()[1] == ("X-A", "1")
    assert response.raise_for_status() is response
    assert repr(response) == "<response 200 OK for GET https://api.example.com/things/final>"


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain; charset=latin-1", b"\xe9", "é"),
        ('text/plain; charset="UTF-8"', "é".encode(), "é"),
        ("text/html", "é".encode(), "é"),
        ("text/html", b"\xef\xbb\xbfa", "a"),
        ("text/html; charset=utf-16", "é".encode("utf-16"), "é"),
        ("text/html", b"a\xff", "a\ufffd"),
        ("text/html; charset=no-such-thing", b"a", "a"),
        ("text/html; charset=base64", b"YQ==", "YQ=="),
        ("", b"a", "a"),
    ],
)
def test_a_text_is_read_with_its_charset(content_type, body, text):
    assert got(body, [("content-type", content_type)]).text == text


def test_an_encoding_can_be_set():
    response = got(b"\xe9")
    response.encoding = "latin-1"
    assert response.text == "é"


def test_json_is_read_and_checked():
    assert got(b'{"name": "pen"}').json() == {"name": "pen"}
    assert got('{"é": 1}'.encode("utf-16")).json() == {"é": 1}
    assert got(b'[{"name": "pen"}]').json(list[Thing]) == [Thing("pen")]
    with pytest.raises(InvalidAnswer, match=r"body\[0\].name: expected a string"):
        got(b'[{"name": 3}]').json(list[Thing])


@pytest.mark.parametrize("body", [b"<html>oops", b"", b"\xff\xfe\xff"])
def test_what_is_no_json_says_what_it_is(body):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        got(body, [("content-type", "text/html")], 502).json()
    [note] = caught.value.__notes__
    assert "502 Bad Gateway for GET" in note
    assert "'text/html'" in note
    if body.isascii():
        assert type(caught.value) is json.JSONDecodeError


@pytest.mark.parametrize(
    ("status", "retryable"), [(400, False), (404, False), (429, True), (503, True), (599, False)]
)
def test_a_bad_status_is_an_error_when_one_asks(status, retryable):
    response = got(b"try later", status=status, url=URL + "?token=abc")
    assert not response
    with pytest.raises(HttpStatusError) as caught:
        response.raise_for_status()
    error = caught.value
    assert error.response is response
    assert str(error).startswith(f"{status} ")
    assert str(error).endswith("for GET https://api.example.com/things")
    assert error.retryable is retryable
    assert error.details == {"status": status, "method": "GET", "body": "try later"}
    failure = failure_of(error, None)
    assert (failure["code"], failure["kind"]) == ("http_status", "call_error")
    assert failure["exception"] == "sluice.HttpStatusError"


def test_a_step_tries_again_what_may_pass():
    @flow.step(retries=3)
    def fetch():
        return http.get(URL).raise_for_status().text

    bad = {"status": 503, "url": URL, "headers": []}
    good = {"status": 200, "url": URL, "headers": []}
    with recorded() as spans, answering((bad, b""), (good, b"done")) as host:
        assert fetch() == "done"
    assert len(host.asked) == 2
    assert spans.spans() == [("fetch", 1), ("fetch", 0)]
    gone = {"status": 404, "url": URL, "headers": []}
    with recorded(), answering((gone, b""), (good, b"done")) as host, pytest.raises(HttpStatusError):
        fetch()
    assert len(host.asked) == 1


@pytest.mark.parametrize("name", ["X-Missing", 1])
def test_a_header_that_is_not_there_is_named_as_it_was_asked_for(name):
    headers = Headers([("X-A", "1")])
    with pytest.raises(KeyError) as caught:
        headers[name]
    assert caught.value.args == (name,)
    assert headers.get("X-Missing") is None

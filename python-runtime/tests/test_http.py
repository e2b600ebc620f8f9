"""What `sluice.http` asks of the host. docs/calls.md has the arguments."""

import asyncio
import io
from dataclasses import dataclass
from datetime import timedelta

import pytest
from scripted import Fails, answering

from sluice import (
    CallFailed,
    CallInvalid,
    CallTimedOut,
    CapabilityDenied,
    HttpFailed,
    HttpRefused,
    InvalidOutput,
    flow,
    http,
)
from sluice._loop import Loop

URL = "https://api.example.com/things"


def answer(status=200, body=b"", headers=(), url=URL):
    """What the host answers to a request."""
    return {"status": status, "url": url, "headers": [list(pair) for pair in headers]}, body


def asked(send):
    """Kind, arguments and body of the one request that a function sends."""
    with answering(answer()) as host:
        send()
    [(kind, arguments, body)] = host.asked
    assert kind == "http"
    return arguments, body


@dataclass
class Thing:
    name: str
    price: float


def test_a_request_is_as_small_as_can_be():
    assert asked(lambda: http.get(URL)) == ({"method": "GET", "url": URL, "headers": []}, b"")


@pytest.mark.parametrize("method", ["get", "head", "options", "delete", "post", "put", "patch"])
def test_each_method_is_an_operation_in_two_forms(method):
    operation = getattr(http, method)
    assert asked(lambda: operation(URL))[0]["method"] == method.upper()
    assert asked(lambda: operation.start(URL).result())[0]["method"] == method.upper()
    assert asked(lambda: http.request(method, URL))[0]["method"] == method.upper()


def test_it_is_part_of_flow():
    assert asked(lambda: flow.http.client("https://api.example.com").get("things"))[0]["url"] == URL
    assert asked(lambda: flow.http.get(URL))[0]["url"] == URL


@pytest.mark.parametrize(
    ("url", "params", "sent"),
    [
        (URL, {"page": 2, "all": True, "no": None}, "?page=2&all=true"),
        (URL, {"tag": ["a b", "c&d"], "none": []}, "?tag=a+b&tag=c%26d"),
        (URL, [("a", 1), ("a", 2)], "?a=1&a=2"),
        (URL, "a=1", "?a=1"),
        (URL, {}, ""),
        (URL + "?x=1", {"a": "é"}, "?x=1&a=%C3%A9"),
        (URL + "?", {"a": 1}, "?a=1"),
        (URL + "#part", {"a": 1}, "?a=1"),
    ],
)
def test_parameters_go_into_the_query(url, params, sent):
    assert asked(lambda: http.get(url, params=params))[0]["url"] == URL + sent


def test_headers_are_texts():
    headers = {"X-Name": "Ada", "X-Count": 3, "X-Bytes": b"raw", "X-None": None}
    arguments, _ = asked(lambda: http.get(URL, headers=headers))
    assert arguments["headers"] == [["X-Name", "Ada"], ["X-Count", "3"], ["X-Bytes", "raw"]]
    with answering() as host, pytest.raises(TypeError, match="the header 'X-List'"):
        http.get(URL, headers={"X-List": ["a"]})
    assert host.asked == []


@pytest.mark.parametrize(
    ("given", "body", "content_type"),
    [
        ({"json": {"a": [1, None]}}, b'{"a":[1,null]}', "application/json"),
        ({"json": Thing("pen", 1.5)}, b'{"name":"pen","price":1.5}', "application/json"),
        ({"json": "é"}, '"é"'.encode(), "application/json"),
        ({"data": {"a": 1, "b": ["x", "y"]}}, b"a=1&b=x&b=y", "application/x-www-form-urlencoded"),
        ({"data": [("a", "1"), ("a", "2")]}, b"a=1&a=2", "application/x-www-form-urlencoded"),
        ({"data": "é"}, "é".encode(), None),
        ({"data": b"\x00"}, b"\x00", None),
        ({"data": bytearray(b"\x01")}, b"\x01", None),
        ({"data": io.BytesIO(b"file")}, b"file", None),
        ({}, b"", None),
    ],
)
def test_a_body_has_its_type(given, body, content_type):
    arguments, sent = asked(lambda: http.post(URL, **given))
    assert sent == body
    assert arguments["headers"] == ([["content-type", content_type]] if content_type else [])


def test_a_type_that_is_given_stays():
    headers = {"Content-Type": "application/merge-patch+json"}
    arguments, _ = asked(lambda: http.patch(URL, json={}, headers=headers))
    assert arguments["headers"] == [["Content-Type", "application/merge-patch+json"]]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"json": 1, "data": "a"}, TypeError),
        ({"json": float("nan")}, InvalidOutput),
        ({"json": object()}, InvalidOutput),
        ({"data": 5}, TypeError),
        ({"params": 5}, TypeError),
        ({"params": [1, 2]}, TypeError),
        ({"timeout": (3, 10)}, TypeError),
        ({"timeout": -1}, ValueError),
    ],
)
def test_what_is_malformed_is_never_sent(given, error):
    with answering() as host, pytest.raises(error):
        http.post(URL, **given)
    assert host.asked == []


@pytest.mark.parametrize(
    "url", ["", "api.example.com", "/things", "ftp://example.com/", "https:///x", "file:///x"]
)
def test_a_url_is_whole(url):
    with answering() as host, pytest.raises(CallInvalid, match="no URL of http") as caught:
        http.get(url)
    assert caught.value.hint.startswith("Write it whole")
    assert host.asked == []


def test_timeout_and_redirects_are_said_where_they_are_given():
    arguments, _ = asked(lambda: http.get(URL, timeout=1.5, allow_redirects=False))
    assert (arguments["timeout_ms"], arguments["redirects"]) == (1_500, False)
    arguments, _ = asked(lambda: http.get(URL, timeout=timedelta(minutes=1)))
    assert arguments["timeout_ms"] == 60_000
    assert "redirects" not in arguments


def test_a_client_has_a_base_and_headers():
    api = http.client("https://api.example.com/v1/", headers={"Accept": "text/plain", "X-A": "1"}, timeout=5)
    arguments, _ = asked(lambda: api.get("things", params={"a": 1}, headers={"accept": "text/html"}))
    assert arguments == {
        "method": "GET",
        "url": "https://api.example.com/v1/things?a=1",
        "headers": [["X-A", "1"], ["accept", "text/html"]],
        "timeout_ms": 5_000,
    }
    assert asked(lambda: api.get("/things", headers={"X-A": None}))[0]["headers"] == [
        ["Accept", "text/plain"]
    ]
    assert asked(lambda: api.get(""))[0]["url"] == "https://api.example.com/v1"
    assert asked(lambda: api.get("?a=1"))[0]["url"] == "https://api.example.com/v1?a=1"
    assert (
        asked(lambda: api.get("//other.example/x"))[0]["url"] == "https://api.example.com/v1/other.example/x"
    )
    assert asked(lambda: api.post("http://other.example/x", timeout=1))[0]["url"] == "http://other.example/x"
    with api as same:
        assert same is api
    narrower = api.client("orders", headers={"x-a": "2"})
    arguments, _ = asked(lambda: narrower.get("7"))
    assert arguments == {
        "method": "GET",
        "url": "https://api.example.com/v1/orders/7",
        "headers": [["Accept", "text/plain"], ["x-a", "2"]],
        "timeout_ms": 5_000,
    }


def test_a_client_needs_a_whole_base():
    with pytest.raises(CallInvalid):
        http.client("api.example.com")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("capability_denied", CapabilityDenied),
        ("call_invalid", CallInvalid),
        ("http_refused", HttpRefused),
        ("http_failed", HttpFailed),
        ("call_timed_out", CallTimedOut),
    ],
)
def test_each_failure_has_its_class(code, kind):
    failed = Fails(code, "no", kind="call_error", details={"reason": "dns"}, retryable=True, hint="Look")
    with answering(failed), pytest.raises(CallFailed) as caught:
        http.get(URL)
    error = caught.value
    assert type(error) is kind
    assert (error.code, error.hint, error.retryable, str(error)) == (code, "Look", True, "no")
    assert getattr(error, "reason", "dns") == "dns"


def test_a_failure_of_the_network_is_an_os_error():
    with answering(Fails("http_failed", "no such host")), pytest.raises(OSError, match="no such host"):
        http.get(URL)


def test_requests_are_under_way_at_once():
    async def main():
        with pytest.raises(RuntimeError, match=r"`await` get.start"):
            http.get(URL)
        return await asyncio.gather(http.get.start(URL), http.get.start(URL))

    async def as_a_block():
        async with http.client(URL) as client:
            return await client.get.start("one")

    with answering(answer(204)), asyncio.Runner(loop_factory=Loop) as runner:
        assert runner.run(as_a_block()).status_code == 204
    with answering(answer(200), answer(404)), asyncio.Runner(loop_factory=Loop) as runner:
        assert [each.status_code for each in runner.run(main())] == [200, 404]

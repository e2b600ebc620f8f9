"""`urllib.request` over calls of the host, without putting it in the place of the standard one."""

import io
import json
import urllib.request
from urllib.error import HTTPError, URLError
from urllib.request import AbstractHTTPHandler, HTTPHandler, HTTPRedirectHandler

import pytest
from scripted import Fails, answering

from sluice import (
    CallFailed,
    CallInvalid,
    CallTimedOut,
    CapabilityDenied,
    HttpFailed,
    HttpRefused,
    NotAvailable,
    OutcomeUnknown,
    SecretNotFound,
    flow,
)
from sluice._failure import failure_of
from sluice._urllib import install, open_by_host, redirect_request

URL = "https://api.example.com/things"


class Handler(urllib.request.HTTPHandler):
    """The standard one as `install` makes it; before the one that would go to the network."""

    handler_order = 1
    do_open = open_by_host
    https_open = urllib.request.HTTPHandler.http_open
    https_request = urllib.request.HTTPHandler.http_request


class Redirects(urllib.request.HTTPRedirectHandler):
    """The standard one as `install` makes it."""

    redirect_request = redirect_request


class Told(urllib.request.HTTPRedirectHandler):
    """What programs write to know of redirects."""

    def __init__(self):
        self.told = []

    def redirect_request(self, request, response, code, message, headers, url):
        self.told.append((code, url))
        return super().redirect_request(request, response, code, message, headers, url)


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """What programs write to see redirects themselves."""

    def redirect_request(self, *args):
        return None


def opened(request, *answers, handlers=(Handler,), **options):
    """The response, and what was asked."""
    with answering(*answers) as host:
        return urllib.request.build_opener(*handlers).open(request, **options), host.asked


def answer(status=200, body=b"", headers=(), url=URL):
    """What the host answers to a request."""
    return {"status": status, "url": url, "headers": [list(pair) for pair in headers]}, body


@pytest.mark.parametrize("url", [URL, "http://api.example.com/"])
def test_a_url_is_opened(url):
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("X-A", "1"), ("X-A", "2")]
    response, [(kind, arguments, body)] = opened(url, answer(200, b"one\ntwo\n", headers))
    assert (kind, body) == ("http", b"")
    assert arguments["method"] == "GET"
    assert arguments["url"] == url
    assert [name for name, _ in arguments["headers"]] == ["User-agent"]
    assert arguments.keys() == {"method", "url", "headers", "redirects"}
    with response as same:
        assert (same.status, same.code, same.reason) == (200, 200, "OK")
        assert same.headers["content-type"] == "text/plain; charset=utf-8"
        assert same.headers.get_content_charset() == "utf-8"
        assert same.getheader("X-A") == "1, 2"
        assert same.info().get_all("x-a") == ["1", "2"]
        assert same.geturl() == same.url == URL
        assert same.read(3) == b"one"
        assert list(same) == [b"\n", b"two\n"]
        assert same.read() == b""
    assert same.closed


def test_json_is_loaded_from_a_response():
    response, _ = opened(URL, answer(200, b'{"a": 1}'))
    assert json.load(response) == {"a": 1}


def test_a_request_brings_method_headers_and_body():
    request = urllib.request.Request(
        URL + "#part", data=b"{}", headers={"Content-Type": "application/json", "Host": "x"}, method="PUT"
    )
    _, [(_, arguments, body)] = opened(request, answer(201), timeout=2.5)
    assert (arguments["method"], arguments["url"], arguments["timeout_ms"]) == ("PUT", URL, 2_500)
    assert ["Content-type", "application/json"] in arguments["headers"]
    assert not any(name.lower() in ("host", "content-length") for name, _ in arguments["headers"])
    assert body == b"{}"


@pytest.mark.parametrize("data", [b"a=1", io.BytesIO(b"a=1"), [b"a", b"=1"]])
def test_data_is_posted(data):
    _, [(_, arguments, body)] = opened(URL, answer(), data=data)
    assert (arguments["method"], body) == ("POST", b"a=1")
    assert ["Content-type", "application/x-www-form-urlencoded"] in arguments["headers"]


def test_what_the_body_was_on_its_way_is_not_said():
    headers = [("Content-Encoding", "gzip"), ("Content-Length", "3"), ("Transfer-Encoding", "chunked")]
    response, _ = opened(URL, answer(200, b"unpacked", headers))
    assert response.read() == b"unpacked"
    assert response.headers.items() == [("Content-Length", "8")]


def test_a_head_has_no_body():
    request = urllib.request.Request(URL, method="HEAD")
    response, _ = opened(request, answer(200, b"", [("Content-Length", "3")]))
    assert response.read() == b""
    assert response.headers["Content-Length"] == "3"


def test_a_bad_status_is_the_standard_error():
    with pytest.raises(HTTPError) as caught:
        opened(URL, answer(404, b"no such thing", [("X-A", "1")]))
    error = caught.value
    assert (error.code, error.reason, error.headers["X-A"]) == (404, "Not Found", "1")
    assert error.read() == b"no such thing"


def moved(to, status=302):
    return answer(status, b"over there", [("Location", to)])


def test_the_opener_follows_redirects_itself():
    response, asked = opened(URL, moved("/moved"), answer(200, b"here", url=URL + "/moved"), timeout=2)
    assert [(each["url"], each["redirects"], each["timeout_ms"]) for _, each, _ in asked] == [
        (URL, False, 2_000),
        ("https://api.example.com/moved", False, 2_000),
    ]
    assert (response.geturl(), response.read()) == (URL + "/moved", b"here")


def test_a_post_that_is_redirected_becomes_a_get():
    _, [(_, first, body), (_, second, nothing)] = opened(URL, moved("/made", 303), answer(), data=b"a=1")
    assert (first["method"], body) == ("POST", b"a=1")
    assert (second["method"], nothing) == ("GET", b"")
    assert [name for name, _ in second["headers"]] == ["User-agent"]


def test_handlers_of_the_program_see_and_stop_redirects():
    told = Told()
    opened(URL, moved("/moved"), answer(), handlers=(Handler, told))
    assert told.told == [(302, "https://api.example.com/moved")]
    with pytest.raises(HTTPError) as caught:
        opened(URL, answer(302, headers=[("Location", "/x")]), handlers=(Handler, NoRedirects))
    assert (caught.value.code, caught.value.headers["Location"]) == (302, "/x")


@pytest.mark.parametrize(
    ("to", "stays"),
    [
        ("/moved", True),
        ("https://other.example.com/", False),
        ("http://api.example.com/", False),
        ("https://api.example.com:8443/", False),
    ],
)
def test_who_somebody_is_stays_with_the_host(to, stays):
    headers = {"Authorization": "Bearer x", "X-Api-Key": b"y", "Accept": "text/plain"}
    request = urllib.request.Request(URL, headers=headers)
    _, [_, (_, arguments, _)] = opened(request, moved(to), answer(), handlers=(Handler, Redirects))
    sent = dict(arguments["headers"])
    assert (sent.get("Authorization"), sent.get("X-api-key")) == (
        ("Bearer x", "y") if stays else (None, None)
    )
    assert sent["Accept"] == "text/plain"


def test_redirects_come_to_an_end():
    with pytest.raises(HTTPError, match="infinite loop"):
        opened(URL, *[moved(URL)] * 12)


def test_headers_may_be_bytes_and_the_host_decompresses():
    headers = {"X-Bytes": b"caf\xe9", "X-Number": 3, "Accept-Encoding": "gzip", "Expect": "100-continue"}
    _, [(_, arguments, _)] = opened(urllib.request.Request(URL, headers=headers), answer())
    assert [pair for pair in arguments["headers"] if pair[0] != "User-agent"] == [
        ["X-bytes", "caf\xe9"],
        ["X-number", "3"],
    ]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("http_failed", HttpFailed),
        ("http_refused", HttpRefused),
        ("call_timed_out", CallTimedOut),
        ("call_invalid", CallInvalid),
        ("not_available", NotAvailable),
        ("outcome_unknown", OutcomeUnknown),
        ("secret_not_found", SecretNotFound),
        ("secret_refused", CallFailed),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_all_failures_are_url_errors(code, kind, at_once):
    failed = Fails(code, "no", hint="Look", retryable=True)
    with answering(failed) as host:
        host.refusal = failed.failure if at_once else None
        with pytest.raises(URLError) as caught:
            urllib.request.build_opener(Handler).open(URL)
    error = caught.value
    assert type(error.reason) is kind
    assert error.__cause__ is error.reason
    assert str(error) == "<urlopen error no>"
    failure = failure_of(error, None)
    assert (failure["code"], failure["exception"]) == (code, "urllib.error.URLError")
    assert (failure["hint"], failure["retryable"]) == ("Look", True)


def test_a_time_that_is_over_is_a_timeout_too():
    with pytest.raises(TimeoutError) as caught:
        opened(URL, Fails("call_timed_out"))
    assert isinstance(caught.value, URLError)
    assert isinstance(caught.value.reason, TimeoutError)


def test_a_step_tries_again_what_may_pass():
    @flow.step(retries=2)
    def read():
        return urllib.request.build_opener(Handler).open(URL).read()

    with answering(Fails("http_failed", retryable=True), answer(200, b"here")):
        assert read() == b"here"
    with answering(Fails("http_failed")) as host, pytest.raises(URLError):
        read()
    assert len(host.asked) == 1


def test_installed_it_serves_everybody():
    kept = [(kind, dict(vars(kind))) for kind in (AbstractHTTPHandler, HTTPHandler, HTTPRedirectHandler)]
    opener, urllib.request._opener = urllib.request._opener, None
    try:
        install()
        with answering(answer(200, b"one"), answer(200, b"two")) as host:
            assert urllib.request.urlopen(URL, timeout=3).read() == b"one"
            assert urllib.request.urlopen("http://api.example.com", data=b"a=1").read() == b"two"
        assert [arguments["url"] for _, arguments, _ in host.asked] == [URL, "http://api.example.com"]
    finally:
        urllib.request._opener = opener
        for kind, members in kept:
            for name in set(vars(kind)) - members.keys():
                delattr(kind, name)
            for name, member in members.items():
                if vars(kind)[name] is not member:
                    setattr(kind, name, member)


def test_what_is_not_granted_is_said_as_it_is():
    with pytest.raises(CapabilityDenied):
        opened(URL, Fails("capability_denied"))

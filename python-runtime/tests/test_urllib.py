"""`urllib.request` over calls of the host, without putting it in the place of the standard one."""

import io
import json
import urllib.request
from urllib.error import HTTPError, URLError
from urllib.request import AbstractHTTPHandler, HTTPHandler

import pytest
from scripted import Fails, answering

from sluice import CallTimedOut, CapabilityDenied, HttpFailed, HttpRefused
from sluice._urllib import install, open_by_host

URL = "https://api.example.com/things"


class Handler(urllib.request.HTTPHandler):
    """The standard one as `install` makes it; before the one that would go to the network."""

    handler_order = 1
    do_open = open_by_host
    https_open = urllib.request.HTTPHandler.http_open
    https_request = urllib.request.HTTPHandler.http_request


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
    assert arguments.keys() == {"method", "url", "headers"}
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


def test_the_host_follows_redirects_unless_the_opener_does_otherwise():
    response, [(_, arguments, _)] = opened(URL, answer(200, url=URL + "/moved"))
    assert "redirects" not in arguments
    assert response.geturl() == URL + "/moved"
    with pytest.raises(HTTPError) as caught:
        opened(URL, answer(302, headers=[("Location", "/x")]), handlers=(Handler, NoRedirects))
    assert (caught.value.code, caught.value.headers["Location"]) == (302, "/x")


@pytest.mark.parametrize(
    ("code", "kind"),
    [("http_failed", HttpFailed), ("http_refused", HttpRefused), ("call_timed_out", CallTimedOut)],
)
def test_failures_of_the_network_are_url_errors(code, kind):
    with pytest.raises(URLError) as caught:
        opened(URL, Fails(code, "no", hint="Look"))
    assert type(caught.value.reason) is kind
    assert caught.value.__cause__ is caught.value.reason


def test_installed_it_serves_everybody():
    kept = [(kind, dict(vars(kind))) for kind in (AbstractHTTPHandler, HTTPHandler)]
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
            if vars(kind).get("do_open") is not members.get("do_open"):
                kind.do_open = members["do_open"]


def test_what_is_not_granted_is_said_as_it_is():
    with pytest.raises(CapabilityDenied):
        opened(URL, Fails("capability_denied"))

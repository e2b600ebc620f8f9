"""HTTP over the real door, in a run that was granted nothing."""

import urllib.request

import pytest

from sluice import CapabilityDenied, flow, http

URL = "https://api.example.com/things"


@pytest.mark.parametrize(
    "ask",
    [
        lambda: http.get(URL),
        lambda: flow.http.post.start(URL, json={}),
        lambda: urllib.request.urlopen(URL),
        lambda: urllib.request.urlopen(urllib.request.Request(URL, data=b"a=1"), timeout=3),
        lambda: urllib.request.build_opener().open("http://api.example.com"),
    ],
)
def test_a_request_to_an_open_network_is_refused(ask):
    with pytest.raises(CapabilityDenied) as caught:
        ask()
    assert caught.value.capability == "http:api.example.com"

"""References to secrets: what a flow holds, and where it can put them."""

import copy
import pickle

import pytest
from scripted import Fails, answering

from sluice import Secret, SecretNotFound, flow, http
from sluice._schema import adapter

REFERENCE = "slr_" + "0123456789abcdef" * 2
ANSWER = {"reference": REFERENCE, "version": 3}


def held():
    """The reference as a flow gets it."""
    with answering(ANSWER) as host:
        secret = flow.secret("GITHUB_TOKEN")
    assert host.asked == [("secret", {"name": "GITHUB_TOKEN"}, b"")]
    return secret


def test_a_secret_is_a_reference():
    secret = held()
    assert isinstance(secret, Secret)
    assert (secret.name, secret.version) == ("GITHUB_TOKEN", 3)
    assert repr(secret) == "<secret 'GITHUB_TOKEN', version 3>"
    assert f"Bearer {secret}" == "Bearer " + secret == f"Bearer {REFERENCE}"
    with answering(ANSWER):
        assert flow.secret.start("GITHUB_TOKEN").result() == secret


def test_a_secret_goes_where_texts_go():
    secret = held()
    answer = {"status": 200, "url": "https://api.example.com", "headers": []}
    with answering(answer, answer) as host:
        http.post(
            "https://api.example.com/",
            params={"key": secret},
            headers={"Authorization": f"Bearer {secret}", "X-Key": secret},
            json={"key": secret},
        )
        http.post("https://api.example.com/", data={"key": secret})
    (_, first, body), (_, _, form) = host.asked
    assert first["url"] == f"https://api.example.com/?key={REFERENCE}"
    assert first["headers"][:2] == [["Authorization", f"Bearer {REFERENCE}"], ["X-Key", REFERENCE]]
    assert body.decode() == f'{{"key":"{REFERENCE}"}}'
    assert form.decode() == f"key={REFERENCE}"


def test_copies_know_their_name():
    for same in (copy.copy(held()), copy.deepcopy(held()), pickle.loads(pickle.dumps(held()))):
        assert (same, same.name, same.version) == (REFERENCE, "GITHUB_TOKEN", 3)
    assert adapter(object).dump({"key": held()}) == {"key": REFERENCE}


def test_a_secret_that_is_not_there():
    with answering(Fails("secret_not_found", "no secret `X`")), pytest.raises(SecretNotFound) as caught:
        flow.secret("X")
    assert caught.value.code == "secret_not_found"

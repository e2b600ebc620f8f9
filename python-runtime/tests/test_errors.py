"""The classes of errors and the table of codes say the same."""

import inspect
from pathlib import Path

import pytest
from scripted import Fails, answering

import hero_rpc
import sluice
from sluice import CallFailed, _call_errors, _errors, flow
from sluice._codes import KINDS
from sluice._errors import call_failed
from sluice._failure import failure_of
from sluice._host import IN_SANDBOX
from sluice._schema import problems

CLASSES = {
    kind
    for module in (_call_errors, _errors, problems, sluice, hero_rpc)
    for kind in vars(module).values()
    if inspect.isclass(kind) and hasattr(kind, "sluice_code") and kind is not CallFailed
}


@pytest.mark.parametrize("kind", sorted(CLASSES, key=lambda kind: kind.__name__))
def test_the_kind_of_a_class_is_that_of_its_code(kind):
    assert KINDS[kind.sluice_code] == kind.sluice_kind


@pytest.mark.parametrize("code", [code for code, kind in KINDS.items() if kind == "call_error"])
def test_a_call_that_fails_says_its_code_also_when_nobody_catches_it(code):
    with answering(Fails(code)), pytest.raises(CallFailed) as caught:
        flow.kv("notes").get("a")
    assert (caught.value.sluice_code, caught.value.sluice_kind) == (code, "call_error")
    failure = failure_of(caught.value, None)
    assert (failure["code"], failure["kind"]) == (code, "call_error")


def test_the_kind_follows_the_code_whatever_the_host_calls_it():
    failed = call_failed({"code": "flow_not_found", "kind": "call_error", "message": "no"})
    assert failed.sluice_kind == KINDS["flow_not_found"] == "source_error"


if not IN_SANDBOX:

    def test_each_code_has_its_section():
        text = Path(__file__, "../../../docs/errors.md").resolve().read_text(encoding="utf-8")
        assert [code for code in KINDS if f"\n## `{code}`\n" not in text] == []

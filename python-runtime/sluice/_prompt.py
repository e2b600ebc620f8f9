"""Prompts as texts with front matter, in the source of the flow: they are versioned with it, and the step of
an agent has the digest of each that it used.

The front matter is a small strict part of YAML: lines of `key: value` between two lines of `---`, where each
value is one text or number.
"""

import hashlib
import re
import sys
from collections.abc import Callable, Mapping
from textwrap import dedent
from typing import Any

from ._errors import SourceError
from ._nearest import nearest
from ._output import Output
from ._schema import adapter
from ._text import bounded_repr, clean, encode

__all__ = ["Prompt", "Rendered", "output_of", "prompt", "prompts_of", "settings_of", "text_of"]

_FENCE = "---"
_LINE = re.compile(r"([A-Za-z_]+)[ \t]*:(?:[ \t]+(.*?))?[ \t]*\Z")
_NOT_PLAIN = (*"[{|>&*!%@`'\"#", "- ")
_PLACE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_DEFAULT_NAME = "prompt"


def _number(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 100:
        raise ValueError
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


_KEYS: dict[str, Callable[[str], Any]] = {
    "name": str,
    "model": str,
    "temperature": _number,
    "max_output_tokens": _count,
    "output": str,
}


class Prompt:
    """A prompt: what its front matter says, and a text with places for values.

    `text` is the whole text as it is written, and `digest` its SHA-256 in hex; `variables` are the names of
    the places. `output` is a type hint as text, for agents that are not told another.
    """

    __slots__ = ("_namespace", "_parts", "digest", "name", "settings", "text", "variables")

    def __init__(self, text: str, name: str | None, namespace: Mapping[str, Any]) -> None:
        self.text = text
        self.digest = hashlib.sha256(clean(text).encode()).hexdigest()
        head, body = _split(dedent(text).strip("\n"))
        self.settings = _settings(head)
        self.name: str = name or self.settings.get("name") or _DEFAULT_NAME
        self._namespace = namespace
        # Text and names in turn.
        self._parts = [
            _variable(part) if index % 2 else part for index, part in enumerate(_PLACE.split(body))
        ]
        if any("{{" in part for part in self._parts[::2]):
            raise _invalid("a `{{` has no `}}`", "Braces that are meant as such come as a value")
        self.variables: frozenset[str] = frozenset(self._parts[1::2])

    @property
    def model(self) -> str | None:
        """The model that the front matter asks for."""
        model: str | None = self.settings.get("model")
        return model

    @property
    def output(self) -> str | None:
        """The type of the answer that the front matter asks for, as text."""
        output: str | None = self.settings.get("output")
        return output

    @property
    def namespace(self) -> Mapping[str, Any]:
        """Where the names in `output` are looked up: the module in which the prompt stands."""
        return self._namespace

    def render(self, /, **values: Any) -> "Rendered":
        """The text with each value in its place, once: a value is data, whatever it looks like.

        Texts are put in as they are, anything else as JSON. Raises `TypeError` where a name is missing or
        unknown.
        """
        missing = sorted(self.variables - values.keys())
        if missing:
            raise TypeError(f"the prompt {self.name!r} needs a value for {', '.join(missing)}")
        for name in values.keys() - self.variables:
            close = nearest(name, sorted(self.variables))
            raise TypeError(
                f"the prompt {self.name!r} has no place for {name!r}"
                + (f". Did you mean {close!r}?" if close else f": write {{{{ {name} }}}} where it goes")
            )
        written = {name: _written(name, value) for name, value in values.items()}
        return Rendered(
            "".join(written[part] if index % 2 else part for index, part in enumerate(self._parts)), self
        )

    def __repr__(self) -> str:
        return f"<prompt {self.name!r}, {self.digest[:12]}>"


class Rendered(str):
    """The text of a prompt with its values; it still knows which `prompt` it comes from."""

    __slots__ = ("prompt",)

    prompt: Prompt | None

    def __new__(cls, text: str, prompt: Prompt | None = None) -> "Rendered":
        made = super().__new__(cls, text)
        made.prompt = prompt
        return made


Prompt.__module__ = Rendered.__module__ = "sluice"


def prompt(text: str, *, name: str | None = None) -> Prompt:
    """A prompt with front matter, or without: `prompt("Judge order {{ order_id }}.")`.

    Raises `SourceError` where it is malformed, so a check of the source finds it.
    """
    if not isinstance(text, str):
        raise TypeError(f"a prompt is a text, not {bounded_repr(text)}")
    return Prompt(text, name, sys._getframe(1).f_globals)


def text_of(text: object, what: str) -> str:
    """The text of a text; a prompt without places for values stands for its own."""
    if isinstance(text, Prompt):
        return text.render()
    if not isinstance(text, str):
        raise TypeError(f"{what} is a text or a prompt, not {bounded_repr(text)}")
    return text


def prompts_of(*texts: object) -> list[Prompt]:
    """The prompts that these come from, as far as they come from any."""
    return [text.prompt for text in texts if isinstance(text, Rendered) and text.prompt is not None]


def settings_of(*texts: object) -> dict[str, Any]:
    """What the front matter of their prompts says; the first one that says something counts."""
    settings: dict[str, Any] = {}
    for each in prompts_of(*texts):
        settings = {**each.settings, **settings}
    return settings


def output_of(output: Any, *texts: object) -> Output | None:
    """What is to be answered with: `output`, or what the first of their prompts says that says it."""
    if output is None:
        for each in prompts_of(*texts):
            if each.output is not None:
                return Output.of(each.output, each.namespace)
    return Output.of(output)


def _split(text: str) -> tuple[list[str], str]:
    """The lines of the front matter, and what follows it."""
    lines = text.split("\n")
    if lines[0].rstrip() != _FENCE:
        return [], text
    for number, line in enumerate(lines[1:], 1):
        if line.strip() == _FENCE:
            # A text that begins beside its quotes has one line that is not indented as the others are.
            margin = line[: line.index(_FENCE)]
            head, body = (
                [each.removeprefix(margin) for each in part]
                for part in (lines[1:number], lines[number + 1 :])
            )
            return head, "\n".join(body).strip("\n")
    raise _invalid("its front matter has no end", f"Write a line of `{_FENCE}` after the last key")


def _settings(lines: list[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.match(line)
        if found is None:
            raise _invalid(
                f"{bounded_repr(line, 80)} is no `key: value`", "Front matter has single values only"
            )
        key, value = found[1], _scalar(found[2] or "", line)
        if key not in _KEYS:
            close = nearest(key, _KEYS)
            hint = f"Did you mean {close!r}?" if close else f"Keys are {', '.join(_KEYS)}"
            raise _invalid(f"its front matter has the unknown key {key!r}", hint)
        if key in settings:
            raise _invalid(f"its front matter has {key!r} twice")
        try:
            settings[key] = _KEYS[key](value)
        except ValueError:
            raise _invalid(f"its {key} cannot be {value!r}") from None
    return settings


def _scalar(value: str, line: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
        if "\\" not in value and "'" not in value and '"' not in value:
            return value
    elif value and not value.startswith(_NOT_PLAIN):
        return re.split(r"[ \t]+#", value, maxsplit=1)[0]
    raise _invalid(f"{bounded_repr(line, 80)} has no plain value", "Front matter has single values only")


def _variable(inside: str) -> str:
    name = inside.strip()
    if not name.isidentifier():
        raise _invalid(
            f"`{{{{{inside[:40]}}}}}` is no place for a value",
            "Write a name, as in {{ order_id }}; braces that are meant as such come as a value",
        )
    return name


def _written(name: str, value: Any) -> str:
    return str(value) if isinstance(value, str) else encode(adapter(object).dump(value, name))


def _invalid(what: str, hint: str | None = None) -> SourceError:
    return SourceError(f"a prompt is malformed: {what}", hint=hint)

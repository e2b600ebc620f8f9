"""Budgets for models, as flows write them and as the host takes them.

The host counts and refuses; here a budget is only made sure to be one.
"""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from ._nearest import nearest
from ._text import bounded_repr

__all__ = ["ATTRIBUTE", "budget_members"]

ATTRIBUTE = "sluice.budget"
"""The attribute under which a step's budget goes to the host."""

_NAMES = ("tokens", "cost")
_MICROS = 1_000_000
_MOST = (1 << 63) - 1


def budget_members(budget: Mapping[str, Any]) -> dict[str, int]:
    """`tokens` and `cost_micros` of `{"tokens": 8_000, "cost": 0.25}`, where the cost is in dollars.

    Either may be left out. Raises `TypeError` or `ValueError` for anything else.
    """
    if not isinstance(budget, Mapping) or not budget:
        raise TypeError(f'a budget is written {{"tokens": 8_000, "cost": 0.25}}, not {bounded_repr(budget)}')
    members: dict[str, int] = {}
    for name, amount in budget.items():
        if name not in _NAMES:
            close = nearest(str(name), _NAMES)
            hint = f"did you mean {close!r}?" if close else "it has `tokens` and `cost`"
            raise ValueError(f"a budget has no {bounded_repr(name)}: {hint}")
        if name == "tokens":
            members["tokens"] = _tokens(amount)
        else:
            members["cost_micros"] = _micros(amount)
    return members


def _tokens(amount: Any) -> int:
    if type(amount) is not int or not 0 <= amount <= _MOST:
        raise ValueError(f"the tokens of a budget are a whole number from 0, not {bounded_repr(amount)}")
    return amount


def _micros(amount: Any) -> int:
    """Millionths of a dollar, rounded down. A float counts as what it looks like: 0.1 is a tenth."""
    if type(amount) in (int, float, Decimal):
        dollars = Decimal(str(amount))
        if dollars.is_finite() and 0 <= dollars <= _MOST // _MICROS:
            return int((dollars * _MICROS).to_integral_value(ROUND_FLOOR))
    raise ValueError(
        f"the cost of a budget is a number of dollars from 0, such as 0.25, not {bounded_repr(amount)}"
    )

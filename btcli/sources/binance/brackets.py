"""Binance's leverage brackets as risk tiers; the endpoint needs a key, so they come from saved answers alone.

Source: the USDⓈ-M futures page on notional and leverage brackets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from btcli.sources.answers import decimal_of, field_of, list_of
from btcli.sources.http import Again

PATH = "/fapi/v1/leverageBracket"
_EVERYBODYS = ("1", "1.0", "None")


def tiers_of(item: Any) -> list[dict[str, float]]:
    """The brackets of one symbol, smallest first; the initial rate is left out: it is 1 / leverage."""
    rows = [
        {
            "limit_usdt": _number(field_of(bracket, "notionalCap")),
            "maintenance_rate": _number(field_of(bracket, "maintMarginRatio")),
            "max_leverage": _number(field_of(bracket, "initialLeverage")),
            "deduction_usdt": _number(field_of(bracket, "cum")),
        }
        for bracket in list_of(item, "brackets")
    ]
    return sorted(rows, key=lambda tier: tier["limit_usdt"])


def is_adjusted(item: Mapping[str, Any]) -> bool:
    """Whether the caps are those of one account, not those of everybody."""
    return str(item.get("notionalCoef", 1)) not in _EVERYBODYS


def _number(value: Any) -> float:
    """A number, in quotes or not; raises Again for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Again(f"{value!r} is no number")
    return float(decimal_of(str(value)))

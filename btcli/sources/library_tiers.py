"""Leverage tiers as the common trading library saves them: by the name of the market, the venue's own row in `info`.

Source: the library's manual, "Leverage Tiers Structure"; rows of the venues are those of their own answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from btcli.errors import RequestError
from btcli.symbols import read_symbol

_OF_BINANCE, _OF_BYBIT = "notionalCap", "riskLimitValue"


class LibraryTiers(NamedTuple):
    """The venue's own rows by its own symbol, and how many markets are no perpetuals settled in USDT."""

    venue: str
    rows: dict[str, list[Mapping[str, Any]]]
    others: int


def library_tiers(answer: Any) -> LibraryTiers | None:
    """The tiers in a file of the library; None for what is none, or has no rows of a venue that is known here."""
    if not isinstance(answer, dict) or not answer or not all(map(_is_tiers, answer.values())):
        return None
    infos = {name: [tier["info"] for tier in tiers] for name, tiers in answer.items()}
    every = [info for rows in infos.values() for info in rows]
    if all(_OF_BINANCE in info for info in every):
        venue = "binance"
    elif all(_OF_BYBIT in info for info in every):
        venue = "bybit"
    else:
        return None
    rows = {symbol: rows for name, rows in infos.items() if (symbol := _perpetual(name))}
    return LibraryTiers(venue, rows, len(infos) - len(rows))


def _is_tiers(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_tier(tier) for tier in value)


def _is_tier(tier: Any) -> bool:
    return isinstance(tier, dict) and "maintenanceMarginRate" in tier and isinstance(tier.get("info"), dict)


def _perpetual(name: str) -> str:
    """The symbol of a perpetual settled in USDT, "" for any other market."""
    try:
        named = read_symbol(name)
    except RequestError:
        return ""
    return named.symbol if named.kind == "perpetual" and named.symbol.endswith("USDT") else ""

"""What a resolved config says beyond the defaults."""

from __future__ import annotations

from typing import Any

from btcli.config.departures import Departure, departures
from btcli.config.loading import parse_system
from btcli.config.resolved import identity

LEAST = """
system: s
venue: bybit
symbols: [BTCUSDT]
timeframes: {ltf: 1h}
risk: {sizing: {qty: 1}}
strategy: {use: mtf_trend}
"""


def departing(more: str = "", venue: str = "bybit") -> dict[str, tuple[Any, Any, bool]]:
    """What departs by key in the least system of a venue with some lines added."""
    text = LEAST.replace("bybit", venue)
    found = departures(identity(parse_system(text + more, "s.yml")))
    return {each.key: (each.value, each.default, each.has_default) for each in found}


def test_what_has_no_default_was_chosen() -> None:
    """The least system has these keys alone; roles that were left out are those of ltf."""
    assert departing() == {
        "venue": ("bybit", None, False),
        "symbols": (["BTCUSDT"], None, False),
        "timeframes.exec": ("1h", None, False),
        "timeframes.ltf": ("1h", None, False),
        "timeframes.mtf": ("1h", None, False),
        "timeframes.htf": ("1h", None, False),
        "risk.sizing.qty": (1.0, None, False),
        "strategy.use": ("mtf_trend", None, False),
    }


def test_what_is_otherwise_has_its_default_beside_it() -> None:
    """A leverage of 5 instead of 1; what is spelled out as the default is none."""
    found = departing("account: {leverage: 5, initial_equity_usdt: 10000}\nenv: demo\n")
    assert found["account.leverage"] == (5.0, 1.0, True)
    assert found["env"] == ("demo", "live", True)
    assert "account.initial_equity_usdt" not in found


def test_fees_of_the_venue_are_defaults() -> None:
    """Bybit takes 0.055 % and Binance 0.05 %: another fee than the venue's departs from it."""
    assert "costs.taker_fee_rate" not in departing(venue="binance")
    found = departing("costs: {taker_fee_rate: 0.0005}\n")
    assert found["costs.taker_fee_rate"] == (0.0005, 0.00055, True)


def test_a_cross_account_is_liquidated_as_a_whole_by_default() -> None:
    """With cross margin the ladder is no default."""
    found = departing("account: {margin_mode: cross}\n")
    assert found["account.margin_mode"] == ("cross", "isolated", True)
    assert "risk.liquidation" not in found


def test_blocks_of_named_values_are_told_by_their_leaves() -> None:
    """Costs of one symbol, bars of a role and features were chosen."""
    more = (
        "costs: {per_symbol: {BTCUSDT: {slippage_bps: 9}}}\nwarmup: {bars: {ltf: 7}}\nfeatures: {ltf: {a: 'atr(14)'}}\n"
    )
    found = departing(more)
    assert found["costs.per_symbol.BTCUSDT.slippage_bps"] == (9.0, None, False)
    assert found["warmup.bars.ltf"] == (7, None, False)
    assert found["features.ltf.a"] == ("atr(14)", None, False)


def test_a_key_of_another_version_is_told() -> None:
    """Nothing that a run was made with is left out for being unknown."""
    config: dict[str, Any] = {"venue": "sample", "risk": {"of_old": 3}, "older": {"a": {"b": 1}}}
    assert departures(config) == (
        Departure("venue", "sample", None, has_default=False),
        Departure("risk.of_old", 3, None, has_default=False),
        Departure("older.a.b", 1, None, has_default=False),
    )

"""What a key is when the file does not say."""

from __future__ import annotations

from typing import Any

import pytest
from config_texts import MINIMAL, system_of

from btcli.config.loading import parse_system

DEFAULTS: dict[str, Any] = {
    "env": "live",
    "account.initial_equity_usdt": 10_000.0,
    "account.leverage": 1.0,
    "account.margin_mode": "isolated",
    "costs.slippage_bps": 2.0,
    "costs.stop_slippage_bps": 5.0,
    "costs.impact_k": 0.0,
    "costs.max_participation": None,
    "costs.funding": "settled",
    "costs.funding_at_entry": "venue",
    "costs.per_symbol": {},
    "fills.path": "pessimistic",
    "fills.limit_rule": "trade_through",
    "fills.trigger_by": "last",
    "fills.mark_source": "mark",
    "fills.take_profit_order": "market",
    "fills.zero_volume": "fill",
    "fills.delay_bars": 0,
    "risk.costs_in_risk": True,
    "risk.max_notional_usdt": None,
    "risk.stop_equity_usdt": 0.0,
    "risk.max_drawdown_pct": None,
    "risk.daily_loss_pct": None,
    "risk.max_open_positions": None,
    "risk.max_bars_in_trade": None,
    "risk.on_liquidation": "stop",
    "risk.liquidation": "ladder",
    "risk.on_opposite_signal": "ignore",
    "risk.stop_vs_liquidation": "warn",
    "data.derive_from": None,
    "data.gaps": "refuse",
    "data.funding_mark": None,
    "warmup.tolerance": 1e-4,
    "warmup.missing": "refuse",
    "warmup.bars": {},
    "instruments": {},
    "output.events": "normal",
    "output.equity": "ltf",
    "output.parquet": False,
    "windows": {},
    "features": {},
    "strategy.params": {},
    "strategy.per_symbol": {},
}

CHOICES = {
    "env": ("live", "demo"),
    "venue": ("bybit", "binance", "sample"),
    "fills.path": ("pessimistic", "adaptive", "optimistic"),
    "fills.limit_rule": ("trade_through", "touch"),
    "fills.trigger_by": ("last", "mark"),
    "fills.mark_source": ("mark", "last"),
    "fills.take_profit_order": ("market", "limit"),
    "risk.on_liquidation": ("stop", "continue"),
    "risk.on_opposite_signal": ("ignore", "close", "reverse"),
    "risk.stop_vs_liquidation": ("warn", "reject", "adjust"),
    "data.gaps": ("refuse", "allow_confirmed"),
    "warmup.missing": ("refuse", "start_late"),
    "output.events": ("normal", "full"),
    "output.equity": ("ltf", "exec"),
}


def value_at(system: object, key: str) -> Any:
    """The attribute under a dotted key."""
    for part in key.split("."):
        system = getattr(system, part)
    return system


@pytest.mark.parametrize("key", DEFAULTS)
def test_a_key_left_out_has_its_default(key: str) -> None:
    """Every key that may be left out has the documented value."""
    value = value_at(parse_system(MINIMAL, "system.yml"), key)
    assert (value, type(value)) == (DEFAULTS[key], type(DEFAULTS[key]))


@pytest.mark.parametrize(("key", "choice"), [(key, choice) for key, choices in CHOICES.items() for choice in choices])
def test_every_documented_word_is_accepted(key: str, choice: str) -> None:
    """Each word that the documentation offers for a key can be chosen."""
    assert value_at(system_of(overrides=(f"{key}={choice}",)), key) == choice


@pytest.mark.parametrize("mode", ["qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct"])
def test_every_sizing_mode_is_accepted(mode: str) -> None:
    """Each sizing mode is read with its value."""
    sizing = system_of(overrides=(f"risk.sizing={{{mode}: 2}}",)).risk.sizing
    assert (sizing.mode, sizing.value) == (mode, 2.0)


@pytest.mark.parametrize(
    ("venue", "taker", "maker"),
    [("bybit", 0.00055, 0.0002), ("binance", 0.0005, 0.0002), ("sample", 0.00055, 0.0002)],
)
def test_fees_default_to_the_venues(venue: str, taker: float, maker: float) -> None:
    """Fee rates that are not given are those of the venue's lowest level."""
    costs = system_of(overrides=(f"venue={venue}",)).costs
    assert (costs.taker_fee_rate, costs.maker_fee_rate) == (taker, maker)


def test_one_fee_given_leaves_the_other_to_the_venue() -> None:
    """A single fee in the file replaces only itself."""
    costs = system_of("costs: {maker_fee_rate: 0}").costs
    assert (costs.taker_fee_rate, costs.maker_fee_rate) == (0.00055, 0.0)


def test_costs_of_a_symbol_override_those_of_all() -> None:
    """`costs.per_symbol` replaces what it names, for its symbol only."""
    system = system_of("costs: {slippage_bps: 3, per_symbol: {BTCUSDT: {slippage_bps: 0, taker_fee_rate: 0.001}}}")
    own, other = system.costs_of("BTCUSDT"), system.costs_of("ETHUSDT")
    assert (own.slippage_bps, own.taker_fee_rate, own.stop_slippage_bps) == (0.0, 0.001, 5.0)
    assert (other.slippage_bps, other.taker_fee_rate) == (3.0, 0.00055)


@pytest.mark.parametrize(
    ("written", "roles"),
    [
        ("{ltf: 15m}", ["15m", "15m", "15m", "15m"]),
        ("{exec: 5m, ltf: 15m}", ["5m", "15m", "15m", "15m"]),
        ("{ltf: 15m, mtf: 1h}", ["15m", "15m", "1h", "1h"]),
        ("{ltf: 15m, htf: 4h}", ["15m", "15m", "15m", "4h"]),
        ("{exec: 5m, ltf: 15m, mtf: 1h, htf: 4h}", ["5m", "15m", "1h", "4h"]),
    ],
)
def test_roles_default_to_the_next_lower_one(written: str, roles: list[str]) -> None:
    """exec and mtf default to ltf, htf to mtf: a single timeframe is the default."""
    timeframes = parse_system(MINIMAL.replace("{ltf: 1h}", written), "system.yml").timeframes
    assert [str(timeframes.of(role)) for role in ("exec", "ltf", "mtf", "htf")] == roles


def test_one_length_has_one_label() -> None:
    """60m and 24h are written 1h and 1d, the labels under which candles are stored."""
    timeframes = parse_system(MINIMAL.replace("{ltf: 1h}", "{ltf: 60m, htf: 24h}"), "system.yml").timeframes
    assert (str(timeframes.ltf), str(timeframes.htf)) == ("1h", "1d")


@pytest.mark.parametrize("word", ["none", "null", "~", ""])
def test_no_limit_is_written_as_none(word: str) -> None:
    """`none`, null and an empty value all mean that there is no limit."""
    assert system_of(overrides=(f"risk.max_drawdown_pct={word}",)).risk.max_drawdown_pct is None


@pytest.mark.parametrize(
    ("start", "end", "start_ms", "end_ms"),
    [
        ("2024-01-01", "2024-03-31", 1_704_067_200_000, 1_711_929_600_000),
        ("2024-01-01", "2024-01-01", 1_704_067_200_000, 1_704_153_600_000),
        ("2024-01-01T00:00Z", "2024-01-02T00:00:00Z", 1_704_067_200_000, 1_704_153_600_000),
        ("2024-01-01 01:00", "2024-01-01T02:30:00.250", 1_704_070_800_000, 1_704_076_200_250),
        ("2024-01-01T01:00+01:00", "2024-02-29", 1_704_067_200_000, 1_709_251_200_000),
    ],
)
def test_windows_are_utc_and_an_end_date_includes_its_day(start: str, end: str, start_ms: int, end_ms: int) -> None:
    """A window is [start, end) in milliseconds UTC; an end given as a date is that day's end."""
    window = system_of(f"windows: {{q: {{start: {start}, end: {end}}}}}").window("q")
    assert (window.start_ms, window.end_ms) == (start_ms, end_ms)


def test_parameters_keep_their_type() -> None:
    """Numbers, words and truth values of a strategy's parameters arrive as they were written."""
    params = system_of(overrides=("strategy.params={a: 1, b: 1.0, c: true, d: no, e: '1'}",)).strategy.params
    assert [(key, value, type(value)) for key, value in params.items()] == [
        ("a", 1, int),
        ("b", 1.0, float),
        ("c", True, bool),
        ("d", "no", str),
        ("e", "1", str),
    ]

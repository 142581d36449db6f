"""What a review is given: the numbers that could have been fitted, the days of specs, rules that led to nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from btcli.config.loading import parse_system
from btcli.config.model import System
from btcli.simulation.parts import prepared
from btcli.simulation.reviewed import parameters_of, specs_of
from btcli.simulation.rules_heard import Fired, awaited_of, silent_rules

TEXT = """
system: reviewed
venue: {venue}
symbols: [BTCUSDT, ETHUSDT]
timeframes: {{ltf: 1h}}
windows: {{w: {{start: 2024-01-01T00:00Z, end: 2024-01-05T00:00Z}}}}
account: {{initial_equity_usdt: 10000, leverage: 5}}
risk: {{sizing: {{qty: 0.05}}}}
strategy:
  {strategy}
"""
RULES = """params: {far: 1.5, near: 2}
  rules:
    long: {enter: "close > far"}
    short: {enter: "close < near", exit: "close > 9"}
    exit: "close < 5"
"""


def system_of(strategy: str, venue: str = "sample") -> System:
    """The system with that strategy."""
    return parse_system(TEXT.format(strategy=strategy, venue=venue), "reviewed.yml")


@pytest.mark.parametrize(
    ("strategy", "count"),
    [
        ("use: mtf_trend", 4),  # all left to their defaults
        ("use: ema_rsi_atr", 4),
        ("use: ema_rsi_atr\n  params: {atr_stop: 3.0}", 4),
        ("use: ema_rsi_atr\n  per_symbol: {ETHUSDT: {params: {atr_stop: 3.0}}}", 5),
        ("use: ema_rsi_atr\n  per_symbol: {ETHUSDT: {use: mtf_trend}}", 8),
        (RULES, 2),
        (RULES + "  per_symbol: {ETHUSDT: {params: {near: 3}}}", 3),
    ],
)
def test_each_number_counts_once(strategy: str, count: int) -> None:
    """Defaults count, what symbols share counts once, and what one symbol has of its own counts beside it."""
    system = system_of(strategy)
    assert parameters_of(prepared(system, "w", system.window("w"), Path())) == count


def test_specs_of_sample_data_have_no_day_that_matters() -> None:
    """The packaged ones of a venue have the day of their snapshot, or their own."""
    sample, venue = system_of("use: mtf_trend"), system_of("use: mtf_trend", "bybit")
    assert list(specs_of(prepared(sample, "w", sample.window("w"), Path()))) == []
    found = list(specs_of(prepared(venue, "w", venue.window("w"), Path())))
    assert [(each.symbol, each.as_of) for each in found] == [("BTCUSDT", "2026-08-05"), ("ETHUSDT", "2023-03-05")]
    assert [each.days_beyond for each in found] == [944, -302]  # from 2024-01-04, and to 2024-01-01


def fired(*said: str) -> set[Fired]:
    """As "BTCUSDT long enter"."""
    return {Fired(*each.split()) for each in said}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("led", "silent"),
    [
        ([], ["long.enter", "short.enter"]),
        (["BTCUSDT long enter"], ["exit", "short.enter"]),
        (["BTCUSDT long enter", "ETHUSDT short enter"], ["exit", "short.exit"]),
        (["ETHUSDT long enter", "ETHUSDT long exit"], ["short.enter"]),
        (["BTCUSDT long enter", "BTCUSDT long exit", "BTCUSDT short enter", "BTCUSDT short exit"], []),
    ],
)
def test_rules_are_silent_when_they_led_to_nothing_for_any_symbol(led: list[str], silent: list[str]) -> None:
    """An exit of a side that was never entered was never asked; the one beside the sides is that of long here."""
    assert list(silent_rules(system_of(RULES), fired(*led))) == [f"strategy.rules.{key}" for key in silent]


def test_symbols_for_which_code_decides_have_no_silent_rules() -> None:
    """Neither are they waited for, nor does what they do speak for the rules of others."""
    system = system_of(RULES + "  per_symbol: {BTCUSDT: {use: mtf_trend}}")
    assert {each.symbol for each in awaited_of(system)} == {"ETHUSDT"}
    assert next(silent_rules(system, fired("BTCUSDT long enter"))) == "strategy.rules.long.enter"
    assert list(awaited_of(system_of("use: mtf_trend"))) == []

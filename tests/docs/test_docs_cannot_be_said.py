"""docs/cannot_be_said.md: what it calls impossible is refused, and what it calls near is a program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from btcli.config.loading import parse_system
from btcli.errors import BtcliError
from btcli.simulation.ruled import ruled_strategy

PAGE = (Path(__file__).parents[2] / "docs" / "cannot_be_said.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.+?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
HEAD = {
    "system": "example",
    "venue": "bybit",
    "symbols": "[BTCUSDT]",
    "timeframes": "{exec: 1m, ltf: 15m, mtf: 1h, htf: 4h}",
    "risk": "{sizing: {qty: 0.01}}",
}
# By section, what one would write: rules of which each is refused; where there is nothing to write, none.
REFUSED = {
    "Two legs as one trade": ["long: {enter: ETHUSDT.position.side < 0}", "long: {enter: close > open, leg: ETHUSDT}"],
    "Averages of a ratio of two symbols": [
        "long: {enter: 'sma(close / ETHUSDT.close, 20) > 1'}",
        "long: {enter: 'stddev(close / ETHUSDT.close, 20, 1) > 1'}",
    ],
    "Averages of what compares two roles": [
        "long: {enter: 'sma(close - htf.close, 20) > 0'}",
        "long: {enter: 'ema(mark - close, 20) > 0'}",
        "long: {enter: 'ema(close - n, 20) > 0'}",
    ],
    "Another symbol's funding and mark": [
        "long: {enter: ETHUSDT.funding_rate > 0}",
        "long: {enter: ETHUSDT.mark > ETHUSDT.close}",
    ],
    "Ranks over many symbols": ["long: {enter: rank(close) <= 3}"],
    "The order book, trades, ticks": ["long: {enter: bid > ask}", "long: {enter: depth(10) > 1}"],
    "A model that learns": ["long: {enter: 'fit(close, 100) > close'}"],
    "Values that are remembered": ["long: {enter: 'value_when(cross_above(close, open), close) < close'}"],
    "Swings of any length": [
        "long: {enter: 'close > pivot(low, 3)'}",
        "long: {enter: 'close > highest(high, bars_since(close < open))'}",
    ],
    "Since the day began": [
        "long: {enter: 'close > vwap(96)'}",
        "long: {enter: 'close > highest(high, time.hour)[1]'}",
    ],
    "One value or another": [
        "long: {enter: close > open, stop: 100 if close > open else 200}",
        "long: {enter: close > open, stop: 2 * (close > open)}",
    ],
    "Numbers of bars as parameters": [
        "long: {enter: 'close > highest(high, n)[1]'}",
        "long: {enter: 'close > high[n]'}",
    ],
    "Several entries that wait": ["long: {enter: close > open, order: [{limit: close}, {limit: low}]}"],
    "Units with sizes and stops of their own": [
        "long: {enter: close > open, stop: 100, adds: {when: close > open, most: 2, apart: 100, size: {qty: 0.1}}}",
        "long: {enter: close > open, stop: 100, adds: {when: close > open, most: 2, apart: 100, stop: 50}}",
    ],
    "An exit that waits at a price that moves": [
        "long: {enter: close > open, target_follow: htf.high}",
        "long: {enter: close > open, target: 100}, exit: {limit: htf.high}",
    ],
    "Long and short at once": [],
    "Orders that take or make at any price": [
        "long: {enter: close > open, order: {limit: close, post_only: true}}",
        "long: {enter: close > open, order: {limit: close, time_in_force: IOC}}",
    ],
    "Money moved into a position": ["long: {enter: close > open, add_margin_usdt: 100}"],
    "Inside a bar": [],
    "Calendars and places": [
        "long: {enter: time.is_holiday == 0}",
        "long: {enter: time.new_york.hour == 9}",
        "long: {enter: close > open, session: {hours: '09:30-16:00 New York'}}",
    ],
    "Chance": ["long: {enter: random() < 0.5}"],
}


def is_program(below: str) -> bool:
    """Whether a system with these blocks of its own has a program for every symbol that rules decide for."""
    written = re.findall(r"^(\w+):", below, re.MULTILINE)
    text = "".join(f"{key}: {value}\n" for key, value in HEAD.items() if key not in written)
    system = parse_system(text + below, "system.yml")
    each = [system.strategy_of(symbol) for symbol in system.symbols]
    return all(ruled_strategy(system, strategy, system.where).assembled is not None for strategy in each)


def test_every_section_is_held() -> None:
    """What the page lists is tried here, and the reverse."""
    assert list(SECTIONS) == list(REFUSED)


@pytest.mark.parametrize("rules", [rules for each in REFUSED.values() for rules in each])
def test_what_cannot_be_said_is_refused(rules: str) -> None:
    """With a problem, never read as something else; with the same rule without it there is a program."""
    params = "params: {n: 5}, " if re.search(r"\bn\b", rules) else ""
    assert is_program(f"strategy: {{{params}rules: {{long: {{enter: close > {'n' if params else 'open'}}}}}}}\n")
    with pytest.raises(BtcliError) as refused:
        is_program(f"strategy: {{{params}rules: {{{rules}}}}}\n")
    assert "while parsing a flow" not in str(refused.value)  # of YAML: then nothing was read at all


@pytest.mark.parametrize("name", [name for name, text in SECTIONS.items() if "```yaml" in text])
def test_the_nearest_is_a_program(name: str) -> None:
    """Whoever copies it has a strategy."""
    for example in re.findall(r"```yaml\n(.+?)```", SECTIONS[name], re.DOTALL):
        assert is_program(example)


def test_no_section_is_without_a_way_out() -> None:
    """Each names the nearest, or what Python has instead."""
    assert [name for name, text in SECTIONS.items() if "Nearest" not in text and "Python" not in text] == []

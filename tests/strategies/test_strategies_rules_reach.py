"""Levels that no price can reach are warned of from what is written alone."""

from __future__ import annotations

import pytest

from btcli.config.rules import Rules
from btcli.expressions.names import Names
from btcli.strategies.rules.rule_set import assembled_rules

TRAIL = "lies beyond the target: the trail can never begin"
NAMES = {"ltf": ("atr", "low"), "htf": ("atr",)}


def warned(leverage: float | None = None, params: dict[str, float] | None = None, **rules: object) -> list[str]:
    """What is said of rules of long and short, with the key of each level."""
    both = {"long": {"enter": "close > open"}, "short": {"enter": "close < open"}, **rules}
    both = {key: value for key, value in both.items() if value is not None}
    names = Names(NAMES, tuple(params or {}))
    made = assembled_rules(Rules.model_validate(both), params or {}, names, None, leverage)
    return [f"{each.where}: {each.message}" for each in made.warnings]


def long(**rules: object) -> dict[str, object]:
    """Rules of long alone."""
    return {"long": {"enter": "close > open", **rules}, "short": None}


@pytest.mark.parametrize(
    ("begins", "target"),
    [
        ("close + 5 * atr", "3 * atr"),
        ("close + atr * 5", "atr + 2 * atr"),
        ("close + 200", "150"),
        ("1.05 * close", "0.04 * close"),
        ("close * (1 + 0.05)", "close / 25"),
        ("close + 2 * (high - low)", "high - low"),
        ("close - -5 * htf.atr", "3 * htf.atr"),
        ("close + far * atr", "3 * atr"),
        ("close + 3.5 * atr", {"price": "close + 3 * atr"}),
        ("2 * close - (close - 5 * atr)", {"price": "close + atr"}),
    ],
)
def test_a_trail_that_begins_beyond_the_target_is_warned_of(begins: str, target: object) -> None:
    """Both are so many times the same, and it is more times."""
    params = {"far": 4.0} if "far" in begins else {}
    trail = {"distance": "50", "from": begins}
    found = warned(params=params, **long(target=target, trail=trail))
    assert found == [f"strategy.rules.long.trail.from: {TRAIL}"]


@pytest.mark.parametrize(
    ("begins", "target"),
    [
        ("close + 3 * atr", "3 * atr"),
        ("close + 2 * atr", "3 * atr"),
        ("close + 5 * atr", "3 * htf.atr"),
        ("close + 5 * atr", "150"),
        ("close - 5 * atr", "3 * atr"),
        ("high + 5 * atr", "3 * atr"),
        ("close + near * atr", "3 * atr"),
        ("close + 5 * (close - open)", "2 * (close - open) + atr"),
        ("highest(high, 5)", "3 * atr"),
    ],
)
def test_what_may_begin_is_not(begins: str, target: object) -> None:
    """At the target or before it, or of quantities that cannot be told apart."""
    params = {"near": 1.0} if "near" in begins else {}
    assert warned(params=params, **long(target=target, trail={"distance": "50", "from": begins})) == []


def test_short_looks_the_other_way() -> None:
    """Below the close lies what is in its favour."""
    trail = {"distance": "50", "from": "close - 5 * atr"}
    short = {"enter": "close < open", "target": "3 * atr", "trail": trail}
    assert warned(long=None, short=short) == [f"strategy.rules.short.trail.from: {TRAIL}"]
    assert warned(long=None, short={**short, "trail": {**trail, "from": "close + 5 * atr"}}) == []


def test_an_order_that_waits_is_entered_at_its_own_price() -> None:
    """The limit lies 2 atr below the close: from there the target is nearer, or farther."""
    trail = {"distance": "50", "from": "close + 2 * atr"}
    order = {"limit": "close - 2 * atr"}
    assert warned(**long(target="3 * atr", trail=trail, order=order)) == [f"strategy.rules.long.trail.from: {TRAIL}"]
    assert warned(**long(target="5 * atr", trail=trail, order=order)) == []
    assert warned(**long(target="3 * atr", trail=trail)) == []


def test_a_level_that_stands_beside_both_sides_is_told_once() -> None:
    """Above the close it lies beyond the target of long, and for short on the other side of the entry."""
    trail = {"distance": "50", "from": "close + 5 * atr"}
    assert warned(target="3 * atr", trail=trail) == [f"strategy.rules.trail.from: {TRAIL}"]


BEYOND = "lies beyond the liquidation: at leverage 10 that comes before 10 %"


@pytest.mark.parametrize(
    ("levels", "covers"),
    [
        ({"stop": "0.1 * close"}, 9.5),
        ({"stop": "close / 5"}, 4.5),
        ({"stop": {"price": "0.9 * close"}}, 9.5),
        ({"trail": {"pct": 12}}, 8.0),
        ({"trail": {"distance": "0.2 * close"}}, 4.5),
    ],
    ids=str,
)
def test_a_stop_that_the_margin_does_not_cover_is_warned_of(levels: dict[str, object], covers: float) -> None:
    """At leverage 10 the margin is a tenth of the value; a lower one covers it, and nothing is known without one."""
    (key,) = levels
    assert warned(10.0, **long(**levels)) == [f"strategy.rules.long.{key}: {BEYOND}"]
    assert warned(covers, **long(**levels)) == []
    assert warned(None, **long(**levels)) == []


@pytest.mark.parametrize(
    "levels",
    [
        {"stop": "0.09 * close"},
        {"stop": "0.5 * open"},
        {"stop": "4 * atr"},
        {"stop": {"price": "low"}},
        {"stop": "0.2 * close", "trail": {"pct": 5}},
        {"stop": "0.05 * close", "trail": {"pct": 50}},
        {"target": "0.5 * close"},
        {"break_even": "0.5 * close"},
    ],
    ids=str,
)
def test_a_stop_that_may_be_met_first_is_not(levels: dict[str, object]) -> None:
    """It is nearer, or nobody knows; of two the tighter counts."""
    assert warned(10.0, **long(**levels)) == []


def test_a_short_is_liquidated_above() -> None:
    """Its stop lies above the close."""
    short = {"enter": "close < open", "stop": {"price": "1.2 * close"}}
    assert warned(10.0, long=None, short=short) == [f"strategy.rules.short.stop: {BEYOND}"]


def test_a_trail_that_waits_is_no_stop_yet() -> None:
    """Beside one that begins in its favour the stop alone counts; one that may have begun already counts too."""
    trail = {"distance": "10", "from": "close + 2 * atr"}
    assert warned(10.0, **long(stop="0.2 * close", trail=trail)) == [f"strategy.rules.long.stop: {BEYOND}"]
    assert warned(10.0, **long(stop="0.2 * close", trail={**trail, "from": "close - 2 * atr"})) == []
    assert warned(10.0, **long(trail={**trail, "distance": "0.2 * close"})) == []

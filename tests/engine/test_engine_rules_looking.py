"""Rules that look at earlier bars, against a second reading of the language that goes bar by bar."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from engine_rules_looking import CLOSES, DrawnLooking, value
from engine_rules_reading import Tree
from test_engine_rules import (
    CONDITIONS,
    FEATURES,
    OUTPUTS,
    PARAMS,
    entries_of,
    ground_with,
    market_of,
    said_by,
    written,
)

from btcli.config.rules import Rules
from btcli.engine.columns import ColumnCache
from btcli.engine.ground import symbol_columns
from btcli.engine.wishes import wishes_of
from btcli.errors import ConfigError
from btcli.expressions.names import Names
from btcli.expressions.rolling import rolled
from btcli.features.plan import plan_features
from btcli.market.series import ROLES
from btcli.strategies.rules.assembling import Assembled
from btcli.strategies.rules.rule_set import assembled_rules

REFUSALS = "is no number|divides by 0|never happens|never changes|never true|always true"
NAMES = Names({role: tuple(named) for role, named in FEATURES.items()}, tuple(PARAMS))


def program_of(rules: dict[str, Any]) -> Assembled:
    """The program of rules that may name the features of all roles."""
    return assembled_rules(Rules.model_validate(rules), {}, Names(NAMES.features))


def drawn_case(seed: int) -> tuple[dict[tuple[str, str], Tree], dict[str, dict[str, str]], Assembled | None]:
    """Rules by side and key, as the file has them, and their program where one of them is not refused with reason."""
    names = [(role, name) for role in ROLES for name in ("high", "close", "hl2")]
    names += 3 * [(role, name) for role, named in FEATURES.items() for name in named]
    drawn = DrawnLooking(seed, names, list(PARAMS))
    trees = {place: drawn.condition(3) if place[1] in CONDITIONS else drawn.number(2) for place in OUTPUTS}
    rules = written(trees, drawn)
    used = {word for side in rules.values() for text in side.values() for word in re.findall(r"\w+", text)}
    params = {name: each for name, each in PARAMS.items() if name in used}
    try:
        return trees, rules, assembled_rules(Rules.model_validate(rules), params, Names(NAMES.features, tuple(params)))
    except ConfigError as refused:
        if not re.search(REFUSALS, str(refused)):
            raise
        return trees, rules, None


@pytest.mark.parametrize("seed", range(10))
def test_what_was_means_what_the_language_says(seed: int) -> None:
    """Every rule of thirty drawn sets is what the second reading says, once all roles have a bar."""
    ground, columns = ground_with(seed, 240)
    market, symbol = market_of(ground, columns), symbol_columns(ground, plan_features(FEATURES), ColumnCache())
    closes = market.closes["ltf"]
    ready_ms = max(closes[0] for closes in market.closes.values())
    moments = range(sum(now < ready_ms for now in closes), len(closes))
    met: set[Any] = set()
    programs = 0
    for number in range(30 * seed, 30 * seed + 30):
        trees, rules, made = drawn_case(number)
        if made is None:
            continue
        due = {place: [value(tree, market, CLOSES, at) for at in moments] for place, tree in trees.items()}
        assert said_by(made.program, symbol, moments) == entries_of(due), rules
        met.update(*(due[place] for place in OUTPUTS if place[1] in CONDITIONS))
        programs += 1
    assert met == {True, False, None}
    assert programs > 9


@pytest.mark.parametrize(
    ("function", "bars", "values", "due"),
    [
        ("highest", 3, [1, 5, 2, 3, 4], [None, None, 5, 5, 4]),
        ("highest", 1, [2, None, 1], [2, None, 1]),
        ("highest", 2, [1, None, 3, 2], [None, None, None, 3]),
        ("highest", 9, [1, 2], [None, None]),
        ("lowest", 4, [5, 4, 6, 7, 8, 9], [None, None, None, 4, 4, 6]),
        ("rising", 1, [1, 2, 2, 1], [None, 1, 0, 0]),
        ("rising", 2, [1, 2, 3, 3, None, 4, 5], [None, None, 1, 0, 0, None, None]),
        ("falling", 2, [3, 2, 1, 1, 0], [None, None, 1, 0, 0]),
        ("count", 3, [1, 0, 1, 1, 0, None, 1], [None, None, 2, 2, 2, None, None]),
        ("bars_since", 0, [0, 1, 0, 0, 1, None, 0, 1], [None, 0, 1, 2, 0, None, None, 0]),
    ],
)
def test_functions_of_the_last_bars(function: str, bars: int, values: list[Any], due: list[Any]) -> None:
    """Known where all that they hang on is; a truth that one bar decides needs no other."""
    plain = np.array([np.nan if each is None else each for each in values], np.float64)
    found = rolled(plain, function, bars, 0)
    assert [None if np.isnan(each) else each for each in found.tolist()] == due


def test_bars_since_counts_from_the_window_on() -> None:
    """Of the bars before the window nothing is known, however many of them were loaded."""
    condition = np.array([1.0, 0.0, 0.0, 1.0, 0.0])
    assert rolled(condition, "bars_since", 0, 2)[2:].tolist()[1:] == [0.0, 1.0]
    assert np.isnan(rolled(condition, "bars_since", 0, 2)[2])


@pytest.mark.parametrize("function", ["highest", "lowest", "rising", "falling", "count"])
def test_where_a_column_begins_changes_nothing(function: str) -> None:
    """With more rows before, the last rows have the same bits."""
    random = np.random.Generator(np.random.PCG64(3))
    values = np.round(random.normal(size=400), 1)
    values[random.random(400) < 0.05] = np.nan
    if function == "count":
        values = (values > 0).astype(np.float64)
    for bars in (1, 2, 7, 64, 65):
        whole, part = rolled(values, function, bars, 0), rolled(values[100:], function, bars, 0)
        assert whole[100 + bars :].tobytes() == part[bars:].tobytes()


def test_what_is_looked_back_at_is_counted_by_role() -> None:
    """The bars before the window that rules need: sums of what lies inside one another, the most of each role."""
    rules = {
        "long": {
            "enter": "close > highest(high, 20)[1] and rising(htf.x, 3)",
            "exit": "count(close[2] > mtf.close, 5) > 2",
        }
    }
    assert program_of(rules).looks_back == {"ltf": 20, "htf": 3, "mtf": 4}
    assert program_of({"long": {"enter": "cross_above(close, open)"}}).looks_back == {}


def test_equal_parts_that_look_back_are_one_column() -> None:
    """Both sides read the same highest high."""
    sides = {"long": {"enter": "close > highest(high, 20)[1]"}, "short": {"enter": "open > highest(high, 20)[2]"}}
    assert program_of(sides).columns_back == 1


def test_a_program_looks_back_in_few_ways() -> None:
    """64 columns of earlier bars are held, no more."""
    with pytest.raises(ConfigError, match="look back in 65 ways; a program has at most 64"):
        program_of({"long": {"enter": " or ".join(f"rising(x, {bars})" for bars in range(1, 66))}})


def test_columns_that_look_back_are_computed_once() -> None:
    """Another program over the same ground finds them."""
    ground, _ = ground_with(1)
    cache = ColumnCache()
    symbol = symbol_columns(ground, plan_features(FEATURES), cache)
    first = wishes_of(program_of({"long": {"enter": "close > lowest(low, 3)[1]"}}).program, symbol)
    again = wishes_of(program_of({"long": {"enter": "close > lowest(low, 3)[1]"}}).program, symbol)
    assert first.values.tobytes() == again.values.tobytes()
    other = wishes_of(program_of({"long": {"enter": "close > lowest(low, 4)[1]"}}).program, symbol)
    assert other.steps.tolist() != first.steps.tolist()

"""Rules as they are written, against a second reading of the language that takes their text and goes bar by bar."""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from second_reading import Candles, Facts, Reader, tree_of
from second_texts import Written
from test_engine_rules import CONDITIONS, FEATURES, MINUTE, OUTPUTS, PARAMS, entries_of, ground_with, market_of, said_by

from btcli.config.rules import Rules
from btcli.engine.columns import ColumnCache
from btcli.engine.ground import Ground, symbol_columns
from btcli.errors import ConfigError
from btcli.expressions.names import Names
from btcli.features.catalog import FUNCTIONS
from btcli.features.plan import plan_features
from btcli.market.series import ROLES, Bars, FundingRates
from btcli.strategies.rules.assembling import Assembled
from btcli.strategies.rules.rule_set import assembled_rules

NAMED = [*(f"{role}.{name}" for role, named in FEATURES.items() for name in named), "x", "y"]
UNFED = ("position.", "account.", " then ")  # known in the loop alone, which is not run here
OTHER = 3 * 10_000  # the seed of another symbol is so far away, and its roles have the same lengths
REFUSED = (
    "is not available|is never known|is no number|never happens|never changes|never true|always true|divides by 0"
    "|cannot be read|unknown name|count each bar|looks back over|no role or name|is unknown|more than"
)


def program_of(rules: dict[str, dict[str, str]]) -> Assembled:
    """The program of these rules; raises ConfigError where one is refused."""
    used = {word for side in rules.values() for text in side.values() for word in re.findall(r"\w+", text)}
    params = {name: value for name, value in PARAMS.items() if name in used}
    features = {role: tuple(named) for role, named in FEATURES.items()}
    return assembled_rules(
        Rules.model_validate(rules), params, Names(features, tuple(params), FUNCTIONS, has_symbols=True)
    )


def accepted(drawn: Written, key: str, depth: int, counted: Counter[str]) -> str:
    """A drawn expression that btcli takes; those that it refuses are counted by their reason."""
    while True:
        text = drawn.condition(depth) if key in CONDITIONS else drawn.number(min(depth, 2))
        if any(word in text for word in UNFED):
            counted["without its columns here"] += 1
            continue
        try:
            program_of({"long": {"enter": "close > 0", key: text}})
        except ConfigError as refused:
            counted[reason_of(str(refused))] += 1
        else:
            return text


def reason_of(said: str) -> str:
    """The kind of a refusal; one of no known kind fails the test."""
    reasons = re.findall(REFUSED, said)
    assert reasons, said
    return f"refused: {reasons[0]}"


def with_moments(
    ground: Ground, closes: Sequence[int], prices: Sequence[float | None], draw: random.Random
) -> tuple[Ground, dict[str, list[float | None]]]:
    """The ground with marks and funding that have holes, and what is known of them at each close of ltf."""
    every = ground.bars["exec"]
    kept = [row for row in range(len(every.ts_close)) if draw.random() < 0.9]
    marks = Bars(*(column[kept] for column in every))
    marks = marks._replace(close=marks.close + np.array([draw.choice([-1.0, 0.0, 0.5, 1.0]) for _ in kept]))
    times = [minute * MINUTE for minute in range(-60, 400, 20) if draw.random() < 0.8]
    rates = [draw.choice([-1.0, 0.0, 0.5, 2.0, 3.0]) for _ in times]
    funding = FundingRates(np.array(times, np.int64), np.array(rates))
    ended = dict(zip(marks.ts_close.tolist(), marks.close.tolist(), strict=True))
    facts: dict[str, list[float | None]] = {
        name: [] for name in ("mark", "basis", "funding_rate", "minutes_to_funding")
    }
    for now, price in zip(closes, prices, strict=True):
        mark, settled = ended.get(now), [n for n, at in enumerate(times) if at < now]  # one at `now` is still to come
        facts["mark"].append(mark)
        facts["basis"].append(None if mark is None or not price else mark / price - 1)
        facts["funding_rate"].append(rates[settled[-1]] if settled else None)
        left = (2 * times[settled[-1]] - times[settled[-2]] - now) / MINUTE if len(settled) > 1 else -1.0
        facts["minutes_to_funding"].append(left if left >= 0 else None)
    return replace(ground, mark=marks, funding=funding), facts


class Scene(NamedTuple):
    """A drawn market as btcli has it and as the second reading has it, and the closes from which on roles have bars."""

    ground: Ground
    reader: Reader
    moments: range


def scene_of(seed: int, facts_seed: int) -> Scene:
    """Two symbols, of which one is decided for."""
    ground, columns = ground_with(seed, 400)
    market = market_of(ground, columns)
    closes = market.closes["ltf"]
    ground, facts = with_moments(ground, closes, market.columns["ltf", "close"], random.Random(facts_seed))
    other, prices = ground_with(seed + OTHER, 400)
    ground = replace(ground, others={"ETHUSDT": other.bars})
    looked_at = market_of(other, prices)
    lengths_ms = {str(role): timeframe.ms for role, timeframe in other.timeframes.items()}
    candles = {
        "BTCUSDT": Candles(market.closes, market.columns),
        "ETHUSDT": Candles(looked_at.closes, looked_at.columns, lengths_ms),
    }
    ready_ms = max(each[0] for each in market.closes.values())
    moments = range(sum(now < ready_ms for now in closes), len(closes))
    return Scene(ground, Reader("BTCUSDT", candles, Facts(facts, PARAMS)), moments)


def assert_same(scene: Scene, rules: dict[str, dict[str, str]]) -> dict[tuple[str, str], list[Any]]:
    """Both readings say the same of these rules at every close, which is returned by side and key."""
    made = program_of(rules)
    wanted = {role: {**FEATURES.get(role, {}), **made.features.get(role, {})} for role in ROLES}
    plan = plan_features(wanted).with_others(plan_features(made.features_of_others).features)
    symbol = symbol_columns(scene.ground, plan, ColumnCache())
    trees = {(side, key): tree_of(rules[side][key]) for side, key in OUTPUTS}
    due = {place: [scene.reader.at(tree, moment) for moment in scene.moments] for place, tree in trees.items()}
    assert said_by(made.program, symbol, scene.moments) == entries_of(due), rules
    return due


def compared_over(seeds: range) -> Counter[str]:
    """Compares drawn rule sets over one drawn market at every close; counts what was refused and what was met."""
    scene = scene_of(seeds.start // len(seeds), seeds.start)
    counted: Counter[str] = Counter()
    for seed in seeds:
        drawn, depth = Written(seed, NAMED, list(PARAMS)), seed % 4
        rules: dict[str, dict[str, str]] = {"long": {}, "short": {}}
        for side, key in OUTPUTS:
            rules[side][key] = accepted(drawn, key, depth, counted)
        due = assert_same(scene, rules)
        counted["compared"] += 1
        counted.update(str(value) for place, values in due.items() if place[1] in CONDITIONS for value in values)
    return counted


@pytest.mark.parametrize(
    "enter",
    [
        "not (ETHUSDT.htf.close > 1 and 2 < 1)",
        "(ETHUSDT.htf.close > 3 or 2 > 1)[2]",
        "((htf.close > 3 and 2 < 1) or close > 3)[1]",
        "not ((ETHUSDT.htf.close > 3 and 2 < 1) or htf.close > 9)[3]",
        "count(ETHUSDT.mtf.close > 3 and p > 0, 3) > 1",
        "count(cross_above(htf.close, 3) and close > 2, 4) > 0",
        "(cross_below(ETHUSDT.htf.close, 3) or close > 4)[1]",
        "cross_above(ETHUSDT.htf.close, htf.close) or cross_above(ETHUSDT.close, mtf.close)",
        "bars_since(ETHUSDT.htf.close > 3 and not (q > 0)) < 5",
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_what_decides_without_a_bar_is_read_the_same(enter: str, seed: int) -> None:
    """Parts without a role, crosses before a first bar, and holes of another symbol, inside of what looks back."""
    rest = {"exit": "close > 0", "stop": "1", "target": "1"}
    assert_same(scene_of(seed, seed), {"long": {"enter": enter, **rest}, "short": {"enter": "close > 3", **rest}})


@pytest.mark.parametrize("first", range(0, 300, 30))
def test_rules_mean_what_a_second_reading_of_their_text_says(first: int) -> None:
    """Every rule of thirty drawn sets, at every close, with holes in the candles and features that are not known."""
    counted = compared_over(range(first, first + 30))
    sys.stdout.write(f"{dict(counted)}\n")
    assert counted["compared"] == 30
    assert min(counted["True"], counted["False"], counted["None"]) > 100


@pytest.mark.long
@pytest.mark.parametrize("first", range(1_000, 3_000, 50))
def test_two_thousand_rule_sets_mean_what_a_second_reading_says(first: int) -> None:
    """The same over forty more markets, fifty sets each."""
    counted = compared_over(range(first, first + 50))
    sys.stdout.write(f"{dict(counted)}\n")
    assert counted["compared"] == 50
    assert min(counted["True"], counted["False"], counted["None"]) > 100

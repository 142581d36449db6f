"""Features of expressions and of each other in runs: the same words under `features:`, inside rules, and for Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from many_worlds import metrics_alone, metrics_of_both, parts_of, reader_of, system_of, world_of_trials
from test_simulation_many import assert_as_alone

from btcli.config.changing import changed, tree_of
from btcli.errors import ConfigError
from btcli.simulation.many import run_many
from btcli.simulation.ruled import names_of
from btcli.simulation.trials import Trial
from btcli.strategies.rules.parts import numbers_of

NAMED = {
    "features": {
        "ltf": {
            "slope": "fast - fast[3]",
            "fast": "ema(hlc3 - low, 5)",
            "smooth": "sma(rsi(close, 14), 3)",
            "wide": "ema(max(0.1, high - low), 9)",
            "above": "count(close > open, 6)",
        },
        "htf": {"away": "sma(close - trend, 4)", "trend": "ema(close, 4)"},
    },
    "strategy.rules.long": {"enter": "cross_above(smooth, 50) and htf.away > 0", "exit": "slope < 0 and above < 3"},
    "strategy.rules.short": {"enter": "cross_below(smooth, 50)", "stop": "2 * wide"},
    "strategy.rules.target": "far * 3 * wide",
}
INLINE = {
    "features": {"htf": {"trend": "ema(close, 4)"}},
    "strategy.rules.long": {
        "enter": "cross_above(sma(rsi(close,14), 3), 50) and htf.sma(close - htf.trend, 4) > 0",
        "exit": "ema(hlc3 - low, 5) - ema(hlc3-low,5)[3] < 0 and count(close > open, 6) < 3",
    },
    "strategy.rules.short": {
        "enter": "cross_below(ltf.sma(ltf.rsi(ltf.close, 14), 3), 50)",
        "stop": "2 * ema(max(0.1, high - low), 9)",
    },
    "strategy.rules.target": "far * 3 * ltf.ema(max(high - low, 0.1), 9)",
}


def test_the_same_words_inside_rules_give_the_same_run(tmp_path: Path) -> None:
    """Every figure of the run; and what it loads before the window."""
    due, found = metrics_of_both(NAMED, INLINE, tmp_path)
    assert found == due
    assert due["trades"] > 10


def test_trials_are_given_features_of_features(tmp_path: Path) -> None:
    """A trial that changes what another feature is made of gives what a run of its own gives."""
    system = system_of()
    reader = reader_of(system)
    world = world_of_trials(system, reader, NAMED)
    other = NAMED | {"features.htf.trend": "sma(close, 3)"}
    of_trials = run_many(world, [Trial(NAMED), Trial(other), Trial(INLINE)])
    alone = [
        metrics_alone(system, reader, changes, tmp_path / name)
        for name, changes in (("named", NAMED), ("other", other), ("inline", INLINE))
    ]
    for found, due, changes in zip(of_trials, alone, (NAMED, other, INLINE), strict=True):
        assert_as_alone(found, due, changes)
    assert alone[0] != alone[1]


@pytest.mark.parametrize(
    "features",
    [
        {"flow": "obv()"},
        {"flow": "2 * obv() - 7"},
        {"flow": "sma(money, 3)[1]", "money": "cumsum(close * volume)"},
        {"flow": "highest(obv(), 9)"},
        {"flow": "bbands(obv(), 9, 2, 2).upper"},
    ],
)
def test_what_is_made_of_an_anchored_level_is_one(features: dict[str, str]) -> None:
    """Moved, scaled, averaged or the highest of some: compared with a number it says nothing."""
    system = system_of()
    wrong = changed(
        system, tree_of(system), {"features": {"ltf": features}, "strategy.rules": {"long": {"enter": "flow > 5"}}}
    )
    with pytest.raises(ConfigError, match="flow has a level that hangs on the bar at which its history starts"):
        parts_of(wrong)


@pytest.mark.parametrize(
    "text",
    ["obv() - obv()[20]", "rsi(obv(), 14)", "obv() - sma(obv(), 9)", "mom(obv(), 3)", "count(obv() > obv()[1], 5)"],
)
def test_what_forgets_the_level_is_compared_with_numbers(text: str) -> None:
    """A change, an oscillator or a count of it is the same wherever history starts."""
    system = system_of()
    rules = {"long": {"enter": f"flow > 5 and {text} > far"}}
    right = changed(system, tree_of(system), {"features": {"ltf": {"flow": text}}, "strategy.rules": rules})
    assert parts_of(right).plan.of("ltf")


def test_numbers_inside_of_a_function_are_not_read_by_themselves() -> None:
    """What is shown of a moment are values of the closes of ltf: the close inside htf.sma(…) is another one."""
    system = system_of()
    system = changed(system, tree_of(system), NAMED)
    names = names_of(system, system.strategy)
    text = "htf.sma(close - trend, 4) > 0 and fast > highest(close - open, 3)"
    assert [shown for shown, _ in numbers_of(text, names)] == [
        "htf.sma(close - trend, 4)", "fast", "highest(close - open, 3)", "close - open", "close", "open",
    ]  # fmt: skip


def test_a_comparison_inside_of_a_function_is_read_where_it_stands() -> None:
    """The count of htf names a feature that ltf has not."""
    system = system_of()
    rules = {"long": {"enter": "htf.sma(count(close > trend, 5), 3) > far"}}
    right = changed(system, tree_of(system), {"features": {"htf": {"trend": "ema(close, 4)"}}, "strategy.rules": rules})
    names = sorted(feature.name for feature in parts_of(right).plan.of("htf"))
    assert names == ["sma(count(close > trend, 5), 3)", "trend"]

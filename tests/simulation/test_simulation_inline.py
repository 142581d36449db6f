"""Features that stand inside rules are those of the same words under `features:`."""

from __future__ import annotations

from pathlib import Path

import pytest
from many_worlds import metrics_alone, metrics_of_both, parts_of, reader_of, system_of, world_of_trials
from test_simulation_many import assert_as_alone

from btcli.config.changing import changed, tree_of
from btcli.errors import ConfigError
from btcli.simulation.many import run_many
from btcli.simulation.trials import Trial

NAMED = {
    "features": {
        "ltf": {"f": "ema(close, 5)", "s": "sma(high, 30)", "m": "macd(close, 5, 9, 4).hist", "a": "atr(14)"},
        "htf": {"t": "ema(close, 4)"},
    },
    "strategy.rules.long": {"enter": "cross_above(f, s) and htf.close > htf.t", "exit": "m < -2"},
    "strategy.rules.short": {"enter": "cross_below(f, s)", "stop": "2 * a"},
    "strategy.rules.target": "far * 3 * a",
}
INLINE = {
    "features": {"ltf": {"f": "ema(close, 5)"}},
    "strategy.rules.long": {
        "enter": "cross_above(f, sma(high,30)) and htf.close > htf.ema(close, 4)",
        "exit": "macd(close, 5, 9, 4).hist < -2",
    },
    "strategy.rules.short": {"enter": "cross_below(f, ltf.sma(high, 30))", "stop": "2 * atr(14)"},
    "strategy.rules.target": "far * 3 * ltf.atr( 14 )",
}


@pytest.mark.parametrize("rule", ["obv() > obv()[20]", "cross_above(obv(), close)", "rising(obv(), 3)"])
def test_an_anchored_level_is_compared_with_its_own_past(rule: str) -> None:
    """What does not hang on where history starts is a rule like others."""
    system = system_of()
    assert parts_of(changed(system, tree_of(system), {"strategy.rules.long.enter": rule})).plan.of("ltf")


def test_a_feature_inside_a_rule_gives_the_same_run(tmp_path: Path) -> None:
    """Every figure of the run, and what it loads before the window."""
    due, found = metrics_of_both(NAMED, INLINE, tmp_path)
    assert found == due
    assert due["trades"] > 10


def test_trials_see_features_inside_rules(tmp_path: Path) -> None:
    """A trial gives what a run of its own gives."""
    system = system_of()
    reader = reader_of(system)
    world = world_of_trials(system, reader, NAMED)
    (figures,) = run_many(world, [Trial(INLINE)])
    alone = metrics_alone(system, reader, INLINE, tmp_path / "alone")
    assert_as_alone(figures, alone, INLINE)
    assert alone["final_equity_usdt"] != 10_000


def test_a_symbol_with_parameters_of_its_own_has_the_same_features(tmp_path: Path) -> None:
    """They are computed for each symbol; a trial and a run of its own agree."""
    system = system_of(symbols=("BTCUSDT", "ETHUSDT"))
    changes = INLINE | {"strategy.per_symbol": {"ETHUSDT": {"params": {"far": 0.1}}}}
    one, other = parts_of(changed(system, tree_of(system), changes)).plans
    assert [each.name for each in one.of("htf")] == [each.name for each in other.of("htf")] == ["ema(close, 4)"]
    reader = reader_of(system)
    alone = metrics_alone(system, reader, changes, tmp_path / "alone")
    assert alone != metrics_alone(system, reader, INLINE, tmp_path / "shared")
    (figures,) = run_many(world_of_trials(system, reader, changes), [Trial(changes)])
    assert_as_alone(figures, alone, changes)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("ema(close, 1) > 1", "period must be at least 2, not 1, at column 12"),
        ("close > ema(clos, 9)", "unknown name 'clos', at column 13"),
        ("bbands(close, 20, 2, 2) > 1", "bbands has several outputs"),
        ("bbands(close, 20, 2, 2).uper > 1", "bbands has no output 'uper'"),
        ("flow > 1000", "flow has a level that hangs on the bar at which its history starts"),
        ("cross_below(0, 2 * flow[3] - 1)", "flow has a level that hangs on the bar"),
        ("htf.cumsum(close) > far", "htf.cumsum(close) has a level that hangs on the bar"),
        ("atr(close, 14) > 1", "atr reads high, low, close by itself, at column 5"),
    ],
)
def test_a_mistake_inside_a_call_is_said_of_its_place(rule: str, said: str) -> None:
    """The message of the same mistake under `features:`, the expression, and a caret."""
    system = system_of()
    flow = {"features.ltf.flow": "obv()"} if "flow" in rule else {}
    wrong = changed(system, tree_of(system), {**flow, "strategy.rules.long.enter": rule})
    with pytest.raises(ConfigError) as caught:
        parts_of(wrong)
    assert said in str(caught.value)
    assert f"\n  {rule}\n" in str(caught.value)

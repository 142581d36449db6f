"""How much history a feature needs, and the measurement behind it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from btcli import features
from btcli.errors import ConfigError
from btcli.features.catalog import FUNCTIONS, PATTERN
from btcli.features.expression import parse_feature
from btcli.features.history import warmup_of
from btcli.features.plan import plan_features
from btcli.features.talib_calls import lookback

MEASURED = Path(features.__file__).with_name("warmup.csv")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ema(close, 9)", 8 + 47),  # ln(10,000) = 9.2103; * 5 = 46.05
        ("rsi(close, 14)", 14 + 129),  # 9.2103 * 14 = 128.9
        ("atr(14)", 14 + 129),
        ("sma(close, 20)", 19),
        ("bbands(close, 20, 2, 2).upper", 19),
        ("typprice()", 0),
        ("macd(close, 12, 26, 9).hist", 33 + 187),  # 9.2103 * 13.5 * 1.5 = 186.5
        ("adx(14)", 27 + 194),  # 9.2103 * 14 * 1.5 = 193.4
        ("ma(close, 20)", 19),
        ("ma(close, 9, 1)", 8 + 47),  # that of ema(close, 9)
        ("bbands(close, 20, 2, 2, 13).upper", 19 + 185),  # 9.2103 * 20 = 184.2
        (
            "kama(close, 10)",
            10 + 652,
        ),  # weight (2/31 + (2/3 - 2/31) / 10)^2 = 0.015553 a bar; 9.2103 * 1.1 / 0.015553 = 651.4
        ("sar(0.02, 0.2)", 1 + 500),
        ("ht_sine(close).sine", 63 + 500),
        ("mama(close, 0.5, 0.05).mama", 32 + 500),  # more than 9.2103 * 2 / 0.05 = 368.4
        ("mama(close, 0.5, 0.01).mama", 32 + 1843),  # 9.2103 * 2 / 0.01 = 1842.1
        ("supertrend(10, 3).trend", 10 + 500),
        ("obv(close, volume)", 0),
        ("cdlmorningstar()", 12),
    ],
)
def test_warmup_is_lookback_and_memory(text: str, expected: int) -> None:
    """A recursive function needs its lookback and ln(1/tolerance) times its memory; a fixed one its lookback."""
    assert warmup_of(parse_feature(text)) == expected


def test_tolerance_and_override_change_the_warmup() -> None:
    """A smaller tolerance asks for more bars; an override replaces them, but never goes below the lookback."""
    ema = parse_feature("ema(close, 9)")
    assert warmup_of(ema, tolerance=1e-8) == 8 + 93  # 18.4207 * 5 = 92.1
    assert warmup_of(ema, override=300) == 300
    assert warmup_of(ema, override=3) == 8


def test_a_role_needs_what_its_longest_feature_needs() -> None:
    """The warm-up of a role is the longest of its features, of its override, or nothing."""
    plan = plan_features({"ltf": {"a": "sma(close, 5)", "b": "sma(close, 50)"}, "htf": {"c": "sma(close, 3)"}})
    assert plan.warmup_bars() == {"exec": 0, "ltf": 49, "mtf": 0, "htf": 2}
    assert plan_features({}, overrides={"mtf": 7}).warmup_bars()["mtf"] == 7


def test_all_problems_of_a_plan_are_told_at_once() -> None:
    """Every expression that cannot be read is listed, each at its own place."""
    with pytest.raises(ConfigError) as caught:
        plan_features(
            {
                "ltf": {"a": "emma(close, 9)", "b": "ema(close, 9)"},
                "htf": {"c": "ema(9)"},
                "exec": {"d": "sma(close, 3)"},
            },
            locate=lambda key: f"system.yml of {key}",
        )
    assert [problem.where for problem in caught.value.problems] == [
        "system.yml of features.ltf.a",
        "system.yml of features.htf.c",
        "system.yml of features.exec.d",
    ]
    assert "at column 1:\n  emma(close, 9)\n  ^" in str(caught.value.problems[0])


def test_measurement_covers_every_function_and_backs_its_plan() -> None:
    """No start mattered any more after the planned number of bars, for any function that forgets and is no pattern."""
    with MEASURED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    measured = {name for name, each in FUNCTIONS.items() if not each.anchored and not name.startswith(PATTERN)}
    assert {row["expression"].partition("(")[0] for row in rows} == measured
    for row in rows:
        call = parse_feature(row["expression"])
        assert int(row["lookback_bars"]) == lookback(call)
        assert float(row["memory_bars"]) == call.function.memory(call.numbers)
        assert int(row["lookback_bars"]) + int(row["planned_bars"]) == warmup_of(call, float(row["tolerance"]))
        assert int(row["measured_bars"]) <= int(row["planned_bars"]), row["expression"]

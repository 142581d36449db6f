"""Which values of a sweep nobody could run, found out by themselves and as parts of a whole system."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from btcli.config.model import Window
from btcli.errors import ConfigError, Problem, RequestError
from btcli.features.meanings import _meanings, _reader
from btcli.features.plan import FeaturePlan
from btcli.features.talib_calls import _lookback
from btcli.research import part as parts_of_systems
from btcli.research.needs import needs_of
from btcli.research.part import part_of
from btcli.research.plan import Source
from btcli.research.space import space_of
from btcli.research.trying import problems_of, require_runnable
from btcli.simulation.parts import prepared

WINDOW = Window.between(1_704_067_200_000, 1_704_153_600_000)
HEAD = """
system: looked
venue: bybit
symbols: [BTCUSDT]
timeframes: {exec: 1m, ltf: 5m, mtf: 1h, htf: 1d}
risk: {sizing: {qty: 0.1}}
"""
ALONE = """
features:
  ltf: {f: "ema(close, 12)", s: "ema(f, 48)", deep: "s + 1", deeper: "abs(deep) + f"}
  htf: {t: "sma(close, 9)"}
"""
INLINE = ALONE + "warmup: {bars: {htf: 20}}\n"
RULES = """
strategy:
  params: {far: 2.0}
  rules:
    long: {enter: "cross_above(ltf.f, ltf.s) and htf.t > 0"}
    stop: "far * ltf.close"
"""
WITH_INLINE = """
strategy:
  rules:
    long:
      enter: cross_above(ltf.deeper, ltf.sma(s, 14)) and htf.sma(close, 5) > htf.t[30] and ETHUSDT.htf.sma(t, 7) > 0
"""
MADE = (
    ALONE.replace('deep: "s + 1"', 'deep: "f + 1"')
    .replace("ema(close, 12)", "sma(close, 12)")
    .replace("ema(f, 48)", "f")
)
FUNCTION = ALONE.replace('t: "sma(close, 9)"', 't: {python: "code.py:seen", bars: 3}')
CODE = """
import numpy as np

from btcli.strategies import Strategy


def seen(bars):
    return np.asarray(bars.close)


class Idle(Strategy):
    features = {"ltf": {"mean": "sma(f, 30)"}}

    def decide(self, snapshot):
        return None
"""
SYSTEMS = {
    "alone": HEAD + ALONE + RULES,
    "made": HEAD + MADE + RULES,
    "inline": HEAD + INLINE + WITH_INLINE,
    "function": HEAD + FUNCTION + RULES,
    "python": HEAD + ALONE + "strategy: {use: ema_rsi_atr}\n",
    "code": HEAD + ALONE + "strategy: {use: 'code.py:Idle'}\n",
    "own": HEAD + ALONE + RULES + "  per_symbol: {BTCUSDT: {params: {far: 1.0}}}\n",
}
NESTED = "".join("abs(" for _ in range(49)) + "close" + ")" * 49
TEXTS = (
    *("ema(close, 9)", "ema(close, 9.5)", "ema(close, 1)", "ema(close)", "ema(close, 9, 9)", "ema(9, close)"),
    *(
        "eman(close, 9)",
        "EMA(close, 9)",
        "ema(close, 100001)",
        "ema(close, 4999)",
        "ema (close,9)",
        " close ",
        "close",
    ),
    *(
        "1",
        "1 + 2",
        "close >",
        "close > 1",
        "count(close > open, 9)",
        "close[3]",
        "close[-1]",
        "close / 0",
        "close +* 1",
    ),
    *("f", "s", "deep", "deeper", "s + deeper", "t", "htf.t", "htf.close", "exec.close", "ETHUSDT.close", "ltf.close"),
    *(
        "macd(close, 12, 26, 9)",
        "macd(close, 12, 26, 9).hist",
        "macd(close, 12, 26, 9).his",
        "atr(14)",
        "atr(close, 14)",
    ),
    *("obv()", "obv", "highest(close, 20)", "max(high, 20)", "bars_since(close > open)", "a then b within 3", "far"),
    *(
        "position.bars",
        "signals.score",
        "time.hour",
        "close && open",
        "“close”",
        "$",
        "",
        "   ",
        NESTED,
        f"abs({NESTED})",
    ),
    *(
        f"{NESTED} + s",
        "(" * 60 + "close" + ")" * 60,
        "x" * 4001,
        "ema(ema(ema(s, 200), 300), 400)",
        "stochrsi(close, 14, 5, 3, 0).k",
    ),
)
OTHERS: tuple[Any, ...] = (1, 1.5, True, None, [], ["close"], {}, {"python": "code.py:seen", "bars": 2}, {"bars": 1})


def source_of(name: str, folder: Path) -> Source:
    """A system file with a function beside it."""
    (folder / "code.py").write_text(CODE)
    file = folder / "looked.yml"
    file.write_text(SYSTEMS[name])
    return Source(file.read_text(), str(file))


def said_of(look: Callable[[], Iterable[FeaturePlan]]) -> tuple[str, ...]:
    """The features with their warm-up, or what is wrong with them: its key and its words, wherever it stands."""
    try:
        features = [each for plan in look() for each in plan.all]
    except RequestError as error:
        return tuple(map(without_place, error.problems))
    return tuple(re.sub(r" at 0x\w+", "", repr(each)) for each in features)


def without_place(problem: Problem) -> str:
    """A key stands alone where values are looked at, and before the words beside a line of a file."""
    found = re.match(r"(features\S*): ", problem.message)
    key = found[1] if found else problem.where.rpartition(" ")[2]
    return f"{key}: {problem.message.removeprefix(f'{key}: ')} ({problem.hint})"


def afresh(source: Source, key: str, value: object) -> list[FeaturePlan]:
    """The features of a run with this value, as if none had ever been read."""
    _meanings.cache_clear()
    _reader.cache_clear()
    _lookback.cache_clear()
    return prepared(source.system({key: value}), "w", WINDOW, source.folder).plans


@pytest.mark.parametrize("key", ["features.ltf.f", "features.ltf.deep", "features.htf.t"])
def test_a_text_is_what_it_is_in_a_whole_file(key: str, tmp_path: Path) -> None:
    """Rules are read anew only where it matters: the same problems in the same words, else the same features."""
    source = source_of("alone", tmp_path)
    part = part_of(source, {}, "w", WINDOW)
    for value in TEXTS:
        expected = said_of(lambda value=value: afresh(source, key, value))
        assert said_of(lambda value=value: part.plans_with({key: value})) == expected, value
        assert bool(problems_of(part, {key: value})) == (not expected[0].startswith("Feature(")), value


@pytest.mark.parametrize("name", ["alone", "inline", "function", "python", "code"])
@pytest.mark.parametrize("key", ["features.ltf.f", "features.htf.t", "features.ltf.s"])
def test_a_value_is_what_it_is_in_a_whole_run(name: str, key: str, tmp_path: Path) -> None:
    """Where more than texts of features is looked at: functions in Python, other kinds of values, who else decides."""
    source = source_of(name, tmp_path)
    part = part_of(source, {}, "w", WINDOW)
    for value in (*OTHERS, *(TEXTS[::8] if name != "alone" else ())):
        whole = said_of(lambda value=value: prepared(source.system({key: value}), "w", WINDOW, source.folder).plans)
        assert said_of(lambda value=value: part.plans_with({key: value})) == whole, value


def test_what_was_looked_at_before_changes_nothing(tmp_path: Path) -> None:
    """A part that has seen all values says of each what a fresh one says."""
    source = source_of("alone", tmp_path)
    seen = part_of(source, {}, "w", WINDOW)
    for value in TEXTS:
        problems_of(seen, {"features.ltf.f": value})
    for value in TEXTS[::3]:
        fresh = part_of(source, {}, "w", WINDOW)
        for key in ("features.ltf.f", "features.ltf.s"):
            assert problems_of(seen, {key: value}) == problems_of(fresh, {key: value})


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("features.ltf", {"f": "ema(close, 9)"}, "unknown name 'ltf.s'"),
        ("features", {}, "unknown name 'ltf.f'"),
        ("features.htf.t", "obv()", "hangs on the bar at which its history starts"),
        ("features.htf", {"t": "sma(close, 5)", "close": "open"}, "close"),
    ],
)
def test_what_rules_could_not_name_or_compare_any_more_is_found(
    key: str, value: object, expected: str, tmp_path: Path
) -> None:
    """No name is wrong in itself, and none could be run under these rules."""
    part = part_of(source_of("alone", tmp_path), {}, "w", WINDOW)
    assert expected in problems_of(part, {key: value})[0].message


@pytest.mark.parametrize(
    "grid",
    [
        ('features.ltf.s=["sma(close, 310)", "sma(f, 100)"]', 'features.ltf.f=["sma(close, 3)", "sma(close, 250)"]'),
        ('features.ltf.f=["sma(close, 3)", "sma(close, 250)"]', 'features.ltf.s=["sma(close, 310)", "sma(f, 100)"]'),
        (
            'features.ltf.deeper=["sma(close, 345)", "sma(s, 50)"]',
            'features.ltf.s=["sma(close, 310)", "sma(deep, 100)"]',
            'features.ltf.f=["sma(close, 3)", "sma(close, 250)"]',
        ),
        (
            'strategy.rules.exit=["ltf.sma(close, 310) > 1", "ltf.sma(close - f, 100) > 1"]',
            'features.ltf.f=["sma(close, 3)", "sma(close, 250)"]',
        ),
    ],
)
def test_the_widest_of_trials_has_the_history_of_each(grid: tuple[str, ...], tmp_path: Path) -> None:
    """Features that vary are made of others that do: which values need most together is seen of none by itself."""
    source = source_of("made", tmp_path)
    space = space_of(grid, None, 0)
    part = part_of(source, {}, "w", WINDOW)
    most = needs_of(part, part.parts, space).history.bars["ltf"]
    alone = [
        prepared(source.system(space.changes(trial)), "w", WINDOW, source.folder).spans.role("ltf").warmup_bars
        for trial in range(1, space.trials + 1)
    ]
    assert most == max(alone)


def counted_preparations(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every system that is read as a whole, with the code that it names."""
    seen: list[object] = []

    def preparing(system: Any, *others: Any) -> Any:
        seen.append(system)
        return prepared(system, *others)

    monkeypatch.setattr(parts_of_systems, "prepared", preparing)
    return seen


@pytest.mark.parametrize("name", ["function", "code", "python"])
def test_code_is_loaded_once_for_all_expressions(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a strategy or a function is does not hang on other features of the file."""
    part = part_of(source_of(name, tmp_path), {}, "w", WINDOW)
    part.parts  # noqa: B018
    seen = counted_preparations(monkeypatch)
    space = space_of(["features.ltf.f=ema(close, {5..40})", "features.ltf.s=ema(f, {50..60})"], None, 0)
    require_runnable(part, space)
    needs_of(part, part.looked, space)
    assert len(seen) == (name != "python")


def test_any_number_may_stand_in_rules_of_one_symbol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in those of all: nothing is read again for it, and a name that its rules have not is told."""
    part = part_of(source_of("own", tmp_path), {}, "w", WINDOW)
    part.parts  # noqa: B018
    seen = counted_preparations(monkeypatch)
    key = "strategy.per_symbol.BTCUSDT.params"
    space = space_of([f"{key}.far=1..300"], None, 0)
    require_runnable(part, space)
    assert needs_of(part, part.looked, space).sets == ()
    assert not seen
    with pytest.raises(ConfigError, match="'fur' is no parameter of the rules"):
        require_runnable(part, space_of([f"{key}.fur=1..3"], None, 0))
    with pytest.raises(ConfigError, match="must be a number in rules"):
        require_runnable(part, space_of([f"{key}.far=[1, wide]"], None, 0))


@pytest.mark.parametrize(
    ("grid", "sets"),
    [
        (("strategy.params.far=1..3",), ()),
        (("features.ltf.s=ema(f, {50..60})", "strategy.params.far=1..3"), ('features.ltf.s="ema(f, 60)"',)),
        (("features.ltf.s=ema(f, {5..20})",), ()),  # the file's own reaches farther
        (("features.htf.t=sma(close, {9..12})",), ('features.htf.t="sma(close, 12)"',)),
    ],
)
def test_a_run_is_told_only_what_it_needs_more_history_for(
    grid: tuple[str, ...], sets: tuple[str, ...], tmp_path: Path
) -> None:
    """Values that read no more than the file as it is stand in no command that repairs the data."""
    part = part_of(source_of("alone", tmp_path), {}, "w", WINDOW)
    assert needs_of(part, part.parts, space_of(grid, None, 0)).sets == sets


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        (
            "strategy.rules.exits.0.share=[0.3, 0.5]",
            "names an item of strategy.rules.exits: lists are varied as a whole",
        ),
        ("symbols[0]=[BTCUSDT, ETHUSDT]", "names an item of symbols: lists are varied as a whole"),
        ("strategy.rules.long.exit=[null]", "null: expected an expression (to leave strategy.rules.long.exit out"),
        ("strategy.rules.exit=[none]", '"none": unknown name'),
        ("strategy.rules.exit=[none]", "vary strategy.rules as a whole, once without it"),
        ("strategy.params.far=[wide]", '"wide": must be a number in rules'),
        ('features.ltf.s=["far"]', "\"far\": unknown name 'far'"),
        ("far=1..2", "unknown key (did you mean strategy.params.far?)"),
        ("t=[close, open]", "unknown key (did you mean features.htf.t?)"),
        ("symbols=[BTCUSDT]", '"BTCUSDT": expected a list'),
        ('features.ltf=[{f: "atr(3)"}]', "strategy.rules.long.enter: unknown name 'ltf.s'"),
    ],
)
def test_what_cannot_be_varied_is_said_once_and_with_a_way_out(grid: str, said: str, tmp_path: Path) -> None:
    """The key stands before the message, another key in it where that one is wrong."""
    part = part_of(source_of("alone", tmp_path), {}, "w", WINDOW)
    with pytest.raises(ConfigError) as refused:
        require_runnable(part, space_of([grid], None, 0))
    told = str(refused.value)
    assert said in told
    assert told.startswith(f"--grid {grid.partition('=')[0]} ")
    assert f": {grid.partition('=')[0]}: " not in told

"""What a strategy is shown, and from when on."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from engine_worlds import MARK_PRICE, MINUTE, START, Scripted, candles, inputs_of, minutes_of, run, system_of, walk

import btcli.exchange
from btcli.engine.snapshots import Seen, SnapshotBuilder
from btcli.market.series import Bar, Bars, Role
from btcli.strategies import ExchangeState

HOUR = 60
ROLES4 = "{exec: 1m, ltf: 5m, mtf: 15m, htf: 1h}"
LABELS: dict[Role, str] = {"exec": "1m", "ltf": "5m", "mtf": "15m", "htf": "1h"}
FLAT_STATE = ExchangeState(*[0.0] * 7, False, 0, *[0.0] * 5, False, None)


def bars_of(minutes: int, every: int) -> Bars:
    """Closed candles of `every` minutes from START on, whose close counts up."""
    count = minutes // every
    ts_open = START + np.arange(count, dtype=np.int64) * every * MINUTE
    close = 100.0 + np.arange(count)
    return Bars(ts_open, ts_open + every * MINUTE, close, close + 1, close - 1, close, close)


def builder_of(minutes: int = 180, **columns: dict[str, np.ndarray]) -> SnapshotBuilder:
    """A builder over 1m, 5m, 15m and 1h candles that begin at START."""
    lengths: dict[Role, int] = {"exec": 1, "ltf": 5, "mtf": 15, "htf": 60}
    bars = {role: bars_of(minutes, length) for role, length in lengths.items()}
    given: dict[Role, dict[str, np.ndarray]] = {role: columns.get(role, {}) for role in bars}
    return SnapshotBuilder("BTCUSDT", bars, LABELS, given, reader_of(bars["exec"]))


def reader_of(bars: Bars) -> Callable[[int], Bar]:
    """Reads the exec bar of a step where every one has its own."""
    return lambda step: Bar("BTCUSDT", "1m", *(column.item(step) for column in bars))


def minute(count: int) -> int:
    return START + count * MINUTE


def test_cached_value_unchanged_between_closes() -> None:
    """Between two closes of a timeframe its snapshot is the same object."""
    builder = builder_of()
    builder.refresh(minute(60))
    before = builder["htf"]
    for count in range(61, 120):
        builder.refresh(minute(count))
        assert builder["htf"] is before
    builder.refresh(minute(120))
    assert builder["htf"] is not before


def test_cache_updates_at_close_only() -> None:
    """A timeframe has a new snapshot exactly at the steps that end one of its bars."""
    builder = builder_of()
    closed = {count: builder.refresh(minute(count)) for count in range(1, 121)}
    assert [count for count, roles in closed.items() if "mtf" in roles] == list(range(15, 121, 15))
    assert [count for count, roles in closed.items() if "htf" in roles] == [60, 120]


def test_htf_updates_before_mtf() -> None:
    """Where several timeframes close at a step, HTF comes before MTF before LTF."""
    builder = builder_of()
    for count in range(1, 60):
        builder.refresh(minute(count))
    assert builder.refresh(minute(60)) == ("htf", "mtf", "ltf")


def test_not_ready_until_first_close() -> None:
    """Before the first close of a timeframe there is a placeholder that says why, never None."""
    builder = builder_of()
    builder.refresh(minute(59))
    htf = builder["htf"]
    assert (htf.ready, htf.bar, htf.ts_close, dict(htf.features)) == (False, None, None, {})
    assert htf.not_ready_reason == "no htf bar (1h) has closed yet"
    assert builder.not_ready == ("no htf bar (1h) has closed yet",)


def test_ready_after_both_updated() -> None:
    """With MTF closed and HTF open the snapshot is not ready; with both it is."""
    builder = builder_of()
    builder.refresh(minute(15))
    assert builder["mtf"].ready
    assert builder.not_ready
    builder.refresh(minute(60))
    assert builder.not_ready == ()


def test_a_feature_without_a_value_is_a_reason() -> None:
    """A role whose feature has no value yet is not ready and names the feature; others keep their values."""
    fast, slow = np.arange(36.0), np.arange(36.0)
    slow[:4] = np.nan
    builder = builder_of(ltf={"fast": fast, "slow": slow})
    builder.refresh(minute(15))
    assert builder["ltf"].not_ready_reason == "ltf has no slow yet"
    assert builder["ltf"]["fast"] == 2.0
    builder.refresh(minute(25))
    assert builder["ltf"].ready
    assert dict(builder["ltf"].features) == {"fast": 4.0, "slow": 4.0}


def test_snapshot_builder_never_calls_the_price_model() -> None:
    """The mark in a snapshot is the one the step carries, even where no bar knows such a price."""
    builder = builder_of()
    builder.refresh(minute(60))
    snapshot = builder.build(59, Seen(minute(60), 12_345.678, "mark", FLAT_STATE))
    assert (snapshot.mark_price, snapshot.mark_price_source) == (12_345.678, "mark")
    assert snapshot.bar.ts_close == minute(60)
    assert snapshot.exchange.equity_usdt == 0.0


def test_snapshots_cannot_be_changed() -> None:
    """Neither a snapshot nor its parts nor its mappings can be written to."""
    builder = builder_of(ltf={"fast": np.arange(36.0)})
    builder.refresh(minute(60))
    snapshot = builder.build(59, Seen(minute(60), 1.0, "last", FLAT_STATE))
    with pytest.raises(AttributeError):
        snapshot.mark_price = 2.0  # type: ignore[misc]
    with pytest.raises(AttributeError):
        snapshot.exchange.cash_usdt = 2.0  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        snapshot.ltf.ready = False  # type: ignore[misc]
    with pytest.raises(TypeError):
        snapshot.ltf.features["fast"] = 0.0  # type: ignore[index]
    with pytest.raises(TypeError):
        snapshot.tf_mapping["ltf"] = "1m"  # type: ignore[index]


def test_an_unknown_feature_names_the_nearest() -> None:
    """Asking a timeframe for a feature it does not have says which one it has."""
    builder = builder_of(ltf={"ema_fast": np.arange(36.0)})
    builder.refresh(minute(5))
    with pytest.raises(KeyError, match="5m has no feature 'ema_fats': did you mean ema_fast"):
        builder["ltf"]["ema_fats"]


def test_runtime_snapshot_mark_equals_exchange_mark() -> None:
    """At every decision the snapshot's mark is the close of the mark candle, as in the exchange's own row."""
    system = system_of(3 * HOUR, ROLES4, mark="mark")
    trades, marks = walk(3 * HOUR), candles(np.linspace(40_000, 40_500, 3 * HOUR))
    strategy = Scripted()
    _, told = run(system, inputs_of(system, trades, marks), strategy)
    rows = dict(zip(told.ts_close, told.rows, strict=True))
    assert strategy.seen
    for snapshot in strategy.seen:
        assert snapshot.mark_price == rows[snapshot.ts_close][MARK_PRICE]
        assert snapshot.mark_price == marks["close"][int(minutes_of(snapshot.ts_close)) - 1]
        assert snapshot.mark_price_source == "mark"


def test_a_missing_mark_candle_is_replaced_by_the_last_price_and_says_so() -> None:
    """With gaps allowed, the step whose mark candle is missing is marked at the last close, with the source "last"."""
    system = system_of(3 * HOUR, ROLES4, mark="mark")
    allowing = system.model_copy(update={"data": system.data.model_copy(update={"gaps": "allow_confirmed"})})
    trades, marks = walk(3 * HOUR), candles(np.linspace(40_000, 40_500, 3 * HOUR))
    hole = 99  # the minute that ends at 100, an ltf close
    strategy = Scripted()
    run(allowing, inputs_of(allowing, trades, marks.filter(marks["ts_open"] != START + hole * MINUTE)), strategy)
    shown = {int(minutes_of(seen.ts_close)): (seen.mark_price, seen.mark_price_source) for seen in strategy.seen}
    assert shown[100] == (trades["close"][hole], "last")
    assert shown[95] == (marks["close"][94], "mark")


def test_nothing_shown_closed_later_than_the_decision() -> None:
    """Every bar in a snapshot closed by the step's close, and the exec and ltf bars end with it."""
    system = system_of(3 * HOUR, ROLES4)
    strategy = Scripted()
    run(system, inputs_of(system, walk(3 * HOUR)), strategy)
    assert [minutes_of(snapshot.ts_close) for snapshot in strategy.seen] == list(range(60, 180, 5))
    for snapshot in strategy.seen:
        assert snapshot.bar.ts_close == snapshot.ltf.ts_close == snapshot.ts_close
        for shown, length in ((snapshot.mtf, 15), (snapshot.htf, 60)):
            assert shown.ts_close == START + (int(minutes_of(snapshot.ts_close)) // length) * length * MINUTE
        assert snapshot.tf_mapping == {"exec": "1m", "ltf": "5m", "mtf": "15m", "htf": "1h"}


def test_history_before_the_window_makes_every_timeframe_ready_at_its_start() -> None:
    """With warm-up loaded the first decision is the first ltf close of the window."""
    system = system_of(60, ROLES4, features='{htf: {mean: "sma(close, 3)"}, ltf: {fast: "ema(close, 5)"}}')
    strategy = Scripted()
    _, told = run(system, inputs_of(system, walk(60, history=6 * HOUR)), strategy)
    assert minutes_of(strategy.seen[0].ts_close) == 5
    closes = walk(60, history=6 * HOUR)["close"].to_list()
    hourly = [closes[60 * k - 1] for k in (4, 5, 6)]
    assert strategy.seen[0].htf["mean"] == pytest.approx(sum(hourly) / 3, rel=1e-12)
    assert [event.fields for event in told.named("ready")] == [{"ready": True}]
    assert minutes_of(told.named("ready")[0].ts) == 5


def test_equity_is_recorded_while_not_ready() -> None:
    """The curve begins at the window's start although the first decision comes an hour later."""
    system = system_of(2 * HOUR, ROLES4)
    strategy = Scripted()
    _, told = run(system, inputs_of(system, walk(2 * HOUR)), strategy)
    assert minutes_of(strategy.seen[0].ts_close) == 60
    assert minutes_of(told.ts_close[0]) == 1
    assert [row[0] for row in told.rows[:60]] == [10_000.0] * 60


def test_single_timeframe_is_the_default() -> None:
    """With only ltf given, all roles are one timeframe and trading begins with its first close."""
    system = system_of(30, "{ltf: 1m}")
    inputs = inputs_of(system, walk(30))
    bars = inputs.symbols[0].bars
    assert bars["exec"] is bars["ltf"] is bars["mtf"] is bars["htf"]
    strategy = Scripted()
    run(system, inputs, strategy)
    assert [minutes_of(snapshot.ts_close) for snapshot in strategy.seen] == list(range(1, 30))
    assert all(snapshot.htf.ts_close == snapshot.ts_close for snapshot in strategy.seen)


def test_the_exchange_knows_no_feature() -> None:
    """No module of the exchange imports features, strategies, the engine or the market."""
    for path in Path(btcli.exchange.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith("btcli.") or name.startswith("btcli.exchange"), f"{path.name} imports {name}"


def test_roles_of_one_timeframe_without_features_share_what_is_read() -> None:
    """With one timeframe mtf and htf are one object, and the exec bar is the ltf's; each still says its own reason."""
    bars = dict.fromkeys(("exec", "ltf", "mtf", "htf"), bars_of(60, 1))
    columns: dict[Role, dict[str, np.ndarray]] = {"exec": {}, "ltf": {"fast": np.arange(60.0)}, "mtf": {}, "htf": {}}
    builder = SnapshotBuilder("BTCUSDT", bars, dict.fromkeys(LABELS, "1m"), columns, reader_of(bars["exec"]))
    assert builder.not_ready == tuple(f"no {role} bar (1m) has closed yet" for role in ("htf", "mtf", "ltf"))
    builder.refresh(minute(7))
    snapshot = builder.build(6, Seen(minute(7), 1.0, "last", FLAT_STATE))
    assert snapshot.mtf is snapshot.htf
    assert snapshot.bar is snapshot.ltf.bar is snapshot.mtf.bar
    assert (dict(snapshot.ltf.features), dict(snapshot.mtf.features)) == ({"fast": 6.0}, {})


def test_infinities_that_cancel_out_are_values() -> None:
    """Only what is no number makes a role wait."""
    columns = {"up": np.full(36, np.inf), "down": np.full(36, -np.inf)}
    builder = builder_of(ltf=columns)
    builder.refresh(minute(60))
    assert builder["ltf"].ready

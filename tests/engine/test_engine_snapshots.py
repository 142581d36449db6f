"""What a strategy is shown, and from when on."""

from __future__ import annotations

import ast
import dataclasses
import struct
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from engine_worlds import MARK_PRICE, MINUTE, START, Scripted, candles, inputs_of, minutes_of, run, system_of, walk

import btcli.exchange
from btcli.engine.snapshots import SHOWN_ROLES, SnapshotBuilder
from btcli.exchange.book.states import SEEN_FIELDS
from btcli.market.series import Bars, Role
from btcli.strategies import RuntimeSnapshot

HOUR = 60
ROLES4 = "{exec: 1m, ltf: 5m, mtf: 15m, htf: 1h}"
LABELS: dict[Role, str] = {"exec": "1m", "ltf": "5m", "mtf": "15m", "htf": "1h"}


def bars_of(minutes: int, every: int) -> Bars:
    """Closed candles of `every` minutes from START on, whose close counts up."""
    count = minutes // every
    ts_open = START + np.arange(count, dtype=np.int64) * every * MINUTE
    close = 100.0 + np.arange(count)
    return Bars(ts_open, ts_open + every * MINUTE, close, close + 1, close - 1, close, close)


def builder_of(minutes: int = 180, **columns: dict[str, np.ndarray]) -> SnapshotBuilder:
    """A builder over 1m, 5m, 15m and 1h candles that begin at START, for a step at each minute."""
    lengths: dict[Role, int] = {"exec": 1, "ltf": 5, "mtf": 15, "htf": 60}
    return builder_over({role: bars_of(minutes, length) for role, length in lengths.items()}, LABELS, columns)


def builder_over(
    bars: Mapping[Role, Bars], labels: Mapping[Role, str], columns: Mapping[str, dict[str, np.ndarray]]
) -> SnapshotBuilder:
    """A builder whose steps are the exec bars, marked at the last price."""
    given: dict[Role, dict[str, np.ndarray]] = {role: columns.get(role, {}) for role in bars}
    steps = bars["exec"].ts_close
    return SnapshotBuilder("BTCUSDT", bars, labels, given, steps, np.arange(len(steps)), lambda step: "last")


def said(**fields: float) -> bytes:
    """What the exchange writes down for a flat account without money, but for these fields."""
    return struct.pack(f"{len(SEEN_FIELDS)}d", *(fields.get(name, 0.0) for name in SEEN_FIELDS))


def minute(count: int) -> int:
    return START + count * MINUTE


def shown(builder: SnapshotBuilder, count: int) -> RuntimeSnapshot:
    """What is seen so many minutes after START."""
    return builder.build(count - 1, said())


def test_cached_value_unchanged_between_closes() -> None:
    """Between two closes of a timeframe its snapshot is the same object."""
    builder = builder_of()
    before = shown(builder, 60).htf
    for count in range(61, 120):
        assert shown(builder, count).htf is before
    assert shown(builder, 120).htf is not before


def test_cache_updates_at_close_only() -> None:
    """A timeframe has a new snapshot exactly at the steps that end one of its bars, and it is of that bar."""
    builder = builder_of()
    seen = [shown(builder, count) for count in range(1, 121)]
    changes = {
        name: [n + 2 for n, (one, two) in enumerate(pairwise(seen)) if getattr(one, name) != getattr(two, name)]
        for name in ("mtf", "htf")
    }
    assert changes == {"mtf": list(range(15, 121, 15)), "htf": [60, 120]}
    for name, counts in changes.items():
        assert [getattr(seen[count - 1], name).ts_close for count in counts] == [minute(count) for count in counts]


def test_htf_updates_before_mtf() -> None:
    """Where several timeframes close at a step, HTF is told before MTF; ltf is not told."""
    system = system_of(2 * HOUR, ROLES4)
    _, told = run(system, inputs_of(system, walk(2 * HOUR)), Scripted())
    closed = [event.fields["role"] for event in told.named("tf_closed") if minutes_of(event.ts) == 60]
    assert closed == ["htf", "mtf"]


def test_not_ready_until_first_close() -> None:
    """Before the first close of a timeframe there is a placeholder that says why, never None."""
    snapshot = shown(builder_of(), 59)
    htf = snapshot.htf
    assert (htf.ready, htf.bar, htf.ts_close, dict(htf.features)) == (False, None, None, {})
    assert htf.not_ready_reason == "no htf bar (1h) has closed yet"
    assert (snapshot.ready, snapshot.not_ready_reasons) == (False, ("no htf bar (1h) has closed yet",))
    with pytest.raises(ValueError, match="no 1h bar has closed yet"):
        _ = htf.close


def test_ready_after_both_updated() -> None:
    """With MTF closed and HTF open the snapshot is not ready; with both it is."""
    builder = builder_of()
    assert shown(builder, 15).mtf.ready
    assert not shown(builder, 15).ready
    assert (shown(builder, 60).ready, shown(builder, 60).not_ready_reasons) == (True, ())


def test_a_feature_without_a_value_is_a_reason() -> None:
    """A role whose feature has no value yet is not ready and names the feature; others keep their values."""
    fast, slow = np.arange(36.0), np.arange(36.0)
    slow[:4] = np.nan
    builder = builder_of(ltf={"fast": fast, "slow": slow})
    assert shown(builder, 15).ltf.not_ready_reason == "ltf has no slow yet"
    assert shown(builder, 15).ltf["fast"] == 2.0
    assert shown(builder, 25).ltf.ready
    assert dict(shown(builder, 25).ltf.features) == {"fast": 4.0, "slow": 4.0}


def test_a_snapshot_equals_itself_where_a_feature_has_no_value() -> None:
    """What is no number equals nothing, and a timeframe that has one is itself all the same."""
    snapshot = shown(builder_of(ltf={"slow": np.full(36, np.nan)}), 15)
    assert snapshot.ltf == snapshot.ltf
    assert snapshot == snapshot._replace()
    assert snapshot != shown(builder_of(ltf={"slow": np.full(36, 1.0)}), 15)


def test_no_bar_at_all_is_a_reason() -> None:
    """A role that never closes in the whole run is not ready at any step, and names its timeframe."""
    none = Bars(*(column[:0] for column in bars_of(60, 60)))
    exec_bars = bars_of(60, 1)
    builder = builder_over({"exec": exec_bars, "ltf": exec_bars, "mtf": exec_bars, "htf": none}, LABELS, {})
    assert {shown(builder, count).not_ready_reasons for count in (1, 60)} == {("no htf bar (1h) has closed yet",)}
    assert shown(builder, 60).htf.bar is None


def test_snapshot_builder_never_calls_the_price_model() -> None:
    """The mark in a snapshot is the one the step carries, even where no bar knows such a price."""
    snapshot = builder_of().build(59, said(mark_price=12_345.678))
    assert (snapshot.mark_price, snapshot.mark_price_source) == (12_345.678, "last")
    assert snapshot.bar.ts_close == minute(60)
    assert snapshot.exchange.equity_usdt == 0.0


def test_snapshots_cannot_be_changed() -> None:
    """Neither a snapshot nor its parts nor its mappings can be written to."""
    snapshot = shown(builder_of(ltf={"fast": np.arange(36.0)}), 60)
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
    snapshot = shown(builder_of(ltf={"ema_fast": np.arange(36.0)}), 5)
    with pytest.raises(KeyError, match="5m has no feature 'ema_fats': did you mean ema_fast"):
        snapshot.ltf["ema_fats"]
    with pytest.raises(KeyError, match="15m has no feature 'ema_fast': it has none"):
        snapshot.mtf["ema_fast"]


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


def test_roles_of_one_timeframe_share_what_is_read() -> None:
    """With one timeframe mtf and htf are one object, and the exec bar is the ltf's; each still says its own reason."""
    builder = one_timeframe(ltf={"fast": np.arange(60.0)})
    snapshot = shown(builder, 7)
    assert snapshot.mtf is snapshot.htf
    assert snapshot.bar is snapshot.ltf.bar is snapshot.mtf.bar
    assert (dict(snapshot.ltf.features), dict(snapshot.mtf.features)) == ({"fast": 6.0}, {})
    late = one_timeframe(first=3)
    assert shown(late, 2).not_ready_reasons == tuple(f"no {each} bar (1m) has closed yet" for each in SHOWN_ROLES)
    assert shown(late, 4).ltf is shown(late, 4).mtf is shown(late, 4).htf


def one_timeframe(first: int = 0, **columns: dict[str, np.ndarray]) -> SnapshotBuilder:
    """A builder whose roles are all the same 1m candles, of which those before minute `first` are missing."""
    bars = bars_of(60, 1)
    shown_bars = Bars(*(column[first:] for column in bars))
    roles: dict[Role, Bars] = {"exec": bars, "ltf": shown_bars, "mtf": shown_bars, "htf": shown_bars}
    return builder_over(roles if first else dict.fromkeys(roles, bars), dict.fromkeys(LABELS, "1m"), columns)


def test_infinities_that_cancel_out_are_values() -> None:
    """Only what is no number makes a role wait."""
    columns = {"up": np.full(36, np.inf), "down": np.full(36, -np.inf)}
    assert shown(builder_of(ltf=columns), 60).ltf.ready

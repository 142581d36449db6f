"""A snapshot says what it said at its close, however long it is kept, and leads to nothing that came later."""

from __future__ import annotations

import copy
import dataclasses
import gc
import pickle
import weakref
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from engine_worlds import START, Scripted, Told, inputs_of, minutes_of, run, system_of, walk
from hypothesis import given
from hypothesis import strategies as st

from btcli.exchange.face.events import EQUITY_COLUMNS
from btcli.market.series import Bar
from btcli.strategies import Direction, ExchangeState, FeatureSnapshot, RuntimeSnapshot, Signal
from btcli.strategies.snapshot import Others

MINUTES, SYMBOLS = 1_200, ("BTCUSDT", "ETHUSDT")
FEATURES = '{ltf: {fast: "ema(close, 3)", slow: "sma(close, 9)"}, htf: {trend: "ema(close, 3)"}}'
THREE, ONE = "{exec: 1m, ltf: 1m, mtf: 5m, htf: 15m}", "{ltf: 1m}"
CALLED = ("keys", "values", "items", "copy")
COPIES = (copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value)))


class Sees(Scripted):
    """Looks at the other symbols as well."""

    sees_others = True


def flips(snapshot: RuntimeSnapshot) -> Signal | None:
    """Long after a rise, short after a fall."""
    bar = snapshot.bar
    side = Direction.LONG if bar.close > bar.open else Direction.SHORT
    return Signal(side, stop_distance=60.0, target_distance=90.0)


@cache
def kept(timeframes: str, features: str = FEATURES) -> tuple[list[RuntimeSnapshot], dict[str, Any], Told]:
    """Everything that one of two symbols was shown in twenty hours, the candles of both, and what was told."""
    system = system_of(MINUTES, timeframes, symbols=SYMBOLS, features=features, account=", margin_mode: isolated")
    frames = {name: walk(MINUTES, seed=n) for n, name in enumerate(SYMBOLS)}
    made: list[Sees] = []

    def make() -> Sees:
        made.append(Sees(flips))
        return made[-1]

    _, told = run(system, inputs_of(system, frames), make)
    return made[0].seen, frames, told


def plain(value: Any) -> Any:
    """What a value says, all the way down, as texts and numbers."""
    if isinstance(value, RuntimeSnapshot | FeatureSnapshot):
        fields = {name: getattr(value, name) for name in dir(value) if not name.startswith("_")}
        return {name: plain(each) for name, each in fields.items()}
    if isinstance(value, ExchangeState | Bar):
        return tuple(value)
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, tuple) else value


def reached(value: Any, seen: dict[int, Any], deep: int = 6) -> Iterator[Any]:
    """Everything that public names, iteration and calls for items and copies lead to."""
    if not deep or id(value) in seen or value is None or isinstance(value, str | bytes | bool | type):
        return
    seen[id(value)] = value
    yield value
    if isinstance(value, int | float):
        return
    found: list[Any] = [getattr(value, name) for name in dir(value) if not name.startswith("_")]
    found += [each() for each in found if getattr(each, "__name__", "") in CALLED]
    if isinstance(value, Mapping):
        found += [*value, *value.values()]
    elif hasattr(value, "__iter__"):
        found += list(value)
    for each in found:
        if not callable(each):
            yield from reached(each, seen, deep - 1)


def times_in(snapshot: RuntimeSnapshot) -> list[int]:
    """Every number that could be a moment of the run."""
    numbers = [each for each in reached(snapshot, {}) if isinstance(each, int | float)]
    return [int(each) for each in numbers if START <= each <= START + 10**9]


@pytest.mark.parametrize("timeframes", [ONE, THREE])
def test_a_snapshot_kept_for_a_thousand_bars_says_what_it_said(timeframes: str) -> None:
    """Each field of a snapshot, and of the others in it, is at the end what it was at its close."""
    at_once: list[Any] = []
    again: list[RuntimeSnapshot] = []

    class Notes(Sees):
        def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
            at_once.append(plain(snapshot))
            again.append(snapshot)
            return flips(snapshot)

    system = system_of(MINUTES, timeframes, symbols=SYMBOLS, features=FEATURES)
    run(system, inputs_of(system, {name: walk(MINUTES, seed=n) for n, name in enumerate(SYMBOLS)}), Notes)
    assert len(again) > 1_500
    assert [plain(snapshot) for snapshot in again] == at_once
    assert [plain(snapshot) for snapshot in reversed(again)] == at_once[::-1]
    assert len({snapshot.exchange for snapshot in again}) > 500


def test_what_is_kept_is_what_the_candles_were() -> None:
    """Closes, features and money of snapshots read after the run are those of the candles and of the curve."""
    seen, frames, told = kept(THREE)
    closes = {name: frame["close"].to_numpy() for name, frame in frames.items()}
    curve = dict(zip(told.ts_close, told.rows, strict=True))
    for snapshot in seen[::7]:
        n = int(minutes_of(snapshot.ts_close))
        assert (snapshot.bar.close, snapshot.ltf.close) == (closes["BTCUSDT"][n - 1],) * 2
        assert snapshot.mtf.close == closes["BTCUSDT"][n // 5 * 5 - 1]
        assert snapshot.htf.ts_close == START + n // 15 * 15 * 60_000
        assert snapshot.ltf["slow"] == pytest.approx(closes["BTCUSDT"][n - 9 : n].mean(), rel=1e-12)
        assert snapshot.ltf.features["slow"] == snapshot.ltf["slow"]
        assert snapshot.others["ETHUSDT"].ltf.close == closes["ETHUSDT"][n - 1]
        assert snapshot.exchange.equity_usdt == curve[snapshot.ts_close][EQUITY_COLUMNS.index("equity_usdt")]


@pytest.mark.parametrize("timeframes", [ONE, THREE])
def test_no_public_name_reaches_past_its_close(timeframes: str) -> None:
    """No number that attributes, iteration, items or calls lead to is a moment after the close."""
    seen, _, _ = kept(timeframes)
    for snapshot in seen[5::97]:
        assert max(times_in(snapshot)) == snapshot.ts_close


def test_a_copy_holds_what_was_said_and_nothing_else() -> None:
    """Copies, deep copies and pickles are equal, frozen and made of values, and no longer than what they say."""
    seen, _, _ = kept(THREE)
    snapshot = seen[40]
    for each in COPIES:
        again = each(snapshot)
        assert (type(again), again) == (RuntimeSnapshot, snapshot)
        assert snapshot == again
        assert plain(again) == plain(snapshot)
        with pytest.raises(AttributeError):
            again.ts_close = 0
    assert type(pickle.loads(pickle.dumps(snapshot.ltf))) is FeatureSnapshot
    assert len(pickle.dumps(snapshot)) < 8_000
    with pytest.raises(TypeError):
        pickle.loads(pickle.dumps(snapshot)).ltf.features["fast"] = 0.0


def test_what_a_snapshot_shows_of_itself_is_its_fields() -> None:
    """Its text names its fields; it has no vars, no weak references, and no length or index to go on by."""
    seen, _, _ = kept(THREE)
    snapshot = seen[40]
    for value in (snapshot, snapshot.ltf):
        with pytest.raises(TypeError):
            vars(value)
        with pytest.raises(TypeError):
            weakref.ref(value)
    with pytest.raises(TypeError):
        len(snapshot)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        snapshot[1]  # type: ignore[index]
    with pytest.raises((KeyError, TypeError)):
        snapshot.ltf[41]  # type: ignore[index]
    assert repr(snapshot).startswith(f"RuntimeSnapshot(ts_close={snapshot.ts_close}, symbol='BTCUSDT', mark_price=")
    assert repr(snapshot.ltf).startswith(f"FeatureSnapshot(timeframe='1m', ts_close={snapshot.ts_close}, bar=Bar(")
    assert " object at 0x" not in repr(snapshot) + repr(snapshot.others)


FROZEN = ("ts_close", "ltf", "exchange", "others", "ready", "anything")


@pytest.mark.parametrize("name", FROZEN)
def test_no_field_can_be_set_or_deleted(name: str) -> None:
    """Neither of a snapshot, nor of a timeframe, nor of the others, nor a name that they do not have."""
    snapshot = kept(THREE)[0][40]
    for value in (snapshot, snapshot.ltf, snapshot.htf, snapshot.others):
        with pytest.raises(AttributeError):
            setattr(value, name, 1)
        with pytest.raises(AttributeError):
            delattr(value, name)
    with pytest.raises(TypeError):
        snapshot.others["ETHUSDT"] = None  # type: ignore[index]


def test_roles_of_one_timeframe_share_one_snapshot() -> None:
    """Without features of their own they are one object, in the snapshot of another symbol as well."""
    seen, _, _ = kept(ONE, "{}")
    for snapshot in seen[-1:]:
        assert snapshot.ltf is snapshot.mtf is snapshot.htf
        mine = snapshot.others["BTCUSDT"]
        assert mine.ltf is mine.mtf is mine.htf is snapshot.ltf
        assert snapshot.others["ETHUSDT"].mtf is snapshot.others["ETHUSDT"].htf
        assert snapshot.bar is snapshot.ltf.bar


def test_the_others_are_a_mapping_of_all_symbols() -> None:
    """In the order of the system, with a word for whoever is not there; equal and copied by what they say."""
    snapshot = kept(THREE)[0][40]
    others = snapshot.others
    assert (list(others), len(others), "ETHUSDT" in others, "XUSDT" in others) == ([*SYMBOLS], 2, True, False)
    assert others["BTCUSDT"].ltf == snapshot.ltf
    assert others == dict(others) == pickle.loads(pickle.dumps(others))
    assert others.get("XUSDT") is None
    with pytest.raises(KeyError, match="XUSDT is not in this run: "):
        others["XUSDT"]
    with pytest.raises(KeyError, match="sees_others = True in its class"):
        Others()["XUSDT"]


def test_a_changed_snapshot_is_made_of_values() -> None:
    """What replaces a field keeps the others, by the ways of named tuples and of dataclasses."""
    snapshot = kept(THREE)[0][40]
    state = snapshot.exchange._replace(qty=123.0)
    changed = snapshot._replace(exchange=state)
    assert (changed.exchange.qty, changed.ltf, changed.ts_close) == (123.0, snapshot.ltf, snapshot.ts_close)
    assert changed == dataclasses.replace(snapshot, exchange=state) != snapshot
    assert dataclasses.replace(snapshot.ltf, ready=False).ready is False
    assert snapshot._fields == tuple(snapshot._asdict()) == tuple(each.name for each in dataclasses.fields(snapshot))
    assert list(snapshot) == list(snapshot._asdict().values())
    assert len({hash(snapshot), hash(changed), hash(pickle.loads(pickle.dumps(snapshot)))}) == 1
    assert snapshot != tuple(snapshot)


@given(st.integers(0, 1_100), st.integers(0, 1_100))
def test_what_is_read_hangs_on_the_snapshot_alone(one: int, two: int) -> None:
    """In whatever order two kept snapshots are read, each says its own."""
    seen = kept(THREE)[0]
    first, second = seen[one % len(seen)], seen[two % len(seen)]
    for snapshot in (first, second, first):
        n = int(minutes_of(snapshot.ts_close))
        bars = snapshot.bar, snapshot.ltf.bar, snapshot.mtf.bar, snapshot.others["ETHUSDT"].htf.bar
        assert [bar and minutes_of(bar.ts_close) for bar in bars] == [n, n, n // 5 * 5, n // 15 * 15]


def test_a_kept_snapshot_is_small() -> None:
    """It holds its place and 22 numbers: a thousand of them need less than a megabyte."""
    seen, _, _ = kept(ONE)
    held = {id(each): each for snapshot in seen[-1000:] for each in _held(snapshot)}
    assert len(seen) > 1_000
    assert sum(each.__sizeof__() for each in held.values()) < 1_000_000


def _held(snapshot: RuntimeSnapshot) -> list[Any]:
    """The snapshot and what it alone holds."""
    own = [snapshot, *gc.get_referents(snapshot)]
    return [each for each in own if isinstance(each, RuntimeSnapshot | FeatureSnapshot | tuple | bytes)]


def test_a_state_is_a_copy() -> None:
    """The account in a snapshot of the last flat close stays flat while the exchange goes on to a position."""
    seen, _, told = kept(THREE)
    opened = told.named("position_opened")[0].ts
    before = [each for each in seen if each.ts_close <= opened][-1]
    after = next(each for each in seen if each.ts_close > opened)
    assert (before.exchange.has_position, before.exchange.side) == (False, 0)
    assert (after.exchange.has_position, abs(after.exchange.side)) == (True, 1)
    assert {type(each) for each in (after.exchange.side, after.exchange.open_orders)} == {int}
    assert {type(each) for each in (after.exchange.has_position, after.exchange.entries_disabled)} == {bool}
    assert type(after.exchange.qty) is type(after.mark_price) is type(after.ltf["fast"]) is float
    assert np.isfinite(after.exchange.liquidation_price)

"""A sample of what there was to see, from which nothing of the run changes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from engine_worlds import START, Scripted, Told, inputs_of, run, system_of, walk

from btcli.engine.looking import FEWEST, MOST, Look, Looks, Sample
from btcli.engine.result import EngineResult
from btcli.strategies import Direction, RuntimeSnapshot, Signal, Strategy


class Resting(Scripted):
    """Enters, and has nothing to say in a position."""

    decides_in_position = False


def entering(snapshot: RuntimeSnapshot) -> Signal:
    """A long at every close."""
    return Signal(Direction.LONG, stop_distance=120.0, target_distance=160.0)


def outcome(strategy: Strategy, timeframes: str) -> tuple[EngineResult, Told, Looks]:
    """600 minutes of the same candles, and what was looked at."""
    looks: dict[str, Looks] = {}
    system = system_of(600, timeframes)
    result, told = run(system, inputs_of(system, walk(600, history=300)), strategy, looks=looks)
    return result, told, looks["BTCUSDT"]


@pytest.mark.parametrize("timeframes", ["{exec: 1m, ltf: 3m}", "{exec: 1m, ltf: 3m, htf: 1h}"])
def test_a_position_is_looked_at_without_asking(timeframes: str) -> None:
    """What was passed over is seen as the strategy that is always asked sees it, and the run ends the same."""
    always = Scripted(entering)
    (result, told, nothing), (rested, told_less, looks) = (
        outcome(always, timeframes),
        outcome(Resting(entering), timeframes),
    )
    assert (rested.state_hash, told_less.all_trades) == (result.state_hash, told.all_trades)
    shown = {snapshot.ts_close: snapshot for snapshot in always.seen}
    passed = [look.snapshot for look in looks.passed.looks]
    assert 40 < len(passed) < MOST
    assert all(each.exchange.has_position for each in passed)
    assert passed == [shown[each.ts_close] for each in passed]
    assert [each.ts_close for each in passed] == sorted({each.ts_close for each in passed})
    assert max(each.ts_close for each in passed) > START + 400 * 60_000
    assert (nothing.of_answers, nothing.passed.looks) == ([], [])


def test_answers_are_kept_with_what_was_seen() -> None:
    """Of a strategy that claims something: the first and the last question among them."""
    resting = Resting(entering)
    _, _, looks = outcome(resting, "{exec: 1m, ltf: 3m}")
    kept = [look.snapshot for look in looks.of_answers]
    assert (kept[0], kept[-1]) == (resting.seen[0], resting.seen[-1])
    assert {look.answer for look in looks.of_answers} == {entering(kept[0])}


@pytest.mark.parametrize("places", [5, 63, 64, 1_000, 525_600])
def test_a_sample_is_even_and_bounded(places: int) -> None:
    """However many there are: the first one, and gaps of one length, the last one left open."""
    sample, look = Sample(64), Look(None)  # type: ignore[arg-type]
    kept: list[int] = []
    for place in range(places):
        if place >= sample.due:
            sample.keep(place, look)
            kept.append(place)
    left = [place for place, _ in sample._kept]
    gaps = {after - before for before, after in pairwise(left)}
    assert left[0] == 0
    assert len(gaps) == 1
    assert min(places, 32) <= len(left) <= 64
    assert places - left[-1] <= gaps.pop() + 1
    assert len(kept) < 64 * 16


def test_many_symbols_share_the_sample() -> None:
    """A hundred of them are asked a few hundred times in all."""
    assert FEWEST * 100 < 1_000

"""A strategy that only enters need not be asked while its answers change nothing."""

from __future__ import annotations

from typing import Any

import pytest
from engine_worlds import Told, inputs_of, run, system_of, walk

from btcli.strategies import Direction, RuntimeSnapshot, Signal, Strategy


class Entering(Strategy):
    """Wants a long at every close, with a bracket."""

    asked = 0

    def decide(self, snapshot: RuntimeSnapshot) -> Signal | None:
        self.asked += 1
        return Signal(Direction.LONG, stop_distance=30.0, target_distance=40.0)


class Resting(Entering):
    """The same, and says that a position leaves it nothing to say."""

    decides_in_position = False


def outcome(strategy: Entering, mode: str) -> tuple[Any, Told]:
    """Run it over 300 minutes of the same candles."""
    system = system_of(300, "{exec: 1m, ltf: 3m}", risk=f", on_opposite_signal: {mode}")
    return run(system, inputs_of(system, walk(300, history=50)), strategy)


def test_the_trades_are_the_same_with_fewer_questions() -> None:
    """Where opposite signals are ignored, resting in a position changes no trade and no balance, only the effort."""
    always, resting = Entering(None), Resting(None)
    (asked_always, told), (asked_less, told_less) = outcome(always, "ignore"), outcome(resting, "ignore")
    assert asked_always.state_hash == asked_less.state_hash
    assert told.all_trades == told_less.all_trades
    assert len(told.all_trades) > 3
    assert 0 < resting.asked == asked_less.decisions < always.asked


@pytest.mark.parametrize("mode", ["close", "reverse"])
def test_it_is_asked_where_its_answer_counts(mode: str) -> None:
    """Where an opposite signal closes or reverses, a position is no reason not to ask."""
    always, resting = Entering(None), Resting(None)
    outcome(always, mode)
    outcome(resting, mode)
    assert resting.asked == always.asked

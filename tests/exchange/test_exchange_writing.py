"""A wish is written to the same bytes in few steps as in many."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btcli.exchange.book.asked import WISH
from btcli.exchange.face.wish import write_wish
from btcli.exchange.face.writing import WishWriter, is_plain
from btcli.strategies import Direction, Signal, Size, Target

LEVEL = st.none() | st.floats(allow_nan=False, allow_infinity=False)
RICH = Signal(
    Direction.SHORT,
    stop_price=1.5,
    targets=(Target(price=0.5, share=0.25), Target(distance=2.0, share=0.5)),
    order="stop_limit",
    price=3.0,
    trigger_price=2.5,
    time_in_force="IOC",
    expires_after="7m",
    size=Size("risk_pct", 1.5),
    trail_distance=0.75,
    trail_activation=1.25,
    break_even_distance=0.125,
    add=True,
    cancel=True,
    add_margin_usdt=12.0,
)


def in_many_steps(signal: Signal, tag: int) -> bytes:
    """The record as the general way writes it."""
    records = np.zeros(1, WISH)
    write_wish(records, signal, tag)
    return records.tobytes()


@given(st.sampled_from(Direction), LEVEL, LEVEL, st.booleans(), st.integers(0, 2**40))
def test_a_plain_wish_is_written_alike(
    direction: Direction, stop: float | None, target: float | None, is_price: bool, tag: int
) -> None:
    """Whatever its levels are, after any other wish every field of it is the one that the general way writes."""
    ending = "price" if is_price else "distance"
    levels = {} if direction == 0 else {f"stop_{ending}": stop, f"target_{ending}": target}
    signal = Signal(direction, **levels)  # type: ignore[arg-type]
    assert is_plain(signal)
    records = np.zeros(1, WISH)
    writer = WishWriter(records)
    for before in (None, RICH, signal):
        if before is not None:
            writer.write(before, 5)
        writer.write(signal, tag)
        assert records.tobytes() == in_many_steps(signal, tag)
    assert (records["direction"][0], records["tag"][0]) == (direction, tag)


MORE = {
    "order": ("limit", {"price": 100.0}),
    "trigger_price": (90.0, {"order": "stop_market"}),
    "time_in_force": ("FOK", {"order": "limit", "price": 100.0}),
    "post_only": (True, {"order": "limit", "price": 100.0}),
    "expires_after": (0, {}),
    "size": (Size("qty", 0.5), {}),
    "targets": ((Target(price=1.0),), {}),
    "trail_distance": (1.0, {}),
    "break_even_distance": (1.0, {}),
    "add": (True, {}),
    "cancel": (True, {}),
    "add_margin_usdt": (1.0, {}),
    "reduce_only": (True, {}),
    "reduce_qty": (0.5, {"reduce_only": True}),
}


@pytest.mark.parametrize("name", MORE)
def test_whatever_else_is_said_is_written(name: str) -> None:
    """A wish that says one thing more is none of the plain ones, and its record says it."""
    value, needed = MORE[name]
    signal = Signal(Direction.LONG, **{name: value, **needed})
    assert not is_plain(signal)
    records = np.zeros(1, WISH)
    WishWriter(records).write(signal, 3)
    assert records.tobytes() == in_many_steps(signal, 3) != in_many_steps(Signal(Direction.LONG), 3)


@pytest.mark.parametrize("level", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["stop_price", "stop_distance", "target_price", "target_distance"])
def test_no_level_that_is_no_number_is_written(name: str, level: float) -> None:
    """Where a wish got past its own checks, the exchange refuses it still."""
    signal = Signal(Direction.LONG)
    object.__setattr__(signal, name, level)
    with pytest.raises(ValueError, match="a number of an order is finite"):
        WishWriter(np.zeros(1, WISH)).write(signal)

"""A signal that says little is checked in few steps, and refused and made plain as any other."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from btcli.strategies import Direction, Signal

LEVELS = ("stop_price", "stop_distance", "target_price", "target_distance")
NO_NUMBERS = (math.nan, math.inf, -math.inf, True, "1.0", np.float64("nan"), [1.0], np.array([1.0]))


@pytest.mark.parametrize("name", LEVELS)
@pytest.mark.parametrize("value", NO_NUMBERS, ids=repr)
def test_a_level_is_a_finite_number(name: str, value: Any) -> None:
    """No other is let through by the short way."""
    with pytest.raises(ValueError, match=f"{name} must be a finite number"):
        Signal(Direction.LONG, **{name: value})


@pytest.mark.parametrize("value", [2, np.float64(2.0), np.float32(2.0), np.int64(2), np.array(2.0)], ids=repr)
def test_numbers_of_numpy_become_plain(value: Any) -> None:
    """Also where a signal says nothing but its levels."""
    signal = Signal(Direction.LONG, stop_distance=value, target_distance=4.0)
    assert (type(signal.stop_distance), signal.stop_distance) == (float, 2.0)
    assert signal == Signal(Direction.LONG, stop_distance=2.0, target_distance=4.0)


@pytest.mark.parametrize(("one", "other"), [LEVELS[:2], LEVELS[2:]])
def test_a_price_and_a_distance_exclude_each_other(one: str, other: str) -> None:
    """Of the stop and of the target alike."""
    with pytest.raises(ValueError, match=f"{one} and {other} exclude each other"):
        Signal(Direction.SHORT, **{one: 1.0, other: 1.0})  # type: ignore[arg-type]


@pytest.mark.parametrize("direction", [1, -1, 0, True, "LONG", None, 1.0, np.int64(1)], ids=repr)
def test_a_direction_is_one_of_three(direction: Any) -> None:
    """A number that equals one is none."""
    with pytest.raises(ValueError, match=r"direction is Direction\.LONG, SHORT or FLAT"):
        Signal(direction)


@pytest.mark.parametrize("name", LEVELS)
def test_flat_takes_no_levels(name: str) -> None:
    """Whatever only an entry can use is refused."""
    with pytest.raises(ValueError, match=f"{name} belongs to an entry"):
        Signal(Direction.FLAT, **{name: 1.0})  # type: ignore[arg-type]


SAME_AS_DEFAULT = {
    "post_only": 0,
    "add": 0.0,
    "cancel": np.int64(0),
    "reduce_only": 0,
    "targets": "",
    "order": "marke",
    "time_in_force": "gtc",
    "tag": 7,
}


@pytest.mark.parametrize("name", SAME_AS_DEFAULT)
def test_what_only_looks_like_nothing_said_is_refused(name: str) -> None:
    """Equal to the default is not the default: a switch is a bool, a text one of the words."""
    with pytest.raises(ValueError, match=name):
        Signal(Direction.LONG, **{name: SAME_AS_DEFAULT[name]})


def test_defaults_may_be_said() -> None:
    """Saying each default aloud, in other objects of the same value, gives the same signal."""
    said: dict[str, Any] = {each.name: each.default for each in fields(Signal) if each.name != "direction"}
    said |= {"order": "".join(("mar", "ket")), "post_only": np.bool_(False)}
    assert Signal(Direction.LONG, **said) == Signal(Direction.LONG)


@pytest.mark.parametrize("tag", ["", "cross", "übergekreuzt", "\N{ROCKET}"])
def test_a_tag_is_any_text_that_can_be_written(tag: str) -> None:
    """With it a signal says what it says."""
    assert Signal(Direction.LONG, tag=tag).tag == tag
    with pytest.raises(ValueError, match="can be written as UTF-8"):
        Signal(Direction.LONG, tag=tag + "\ud800")

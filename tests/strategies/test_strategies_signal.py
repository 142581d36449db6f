"""What a signal may and may not say."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any, get_args

import numpy as np
import pytest

from btcli.exchange.book import codes
from btcli.exchange.book import records as values
from btcli.strategies import Direction, Signal, Size, Target, signal

LONG, SHORT, FLAT = Direction.LONG, Direction.SHORT, Direction.FLAT


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stop_price": float("inf")}, "stop_price must be a finite number, got inf"),
        ({"price": float("-inf"), "order": "limit"}, "price must be a finite number, got -inf"),
        ({"target_distance": 10**400}, "target_distance must be a finite number, got 1000"),
        ({"stop_price": True}, "stop_price must be a finite number, got True"),
        ({"add_margin_usdt": np.array([5.0])}, "add_margin_usdt must be a finite number, got array([5.])"),
        ({"stop_distance": np.float32("nan")}, "stop_distance must be a finite number, got np.float32(nan)"),
        ({"stop_price": np.datetime64("2024-01-01")}, "stop_price must be a finite number, got"),
        ({"add": "yes"}, "add is True or False, got 'yes'"),
        ({"cancel": None}, "cancel is True or False, got None"),
        ({"post_only": 2}, "post_only is True or False, got 2"),
        ({"tag": 5}, "tag is a text, got 5"),
        ({"tag": "\ud800"}, "tag is a text that can be written as UTF-8"),
        ({"trail_distance": float("nan")}, "trail_distance must be a finite number, got nan"),
        ({"stop_price": 1, "stop_distance": 1}, "stop_price and stop_distance exclude each other"),
        ({"order": "iceberg"}, "order is one of market, limit, stop_market, stop_limit, got 'iceberg'"),
        ({"order": "limit"}, "a limit order needs a price"),
        ({"price": 1}, "a market order takes no price"),
        ({"order": "limit", "price": 1, "trigger_price": 1}, "a limit order takes no trigger_price"),
        ({"order": "stop_limit", "trigger_price": 1}, "a stop_limit order needs a price"),
        ({"time_in_force": "IOC"}, "post_only and time_in_force belong to orders with a limit price"),
        ({"order": "limit", "price": 1, "post_only": True, "time_in_force": "FOK"}, "it is GTC"),
        ({"trail_activation": 1}, "trail_activation needs a trail_distance"),
        ({"reduce_qty": 1}, "reduce_qty belongs to FLAT or to reduce_only"),
        ({"size": Size("coins", 1)}, "the size needs one of qty, notional_usdt"),  # type: ignore[arg-type]
        ({"targets": (Target(price=1),), "target_price": 1}, "one target or a tuple of targets, not both"),
        ({"targets": (Target(),)}, "each of the targets is a price or a distance"),
        ({"targets": (Target(1, 1),)}, "each of the targets is a price or a distance"),
        ({"targets": (Target(0.0, 0.0),)}, "each of the targets is a price or a distance"),
        ({"targets": (Target("1"),)}, "a target's price must be a finite number, got '1'"),  # type: ignore[arg-type]
        ({"targets": (Target(1, share=0.6), Target(2, share=0.6))}, "add up to at most 1"),
        ({"targets": (Target(1, share=0.1),) * 5}, "at most 4 targets, got 5"),
        ({"targets": (Target(1, share=float("nan")),)}, "a target's share must be a finite number, got nan"),
        ({"targets": Target(1)}, "targets is a tuple of Target, such as"),
        ({"stop_price": "30000"}, "stop_price must be a finite number, got '30000'"),
        ({"size": 5}, "size is Size(mode, value), such as"),
        ({"size": Size("qty", float("nan"))}, "the value of a size must be a finite number, got nan"),
        ({"expires_after": 1.5}, 'expires_after is a whole number of ltf bars, or a duration such as "20m", got 1.5'),
        ({"expires_after": "20"}, "expires_after: '20' is not a duration (write a whole number and m, h, d or w"),
        ({"expires_after": "0m"}, "expires_after: '0m' is not a duration"),
        ({"expires_after": "-5m"}, "expires_after: '-5m' is not a duration"),
        ({"expires_after": "90s"}, "expires_after: '90s' is not a duration"),
        ({"expires_after": "99999w"}, "expires_after: '99999w' is longer than ten years"),
        ({"expires_after": True}, "expires_after must be a finite number, got True"),
        ({"trail_activation": 0.0}, "trail_activation needs a trail_distance"),
        ({"reduce_qty": 0.0}, "reduce_qty belongs to FLAT or to reduce_only"),
        ({"price": 0.0}, "a market order takes no price"),
        ({"stop_price": 0.0, "stop_distance": 0.0}, "stop_price and stop_distance exclude each other"),
        ({"reduce_only": True, "stop_price": 0.0}, "stop_price belongs to an entry"),
        ({"reduce_only": True, "stop_price": 1}, "stop_price belongs to an entry, and FLAT or reduce_only only leaves"),
        ({"reduce_only": True, "add": True}, "add belongs to an entry"),
    ],
)
def test_nonsense_is_refused_where_it_is_said(given: dict[str, Any], said: str) -> None:
    """A contradiction raises in the strategy's own line, not later inside the engine."""
    with pytest.raises(ValueError, match=re.escape(said)):
        Signal(LONG, **given)


@pytest.mark.parametrize(
    "given",
    [
        {"stop_price": 0},
        {"stop_price": -1.5},
        {"stop_distance": 0.0},
        {"target_distance": -3},
        {"target_price": 1e300},
        {"stop_price": 2, "target_price": 1},
        {"order": "limit", "price": 0, "stop_price": 2},
        {"order": "limit", "price": 1, "stop_price": 2},
        {"order": "stop_market", "trigger_price": -1, "target_price": 1},
        {"order": "stop_limit", "trigger_price": 0, "price": -1},
        {"trail_distance": 0, "trail_activation": -1},
        {"break_even_distance": 0},
        {"targets": (Target(price=0.0, share=0.0), Target(distance=-1.0, share=-2.0), Target(price=1.0, share=1.0))},
        {"size": Size("qty", 0)},
        {"size": Size("risk_pct", -200)},
        {"size": Size("margin_pct", 200)},
        {"add_margin_usdt": -5},
        {"expires_after": 0},
        {"reduce_only": True, "reduce_qty": 0},
        {"reduce_only": True, "reduce_qty": -1},
    ],
)
@pytest.mark.parametrize("direction", [LONG, SHORT])
def test_a_finite_number_is_no_mistake(given: dict[str, Any], direction: Direction) -> None:
    """What cannot be is left to the exchange to refuse: the signal is made, with just these numbers."""
    made = Signal(direction, **given)
    assert {name: getattr(made, name) for name in given} == given


def test_numbers_and_bools_of_numpy_are_taken_for_those_of_python() -> None:
    """Every field that takes a number or a bool takes numpy's, and holds Python's from then on."""
    amounts = {"price": 100, "stop_distance": 2.5, "break_even_distance": 3, "trail_distance": 5, "trail_activation": 1}
    mixed = (np.int64, np.float32, np.uint8, np.float64, np.float16)
    given = {name: kind(value) for (name, value), kind in zip(amounts.items(), mixed, strict=True)}
    switches = {name: np.bool_(True) for name in ("post_only", "add", "cancel")}
    target = Target(distance=np.float32(2), share=np.float64(0.5))
    made = Signal(
        LONG,
        order="limit",
        expires_after=np.int32(3),  # type: ignore[arg-type]
        size=Size("qty", np.int8(2)),
        targets=(target,),
        tag=np.str_("x"),
        **given,
        **switches,
    )
    assert {name: getattr(made, name) for name in amounts} == amounts
    numbers = [getattr(made, name) for name in (*amounts, "expires_after")] + [made.size and made.size.value]
    numbers += [made.targets[0].distance, made.targets[0].share]
    assert {type(number) for number in numbers} == {float, int}
    assert [type(getattr(made, name)) for name in switches] == [bool] * 3
    assert type(made.tag) is str
    assert Signal(FLAT, reduce_qty=np.array(2)).reduce_qty == 2.0
    assert Signal(SHORT, reduce_only=np.bool_(False)).reduces is False


def test_other_exact_numbers_are_numbers() -> None:
    """A Decimal and a Fraction are taken for the float they are nearest to."""
    made = Signal(LONG, stop_price=Decimal("99.5"), target_price=Fraction(203, 2))  # type: ignore[arg-type]
    assert (made.stop_price, made.target_price) == (99.5, 101.5)


@pytest.mark.parametrize("direction", ["long", 1, 2, None])
def test_a_direction_is_a_direction(direction: Any) -> None:
    """Nothing else is taken for one, for it would end in the engine."""
    with pytest.raises(ValueError, match=r"direction is Direction\.LONG, SHORT or FLAT, got"):
        Signal(direction)


@pytest.mark.parametrize("given", [{"size": Size("qty", 1)}, {"stop_distance": 1}, {"targets": (Target(1),)}])
def test_what_leaves_has_nothing_of_an_entry(given: dict[str, Any]) -> None:
    """It would be lost without a word."""
    with pytest.raises(ValueError, match="belongs to an entry"):
        Signal(FLAT, **given)


def test_a_plain_signal_is_a_market_order() -> None:
    """Nothing but a direction is needed."""
    plain = Signal(FLAT)
    assert (plain.order, plain.reduces, plain.targets) == ("market", True, ())


def test_words_and_limits_are_those_of_the_exchange() -> None:
    """Types, times in force, sizing modes and the number of targets are the kernel's."""
    assert get_args(signal.OrderType) == codes.ORDER_TYPE_NAMES
    assert get_args(signal.TimeInForce) == codes.TIME_IN_FORCE_NAMES
    assert get_args(signal.SizingMode) == codes.SIZING_NAMES
    assert signal.MAX_TARGETS == values.MAX_TARGETS

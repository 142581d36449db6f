"""What a signal may and may not say."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from btcli.exchange import codes, values
from btcli.strategies import Direction, Signal, Size, Target, signal

LONG, SHORT, FLAT = Direction.LONG, Direction.SHORT, Direction.FLAT


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stop_price": -1}, "stop_price must be a positive number, got -1"),
        ({"trail_distance": float("nan")}, "trail_distance must be a positive number, got nan"),
        ({"stop_price": 1, "stop_distance": 1}, "stop_price and stop_distance exclude each other"),
        ({"order": "iceberg"}, "order is one of market, limit, stop_market, stop_limit, got 'iceberg'"),
        ({"order": "limit"}, "a limit order needs a price"),
        ({"price": 1}, "a market order takes no price"),
        ({"order": "limit", "price": 1, "trigger_price": 1}, "a limit order takes no trigger_price"),
        ({"order": "stop_limit", "trigger_price": 1}, "a stop_limit order needs a price"),
        ({"time_in_force": "IOC"}, "post_only and time_in_force belong to orders with a limit price"),
        ({"order": "limit", "price": 1, "post_only": True, "time_in_force": "FOK"}, "it is GTC"),
        ({"expires_after": 0}, "a whole number of exec steps from 1 on, got 0"),
        ({"trail_activation": 1}, "trail_activation needs a trail_distance"),
        ({"reduce_qty": 1}, "reduce_qty belongs to FLAT or to reduce_only"),
        ({"size": Size("coins", 1)}, "the size needs one of qty, notional_usdt"),  # type: ignore[arg-type]
        ({"targets": (Target(price=1),), "target_price": 1}, "one target or a tuple of targets, not both"),
        ({"targets": (Target(),)}, "each of the targets is a positive price or distance"),
        ({"targets": (Target(1, 1),)}, "each of the targets is a positive price or distance"),
        ({"targets": (Target(1, share=0.6), Target(2, share=0.6))}, "add up to at most 1"),
        ({"targets": (Target(1, share=0.1),) * 5}, "at most 4 targets, got 5"),
        ({"targets": (Target(1, share=-1),)}, "a target's share is above 0, got -1"),
        ({"targets": Target(1)}, "targets is a tuple of Target, such as"),
        ({"stop_price": "30000"}, "stop_price must be a positive number, got '30000'"),
        ({"size": 5}, "size is Size(mode, value), such as"),
        ({"size": Size("qty", -1)}, "and a positive number, got Size"),
        ({"size": Size("risk_pct", 200)}, "a size of risk_pct is at most 100, got 200"),
        ({"expires_after": 1.5}, "a whole number of exec steps from 1 on, got 1.5"),
        ({"stop_price": 2, "target_price": 1}, "the target of a LONG lies above its stop, got 1 and 2"),
        ({"order": "limit", "price": 1, "stop_price": 2}, "the stop of a LONG lies below its price, got 2 and 1"),
        ({"order": "stop_market", "trigger_price": 1, "stop_price": 2}, "lies below its trigger_price"),
        ({"order": "stop_market", "trigger_price": 2, "target_price": 1}, "lies above its trigger_price"),
        ({"reduce_only": True, "stop_price": 1}, "stop_price belongs to an entry, and FLAT or reduce_only only leaves"),
        ({"reduce_only": True, "add": True}, "add belongs to an entry"),
    ],
)
def test_nonsense_is_refused_where_it_is_said(given: dict[str, Any], said: str) -> None:
    """A contradiction raises in the strategy's own line, not later inside the engine."""
    with pytest.raises(ValueError, match=re.escape(said)):
        Signal(LONG, **given)


def test_a_short_has_its_sides_the_other_way() -> None:
    """Its stop above and its target below are no contradiction, the reverse is one."""
    Signal(SHORT, stop_price=2, target_price=1)
    with pytest.raises(ValueError, match="the target of a SHORT lies below its stop, got 2 and 1"):
        Signal(SHORT, stop_price=1, target_price=2)


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

"""What a signal may and may not say."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from btcli.exchange import codes, values
from btcli.strategies import Direction, Signal, Size, Target, signal

LONG, FLAT = Direction.LONG, Direction.FLAT


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"stop_price": -1}, "stop_price must be a positive number, got -1"),
        ({"trail_distance": float("nan")}, "trail_distance must be a positive number, got nan"),
        ({"stop_price": 1, "stop_distance": 1}, "stop_price and stop_distance exclude each other"),
        ({"order": "iceberg"}, "order is one of market, limit, stop_market, stop_limit, got 'iceberg'"),
        ({"order": "limit"}, "a limit order has a price"),
        ({"price": 1}, "a market order has no price"),
        ({"order": "limit", "price": 1, "trigger_price": 1}, "a limit order has no trigger_price"),
        ({"order": "stop_limit", "trigger_price": 1}, "a stop_limit order has a price"),
        ({"time_in_force": "IOC"}, "post_only and time_in_force belong to orders with a limit price"),
        ({"order": "limit", "price": 1, "post_only": True, "time_in_force": "FOK"}, "it is GTC"),
        ({"expires_after": 0}, "expires_after counts steps from 1 on, got 0"),
        ({"trail_activation": 1}, "trail_activation needs a trail_distance"),
        ({"reduce_qty": 1}, "reduce_qty belongs to FLAT or to reduce_only"),
        ({"size": Size("coins", 1)}, "the size needs one of qty, notional_usdt"),  # type: ignore[arg-type]
        ({"targets": (Target(price=1),), "target_price": 1}, "one target or a tuple of targets, not both"),
        ({"targets": (Target(),)}, "each of the targets is a positive price or distance"),
        ({"targets": (Target(1, 1),)}, "each of the targets is a positive price or distance"),
        ({"targets": (Target(1, share=0.6), Target(2, share=0.6))}, "add up to at most 1"),
        ({"targets": (Target(1, share=0.1),) * 5}, "at most 4 targets, got 5"),
    ],
)
def test_nonsense_is_refused_where_it_is_said(given: dict[str, Any], said: str) -> None:
    """A contradiction raises in the strategy's own line, not later inside the engine."""
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        Signal(LONG, **given)


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

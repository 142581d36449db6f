"""Wishes that cannot be: the exchange refuses them with a code and both numbers, and the run goes on."""

from __future__ import annotations

from typing import Any

import pytest
from engine_worlds import Told
from test_engine_orders import CALM, FLAT, LONG, SHORT, told_of

from btcli.strategies import Signal, Size, Target


def _refusals(told: Told) -> list[tuple[str, float, float]]:
    return [
        (event.fields["code"], event.fields["have"], event.fields["need"]) for event in told.named("order_rejected")
    ]


@pytest.mark.parametrize(
    ("signal", "refusal"),
    [
        (Signal(LONG, stop_distance=0), ("STOP_BEYOND_FILL", 40_000.0, 40_000.0)),
        (Signal(LONG, stop_price=41_000), ("STOP_BEYOND_FILL", 41_000.0, 40_000.0)),
        (Signal(SHORT, stop_price=0), ("STOP_BEYOND_FILL", 0.0, 40_000.0)),
        (Signal(LONG, target_price=-5), ("TARGET_BEHIND_PRICE", -5.0, 40_000.0)),
        (Signal(SHORT, target_price=-5), ("TARGET_BELOW_ZERO", -5.0, 0.0)),
        (Signal(LONG, order="limit", price=0), ("PRICE_BELOW_TICK", 0.0, 0.1)),
        (Signal(SHORT, order="stop_market", trigger_price=-1), ("PRICE_BELOW_TICK", -1.0, 0.1)),
        (Signal(LONG, trail_distance=-1, stop_price=39_000), ("STOP_BEYOND_FILL", 40_000.0, 40_000.0)),
        (Signal(LONG, targets=(Target(price=39_999, share=0.5),)), ("TARGET_BEHIND_PRICE", 39_999.0, 40_000.0)),
        (Signal(LONG, size=Size("qty", 0)), ("BELOW_MIN_QTY", 0.0, 0.001)),
        (Signal(LONG, size=Size("notional_usdt", -100)), ("BELOW_MIN_QTY", -0.0025, 0.001)),
        (Signal(LONG, stop_price=40_000, size=Size("risk_pct", 1)), ("STOP_BEYOND_FILL", 40_000.0, 40_000.0)),
    ],
)
def test_a_wish_that_cannot_be_is_refused_and_the_run_goes_on(signal: Signal, refusal: Any) -> None:
    """The signal is told, nothing is submitted, and the next wish is heard."""
    told = told_of(CALM, 5, signal, 15, Signal(LONG))
    assert _refusals(told) == [refusal]
    assert [event.fields["action"] for event in told.named("signal")] == ["enter", "enter"]
    assert len(told.named("position_opened")) == 1
    assert [trade.exit_reason for trade in told.all_trades] == ["end_of_data"]


def test_a_signal_tells_its_impossible_numbers_as_they_were_said() -> None:
    """Zero is told like any other number, and what was not said is not."""
    told = told_of(CALM, 5, Signal(LONG, stop_price=0.0, target_price=-2))
    assert told.named("signal")[0].fields == {
        "direction": "long",
        "action": "enter",
        "stop_price": 0.0,
        "target_price": -2.0,
    }


def test_a_stop_farther_away_than_the_price_is_a_stop_beyond_the_liquidation() -> None:
    """A stop 60,000 below 40,008: kept with a warning, refused, or moved before the liquidation price."""
    wish = Signal(LONG, stop_distance=60_000.0)
    warned = told_of(CALM, 5, wish)
    assert [event.fields["code"] for event in warned.named("warned")] == ["STOP_BEYOND_LIQUIDATION"]
    assert warned.named("position_opened")[0].fields["stop_price"] == -19_992.0
    refused = told_of(CALM, 5, wish, risk=", stop_vs_liquidation: reject")
    assert [(code, have) for code, have, _ in _refusals(refused)] == [("STOP_BEYOND_LIQUIDATION", -19_992.0)]
    adjusted = told_of(CALM, 5, wish, risk=", stop_vs_liquidation: adjust")
    opened = adjusted.named("position_opened")[0].fields
    assert 0.0 < opened["stop_price"] - opened["liquidation_price"] <= 0.1 + 1e-9


def test_a_reversal_that_cannot_be_closes() -> None:
    """Against a long, a short whose stop lies below the price closes it and opens nothing."""
    told = told_of(
        CALM,
        5,
        Signal(LONG),
        15,
        Signal(SHORT, stop_price=30_000),
        risk=", on_opposite_signal: reverse",
    )
    assert _refusals(told) == [("STOP_BEYOND_FILL", 30_000.0, 40_000.0)]
    assert [(trade.side, trade.exit_reason) for trade in told.all_trades] == [("long", "signal")]


@pytest.mark.parametrize("qty", [0.0, -1.0, 1e-9])
def test_a_part_of_nothing_closes_nothing(qty: float) -> None:
    """FLAT with a quantity below one step is refused as a part, and is no close of the whole."""
    told = told_of(CALM, 5, Signal(LONG), 15, Signal(FLAT, reduce_qty=qty))
    assert _refusals(told) == [("BELOW_MIN_QTY", qty, 0.001)]
    assert [event.fields["action"] for event in told.named("signal")] == ["enter", "reduce"]
    assert [trade.exit_reason for trade in told.all_trades] == ["end_of_data"]


@pytest.mark.parametrize("steps", [0, -3])
def test_an_order_that_has_no_time_expires_as_it_arrives(steps: int) -> None:
    """A limit that would be taken at once, and a market order, are cancelled at the open they reach."""
    told = told_of(
        CALM,
        5,
        Signal(LONG, order="limit", price=41_000, expires_after=steps),
        15,
        Signal(LONG, expires_after=steps),
    )
    assert [event.fields["code"] for event in told.named("order_cancelled")] == ["EXPIRED", "EXPIRED"]
    assert not told.all_trades


def test_no_margin_moves_for_an_amount_below_zero() -> None:
    """Margin cannot be taken out: nothing is moved, which is told, and the run goes on."""
    told = told_of(CALM, 5, Signal(LONG), 15, Signal(LONG, add_margin_usdt=-50.0))
    assert [event.fields["amount_usdt"] for event in told.named("margin_added")] == [0.0]

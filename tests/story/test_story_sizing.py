"""How explain works a size out again, by hand."""

from __future__ import annotations

import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from btcli.market.store.where import Stores
from btcli.story.size import sizing_of
from btcli.story.trade import explain_trade

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
STEPS = {"BTCUSDT": Decimal("0.001"), "ETHUSDT": Decimal("0.01")}  # of the packaged sample rules

COSTS = {"taker_fee_rate": 0.00055, "slippage_bps": 2.0, "stop_slippage_bps": 5.0, "per_symbol": {}}
LONG = {"symbol": "BTCUSDT", "side": "buy", "reference_price": 40_000.0, "qty": 0.212}


def config_of(costs_in_risk: bool = True, **sizing: float) -> dict[str, Any]:
    """The parts of a resolved config that a size hangs on."""
    return {
        "venue": "bybit",
        "risk": {"sizing": sizing, "costs_in_risk": costs_in_risk},
        "costs": COSTS,
        "account": {"leverage": 5.0},
    }


@pytest.mark.parametrize(
    ("sizing", "wanted"),
    [
        ({"qty": 0.5}, 0.5),
        ({"notional_usdt": 10_000.0}, 0.25),
        ({"notional_pct": 50.0}, 0.125),  # 5,000 / 40,000
        ({"margin_pct": 10.0}, 0.125),  # 1,000 x 5 / 40,000
    ],
)
def test_sizes_without_a_stop(sizing: dict[str, float], wanted: float) -> None:
    """Quantity, value, share of the equity, and share as margin."""
    assert sizing_of(config_of(**sizing), {}, LONG, 10_000.0, 10_000.0).wanted_qty == wanted


@pytest.mark.parametrize(
    ("signal", "stop", "side"),
    [({}, 39_600.0, "buy"), ({"stop_distance": 400.0}, None, "buy"), ({"trail_distance": 400.0}, None, "buy")],
)
def test_a_share_at_risk_counts_costs(signal: dict[str, float], stop: float | None, side: str) -> None:
    """100 USDT over 400 to the stop, 30 of entering (7.5 bps) and 41.58 of being stopped (10.5 bps) a coin."""
    submitted = LONG | {"side": side} | ({"stop_price": stop} if stop else {})
    sizing = sizing_of(config_of(risk_pct=1.0), signal, submitted, 10_000.0, 10_000.0)
    assert sizing.stop_price == 39_600.0
    assert sizing.risk_usdt == 100.0
    assert sizing.costs_per_coin_usdt == pytest.approx(71.58)
    assert sizing.loss_per_coin_usdt == pytest.approx(471.58)
    assert sizing.wanted_qty == pytest.approx(100 / 471.58)


@pytest.mark.parametrize(
    ("side", "signal", "levels", "stop"),
    [
        ("buy", {"trail_distance": 200.0}, {"stop_price": 39_600.0}, 39_800.0),
        ("buy", {"trail_distance": 800.0}, {"stop_price": 39_600.0}, 39_600.0),
        ("buy", {"stop_distance": 400.0, "trail_distance": 250.0}, {}, 39_750.0),
        ("buy", {"stop_distance": 250.0, "trail_distance": 400.0}, {}, 39_750.0),
        ("sell", {"trail_distance": 200.0}, {"stop_price": 40_400.0}, 40_200.0),
        ("sell", {"stop_distance": 400.0, "trail_distance": 800.0}, {}, 40_400.0),
        # one that waits for its activation counts when there is no other
        ("buy", {"trail_distance": 200.0, "trail_activation": 40_500.0}, {"stop_price": 39_600.0}, 39_600.0),
        ("sell", {"stop_distance": 400.0, "trail_distance": 200.0, "trail_activation": 39_500.0}, {}, 40_400.0),
        ("buy", {"trail_distance": 200.0, "trail_activation": 40_500.0}, {}, 39_800.0),
    ],
)
def test_of_a_fixed_and_a_trailing_stop_the_tighter_sizes(
    side: str, signal: dict[str, float], levels: dict[str, float], stop: float
) -> None:
    """Without costs 100 USDT over the way to the stop that acts first, long and short."""
    sizing = sizing_of(config_of(False, risk_pct=1.0), signal, LONG | {"side": side} | levels, 10_000.0, 10_000.0)
    assert (sizing.stop_price, sizing.wanted_qty) == (stop, 100 / abs(40_000.0 - stop))


def test_the_size_that_is_told_is_the_one_that_was_submitted() -> None:
    """In a recorded run every size that nothing capped is what was wanted, cut to the symbol's step."""
    told = [
        (Decimal(decision.sizing.wanted_qty) // STEPS[decision.submitted["symbol"]], decision)
        for number in range(1, 31)
        for decision in explain_trade(GOLDEN / "timeframes", number, Stores(Path("nowhere"))).decisions
        if decision.sizing is not None and decision.sizing.capped_by is None
    ]
    assert len(told) >= 30
    for steps, decision in told:
        assert float(steps * STEPS[decision.submitted["symbol"]]) == decision.submitted["qty"]


def test_a_symbol_with_costs_of_its_own_is_sized_by_them() -> None:
    """Fees of 10 bps in all and a stop without slippage: 40 USDT of entering, 39.6 of being stopped, 400 between."""
    config = config_of(risk_pct=1.0)
    own = {"taker_fee_rate": 0.001, "slippage_bps": 0.0, "stop_slippage_bps": 0.0}
    config["costs"] = COSTS | {"per_symbol": {"BTCUSDT": own}}
    sizing = sizing_of(config, {"stop_distance": 400.0}, LONG, 10_000.0, 10_000.0)
    assert sizing.wanted_qty == pytest.approx(100 / 479.6)


def test_a_stop_that_no_event_names_leaves_the_size_unknown() -> None:
    """An entry at risk whose signal was not recorded is explained all the same."""
    sizing = sizing_of(config_of(risk_pct=1.0), {}, LONG, 10_000.0, 10_000.0)
    assert (sizing.stop_price, sizing.risk_usdt, math.isnan(sizing.wanted_qty)) == (None, 100.0, True)


@pytest.mark.parametrize(
    ("signal", "levels", "stop"),
    [
        ({"stop_distance": 40_000.0}, {}, 0.0),
        ({"stop_distance": 50_000.0}, {}, -10_000.0),
        ({}, {"stop_price": 0.0}, 0.0),
    ],
)
def test_a_stop_at_or_below_zero_is_a_stop(signal: dict[str, float], levels: dict[str, float], stop: float) -> None:
    """Without costs 100 USDT over the whole way to it: zero is no stop that is missing."""
    sizing = sizing_of(config_of(False, risk_pct=1.0), signal, LONG | levels, 10_000.0, 10_000.0)
    assert (sizing.stop_price, sizing.wanted_qty) == (stop, 100 / (40_000.0 - stop))


def test_costs_may_be_left_out() -> None:
    """Without costs_in_risk 100 USDT over 400 are a quarter of a coin."""
    sizing = sizing_of(config_of(False, risk_pct=1.0), {}, LONG | {"stop_price": 39_600.0}, 10_000.0, 10_000.0)
    assert sizing.wanted_qty == 0.25


def test_a_size_of_the_signal_comes_first() -> None:
    """What the strategy asked for replaces the run's sizing."""
    sizing = sizing_of(config_of(qty=0.5), {"size": {"notional_usdt": 4_000.0}}, LONG, 10_000.0, 10_000.0)
    assert (sizing.mode, sizing.wanted_qty) == ("notional_usdt", 0.1)


@pytest.mark.parametrize(
    ("capped_by", "value"),
    [("MAX_NOTIONAL", 4_000.0), ("AVAILABLE", 900.0), ("MAX_MARKET_QTY", 0.1)],
)
def test_a_cap_comes_with_its_number(capped_by: str, value: float) -> None:
    """USDT of the config or of the account, coins of the venue."""
    config = config_of(qty=0.5)
    config["risk"]["max_notional_usdt"] = 4_000.0
    sizing = sizing_of(config, {}, LONG | {"qty": 0.1, "capped_by": capped_by}, 10_000.0, 900.0)
    assert (sizing.capped_by, sizing.cap_value, sizing.qty) == (capped_by, value, 0.1)

"""Published and recorded figures of the venues, through the named public functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import pytest
from shared_data import SHARED, shared

from btcli import exchange

Inputs = Mapping[str, str]
SIDES = {"long": 1, "short": -1, "buy": 1, "sell": -1}
NO_LIMIT = 1e12
ORACLES = SHARED / "oracles" / "cases.json"


def _one_tier(given: Inputs) -> list[tuple[float, float, float, float, float]]:
    deduction = given.get("mm_deduction", given.get("cum", "0"))
    return [(NO_LIMIT, float(given["mmr"]), 0.01, 100.0, float(deduction))]


def _several_tiers(text: str) -> list[tuple[float, float, float, float, None]]:
    rows = [one.split(":") for one in text.split(",")]
    return [(float(limit), float(rate.rstrip("%")) / 100, 0.05, 20.0, None) for limit, rate in rows]


def _numbers(given: Inputs, *names: str) -> dict[str, Any]:
    return {name: float(given[name]) for name in names}


def _side(given: Inputs) -> int:
    return SIDES[given["side"]]


def _fee_to_close(given: Inputs) -> float:
    return exchange.fee_to_close(side=_side(given), **_numbers(given, "entry", "qty", "leverage", "taker"))


def _initial_margin(given: Inputs) -> float:
    return exchange.initial_margin(**_numbers(given, "entry", "qty", "leverage"))


def _liquidation_price(given: Inputs) -> float:
    named = _numbers(given, "entry", "qty") | {"side": _side(given), "tiers": _one_tier(given)}
    if "wallet" in given:
        added = float(given["wallet"]) - named["entry"] * named["qty"]
        return exchange.liquidation_price(leverage=1.0, extra_margin=added, taker=0.0, **named)
    return exchange.liquidation_price(**named, **_numbers(given, "leverage", "extra_margin", "taker"))


def _maintenance_by_tier(given: Inputs) -> float:
    tiers = _several_tiers(given["tiers"])
    return exchange.maintenance_margin(mark=float(given["entry"]), qty=float(given["qty"]), tiers=tiers)


def _closed_pnl(given: Inputs) -> float:
    qty, entry, out, taker = (float(given[name]) for name in ("qty", "entry", "exit", "taker"))
    fees = exchange.trade_fee(qty=qty, price=entry, rate=taker) + exchange.trade_fee(qty=qty, price=out, rate=taker)
    return _side(given) * qty * (out - entry) - fees


FUNCTIONS: Mapping[str, Callable[[Inputs], float]] = {
    "fee_to_close": _fee_to_close,
    "initial_margin": lambda given: _initial_margin(given) + _fee_to_close(given),
    "initial_margin_ex_fee": _initial_margin,
    "liquidation_price": _liquidation_price,
    "maintenance_margin": lambda given: (
        exchange.maintenance_margin(tiers=_one_tier(given), **_numbers(given, "mark", "qty")) + _fee_to_close(given)
    ),
    "maintenance_margin_ex_fee": _maintenance_by_tier,
    "bankruptcy_price": lambda given: exchange.bankruptcy_price(
        side=_side(given), extra_margin=0.0, qty=1.0, taker=0.00055, **_numbers(given, "entry", "leverage")
    ),
    "order_cost": lambda given: exchange.order_cost(
        side=_side(given), **_numbers(given, "price", "qty", "leverage", "taker")
    ),
    "trade_fee": lambda given: exchange.trade_fee(
        qty=float(given["exec_value"]), price=1.0, rate=float(given["fee_rate"])
    ),
    "funding_payment": lambda given: exchange.funding_payment(
        side=_side(given), **_numbers(given, "qty", "mark", "rate")
    ),
    "closed_pnl": _closed_pnl,
}
# Kinds that are tried below, or that concern averaging and a venue's series, not a rule of this slice.
ELSEWHERE = {"average_entry", "unrealised_pnl", "funding_mark_price", "mm_deduction"}
SNAPSHOTS = Path(__file__).parents[2] / "btcli" / "config" / "specs" / "snapshots"


def _cases() -> list[dict[str, Any]]:
    return json.loads(ORACLES.read_text())["cases"] if ORACLES.exists() else []


@pytest.mark.parametrize(
    "case", [case for case in _cases() if case["kind"] in FUNCTIONS], ids=lambda case: str(case["id"])
)
def test_a_published_figure_comes_out(case: dict[str, Any]) -> None:
    """Each published or recorded case comes out within its own tolerance."""
    got = FUNCTIONS[case["kind"]](case["inputs"])
    assert got == pytest.approx(float(case["expected"]), rel=1e-12, abs=max(float(case["tolerance"]), 1e-11))


def test_every_published_kind_is_tried_or_named() -> None:
    """No kind of published case is passed over in silence."""
    shared("oracles/cases.json")
    assert {case["kind"] for case in _cases()} <= set(FUNCTIONS) | ELSEWHERE


@pytest.mark.parametrize(
    "case", [case for case in _cases() if case["kind"] == "mm_deduction"], ids=lambda case: str(case["id"])
)
def test_a_deduction_left_out_is_the_one_the_venue_prints(case: dict[str, Any]) -> None:
    """From limits and rates alone, each tier's deduction comes out as the venue prints it: value * rate - margin."""
    given, snapshot = case["inputs"], next(SNAPSHOTS.glob("bybit-*.json"))
    rows = json.loads(snapshot.read_text())["instruments"][given["symbol"]]["tiers"]
    tiers = [
        (row["limit_usdt"], row["maintenance_rate"], row["initial_rate"], row["max_leverage"], None) for row in rows
    ]
    limit, rate = float(given["risk_limit"]), float(given["mmr"])
    assert rows[int(given["tier"]) - 1]["limit_usdt"] == limit
    margin = exchange.maintenance_margin(mark=limit, qty=1.0, tiers=tiers)
    assert limit * rate - margin == pytest.approx(float(case["expected"]), rel=1e-12, abs=1e-6)


def test_the_worked_check_of_the_venue() -> None:
    """Long 1 coin at 40,000 with 50x and 3,000 added: every figure of the venue's worked example."""
    position = {"side": 1, "entry": 40_000.0, "qty": 1.0, "leverage": 50.0}
    tiers = [(2e6, 0.005, 0.01, 100.0, 0.0)]
    close_fee = exchange.fee_to_close(**position, taker=0.00055)
    assert close_fee == pytest.approx(21.56, abs=1e-11)
    assert exchange.initial_margin(entry=40_000.0, qty=1.0, leverage=50.0) + close_fee == pytest.approx(821.56)
    assert exchange.maintenance_margin(mark=40_000.0, qty=1.0, tiers=tiers) + close_fee == pytest.approx(221.56)
    price = exchange.liquidation_price(**position, tiers=tiers, extra_margin=3000.0, taker=0.00055)
    assert price == pytest.approx(36_380.25, abs=0.005)


@pytest.mark.parametrize(
    ("side", "basis", "added", "expected"),
    [
        (1, "entry", 0.0, 8.1),
        (1, "mark", 0.0, 8.0 / 0.99),
        (-1, "entry", 0.0, 11.9),
        (-1, "mark", 0.0, 12.0 / 1.01),
        (1, "entry", 0.5, 7.6),
        (1, "mark", 0.5, 7.5 / 0.99),
        (-1, "entry", 0.5, 12.4),
        (-1, "entry", -0.5, 11.4),
        (1, "entry", 9.0, 0.0),
    ],
)
def test_the_liquidation_price_by_the_entry_and_by_the_mark(
    side: int, basis: Literal["entry", "mark"], added: float, expected: float
) -> None:
    """One coin from 10 with 5x and 1 %: E * (1 - s/L + s*m) by the entry, E * (1 - s/L) / (1 - s*m) by the mark."""
    tiers = [(1e6, 0.01, 0.02, 50.0, 0.0)]
    price = exchange.liquidation_price(
        side=side, entry=10.0, qty=1.0, leverage=5.0, tiers=tiers, extra_margin=added, basis=basis
    )
    assert price == pytest.approx(expected, rel=1e-12)


def test_by_the_entry_the_tier_is_that_of_the_entry() -> None:
    """Short 95 at 1000, 10x: worth 95,000 at entry (1 %), more than 100,000 (2 %) where it is liquidated, at 1090."""
    tiers = [(100_000.0, 0.01, 0.02, 50.0, 0.0), (1e6, 0.02, 0.05, 20.0, None)]
    price = exchange.liquidation_price(side=-1, entry=1000.0, qty=95.0, leverage=10.0, tiers=tiers, basis="entry")
    assert price == pytest.approx(1090.0, rel=1e-12)


def test_a_liquidation_price_has_one_of_two_bases() -> None:
    """A basis that is neither mark nor entry is refused, not taken for one of them."""
    with pytest.raises(ValueError, match="'index'"):
        exchange.liquidation_price(1, 10.0, 1.0, 5.0, [(1e6, 0.01, 0.02, 50.0, 0.0)], basis="index")  # type: ignore[arg-type]


@pytest.mark.parametrize(("side", "expected"), [(1, 462.665), (-1, 469.205)])
def test_the_order_cost_of_binance(side: int, expected: float) -> None:
    """1 BTC at 9,253.30 with 20x under a mark of 9,259.84: only the short opens with a loss, of 6.54."""
    cost = exchange.order_cost_binance(side=side, price=9253.30, qty=1.0, leverage=20.0, mark=9259.84)
    assert cost == pytest.approx(expected, rel=1e-12)


def test_an_order_of_binance_that_buys_above_the_mark_costs_its_loss() -> None:
    """Two coins bought at 102 under a mark of 100 with 10x: 20.4 and the loss of 4."""
    assert exchange.order_cost_binance(side=1, price=102.0, qty=2.0, leverage=10.0, mark=100.0) == pytest.approx(24.4)


def test_deductions_follow_from_limits_and_rates() -> None:
    """A deduction that is not printed makes the maintenance margin continuous at each limit."""
    tiers = [(1000.0, 0.02, 0.05, 20.0, 0.0), (2000.0, 0.025, 0.05, 20.0, None), (3000.0, 0.03, 0.05, 20.0, None)]
    assert exchange.maintenance_margin(mark=1000.0, qty=1.0, tiers=tiers) == pytest.approx(20.0)
    assert exchange.maintenance_margin(mark=2000.0, qty=1.0, tiers=tiers) == pytest.approx(45.0)
    assert exchange.maintenance_margin(mark=3000.0, qty=1.0, tiers=tiers) == pytest.approx(75.0)


@pytest.mark.parametrize(("value", "tier"), [(0.0, 0), (1000.0, 0), (1000.0000001, 1), (2000.0, 1), (9e9, 1)])
def test_a_tier_reaches_up_to_its_limit(value: float, tier: int) -> None:
    """A value equal to a limit belongs to that tier, and one beyond all limits to the last."""
    tiers = [(1000.0, 0.02, 0.05, 20.0, 0.0), (2000.0, 0.025, 0.05, 20.0, None)]
    assert exchange.tier_of(value=value, tiers=tiers) == tier


def test_a_gap_between_printed_tiers_gives_the_border() -> None:
    """Where no tier is consistent with its own liquidation price, the border between the two nearest is it.

    Long 1 at 1000, 10x: tier 1 gives 900 / 0.99 = 909.09 (beyond its limit 905), tier 2 with the deduction 16 printed
    gives (900 - 16) / 0.98 = 902.04 (below 905), so the border 905 it is.
    """
    tiers = [(905.0, 0.01, 0.02, 50.0, 0.0), (9e9, 0.02, 0.05, 20.0, 16.0)]
    price = exchange.liquidation_price(
        side=1, entry=1000.0, qty=1.0, leverage=10.0, tiers=tiers, extra_margin=0.0, taker=0.001
    )
    assert price == pytest.approx(905.0, abs=1e-9)


def test_payments_round_against_the_trader() -> None:
    """Half a unit of the eighth decimal is paid as a whole one and received as none."""
    assert exchange.funding_payment(side=1, qty=1.0, mark=1.0, rate=0.000000015) == pytest.approx(2e-8, rel=1e-9)
    assert exchange.funding_payment(side=-1, qty=1.0, mark=1.0, rate=0.000000015) == pytest.approx(-1e-8, rel=1e-9)
    assert exchange.trade_fee(qty=1.0, price=1.0, rate=0.00000001) == 1e-8


def test_a_takeover_leaves_nothing_of_the_margin() -> None:
    """Closing at the takeover price pays exactly the position margin, with margin added or eaten, on both sides."""
    for side in (1, -1):
        for added in (0.0, 300.0, -40.0):
            margin = 1000.0 * 2 / 10 + exchange.fee_to_close(side, 1000.0, 2.0, 10.0, 0.001) + added
            price = exchange.bankruptcy_price(side, 1000.0, 10.0, extra_margin=added, qty=2.0, taker=0.001)
            loss = -side * 2.0 * (price - 1000.0) + 2.0 * price * 0.001
            assert loss == pytest.approx(margin, rel=1e-12)


def test_cross_liquidation_of_two_positions() -> None:
    """Binance's worked example: the cross liquidation price of each of two positions that share one wallet.

    Wallet 1,535,443.01. BTC long 109.488 at 32,481.98, mark 31,967.27, 2.5 %, amount 16,300; ETH long 3,683.979 at
    1,456.84, mark 1,335.18, 10 %, amount 135,365.
    """
    btc, eth = {"entry": 32_481.98, "qty": 109.488}, {"entry": 1_456.84, "qty": 3_683.979}
    btc_tiers = [(NO_LIMIT, 0.025, 0.05, 20.0, 16_300.0)]
    eth_tiers = [(NO_LIMIT, 0.10, 0.2, 5.0, 135_365.0)]
    one = exchange.cross_liquidation_price(
        side=1,
        **btc,
        tiers=btc_tiers,
        wallet=1_535_443.01,
        other_maintenance=exchange.maintenance_margin(mark=1_335.18, qty=3_683.979, tiers=eth_tiers),
        other_unrealized=3_683.979 * (1_335.18 - 1_456.84),
    )
    two = exchange.cross_liquidation_price(
        side=1,
        **eth,
        tiers=eth_tiers,
        wallet=1_535_443.01,
        other_maintenance=exchange.maintenance_margin(mark=31_967.27, qty=109.488, tiers=btc_tiers),
        other_unrealized=109.488 * (31_967.27 - 32_481.98),
    )
    assert one == pytest.approx(26_316.89, abs=0.005)
    assert two == pytest.approx(1_153.26, abs=0.005)


def test_a_cross_short_is_liquidated_above() -> None:
    """A short of 2 at 1000 with a wallet of 300 at 1 %: 300 - 2 (P - 1000) = 0.02 P gives 2300 / 2.02."""
    tiers = [(NO_LIMIT, 0.01, 0.02, 50.0, 0.0)]
    price = exchange.cross_liquidation_price(side=-1, entry=1000.0, qty=2.0, tiers=tiers, wallet=300.0)
    assert price == pytest.approx(2300.0 / 2.02, rel=1e-12)


@pytest.mark.parametrize(
    ("venue", "value", "margin"),
    [
        ("bybit", 2_000_000, 10_000),  # 0.5 %
        ("bybit", 2_600_000, 13_360),  # 0.56 % less 1,200
        ("bybit", 3_200_000, 17_140),  # 0.63 % less 3,020
        ("bybit", 3_800_000, 21_160),  # 0.67 % less 4,300
        ("binance", 50_000, 200),  # 0.4 %
        ("binance", 600_000, 2_950),  # 0.5 % less 50
        ("binance", 3_000_000, 18_550),  # 0.65 % less 950
        ("binance", 12_000_000, 108_550),  # 1 % less 11,450
    ],
)
def test_maintenance_of_btcusdt_at_the_tier_borders(venue: str, value: float, margin: float) -> None:
    """At a border the maintenance margin is that of its tier, and just beyond it hardly more: no jump."""
    snapshot = json.loads(next(SNAPSHOTS.glob(f"{venue}-*.json")).read_text())
    rows = snapshot["instruments"]["BTCUSDT"]["tiers"]
    names = ("limit_usdt", "maintenance_rate", "initial_rate", "max_leverage", "deduction_usdt")
    tiers = [tuple(row.get(name) for name in names) for row in rows]
    at = exchange.maintenance_margin(mark=float(value), qty=1.0, tiers=tiers)
    beyond = exchange.maintenance_margin(mark=value + 1.0, qty=1.0, tiers=tiers)
    assert at == pytest.approx(margin, abs=1e-6)
    assert 0.0 < beyond - at < 0.05


@pytest.mark.parametrize(
    ("side", "entry", "leverage", "added", "printed"),
    [
        (1, 20_000.0, 50.0, 0.0, 19_700.0),  # 20,000 - (400 - 100), the venue's page of before the date
        (1, 10_000.0, 50.0, 0.0, 9_850.0),  # 10,000 * (1 - 2 % + 0.5 %)
        (-1, 8_000.0, 40.0, 0.0, 8_160.0),  # 8,000 * (1 + 2.5 % - 0.5 %)
        (-1, 20_000.0, 50.0, 3_000.0, 23_300.0),  # 20,000 + (400 - 100) + 3,000
    ],
)
def test_printed_liquidation_prices_of_before_the_date(
    side: int, entry: float, leverage: float, added: float, printed: float
) -> None:
    """Bybit's examples by the value at entry, 1 BTC at 0.5 %, no fee on added margin in them."""
    tiers = [(2e6, 0.005, 0.01, 100.0, 0.0)]
    price = exchange.liquidation_price(
        side=side, entry=entry, qty=1.0, leverage=leverage, tiers=tiers, extra_margin=added, taker=0.0, basis="entry"
    )
    assert price == pytest.approx(printed, rel=1e-12)


@pytest.mark.parametrize(
    ("side", "price", "mark", "printed"),
    [
        (1, 34_764.02, 34_770.73, 1_738.20),  # the buy lies below the mark
        (-1, 34_764.02, 34_770.73, 1_744.91),  # 1,738.20 + 6.71
        (1, 102_990.0, 102_988.4, 5_151.10),  # 5,149.50 + 1.60, a venue with the same formula
        (-1, 102_990.0, 102_988.4, 5_149.50),
    ],
)
def test_printed_costs_of_an_order(side: int, price: float, mark: float, printed: float) -> None:
    """Printed examples of margin and open loss, 1 BTC with 20x, to the cent."""
    cost = exchange.order_cost_binance(side=side, price=price, qty=1.0, leverage=20.0, mark=mark)
    assert cost == pytest.approx(printed, abs=0.0051)

"""How the exits of an open position are filled: at its level, or at the open once that was jumped over."""

from __future__ import annotations

from btcli.exchange.codes import FLAG_AMBIGUOUS, FLAG_MAKER, LIMIT, MARKET, PATH, STOP_MARKET
from btcli.exchange.compiled import compiled
from btcli.exchange.matching import (
    LIQUIDATION,
    STOP,
    TARGET,
    Leg,
    exit_reason_of,
    is_ambiguous_exit,
    is_exit_reached,
    is_on_mark,
)
from btcli.exchange.position import close_position, liquidate_position
from btcli.exchange.pricing import PriceModel, on_leg, slipped
from btcli.exchange.values import Desk, Journal


@compiled
def fire_exit(
    j: Journal, desk: Desk, kind: int, prices: PriceModel, leg: Leg, t: float, at_once: bool, flags: int
) -> None:
    """Carry out a liquidation, stop or target at fraction t of a leg.

    `at_once`: the level was already passed, so the fill is made at the price of that moment instead of the level.
    """
    if j.account["phase"] == PATH and is_ambiguous_exit(desk, kind, prices):
        flags |= FLAG_AMBIGUOUS
    last = on_leg(leg.last_a, leg.last_b, t)
    if kind == LIQUIDATION:
        liquidate_position(j, desk, on_leg(leg.mark_a, leg.mark_b, t), last, flags)
    elif kind == STOP:
        _fill_stop(j, desk, last, at_once, flags)
    else:
        _fill_target(j, desk, last, at_once, flags)
    if kind == LIQUIDATION and desk.rules["stop_on_liquidation"]:
        j.account["is_halted"] = 1


@compiled
def _fill_stop(j: Journal, desk: Desk, last: float, at_once: bool, flags: int) -> None:
    position = desk.position
    inst = desk.inst
    reference = last if at_once or is_on_mark(desk.rules, STOP) else position["stop_price"]
    price = slipped(reference, -position["side"], inst["stop_slippage"], inst)
    order_id = position["stop_id"]
    close_position(
        j, desk, price, reference, inst["taker_fee_rate"], exit_reason_of(STOP), order_id, STOP_MARKET, flags
    )


@compiled
def _fill_target(j: Journal, desk: Desk, last: float, at_once: bool, flags: int) -> None:
    position = desk.position
    inst = desk.inst
    level = position["target_price"]
    order_id = position["target_id"]
    reason = exit_reason_of(TARGET)
    if desk.rules["target_is_limit"]:
        close_position(j, desk, level, level, inst["maker_fee_rate"], reason, order_id, LIMIT, flags | FLAG_MAKER)
        return
    reference = last if at_once or is_on_mark(desk.rules, TARGET) else level
    price = slipped(reference, -position["side"], inst["slippage"], inst)
    close_position(j, desk, price, reference, inst["taker_fee_rate"], reason, order_id, MARKET, flags)


@compiled
def fire_reached(j: Journal, desk: Desk, prices: PriceModel, leg: Leg, t: float, flags: int) -> None:
    """Fire what the position has already reached: liquidation, else stop, else target."""
    for kind in range(LIQUIDATION, TARGET + 1):
        if desk.position["side"] != 0 and is_exit_reached(desk, kind, leg, t):
            fire_exit(j, desk, kind, prices, leg, t, True, flags)

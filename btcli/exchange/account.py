"""Balances and margins derived from cash and positions."""

from __future__ import annotations

from btcli.exchange.compiled import compiled, inlined
from btcli.exchange.margin import (
    fee_to_close_of,
    is_liquidated,
    liquidation_of,
    maintenance_of,
    position_margin,
    takeover_price,
)
from btcli.exchange.values import Desk, Record, Records, World


@inlined
def desk_of(w: World, s: int) -> Desk:
    """Everything about one symbol."""
    inst = w.instruments[s]
    return Desk(w.positions[s], inst, w.tiers[inst["tier_first"] : inst["tier_end"]], w.rules[0])


@compiled
def margin_held(position: Record, inst: Record) -> float:
    """PM of a position; 0 when flat."""
    if position["side"] == 0:
        return 0.0
    return position_margin(
        position["side"],
        position["entry_price"],
        position["qty"],
        inst["leverage"],
        position["extra_margin_usdt"],
        inst["close_fee_rate"],
    )


@compiled
def takeover_of(position: Record, inst: Record) -> float:
    """B of an open position."""
    return takeover_price(
        position["side"],
        position["entry_price"],
        inst["leverage"],
        position["extra_margin_usdt"],
        position["qty"],
        inst["close_fee_rate"],
    )


@compiled
def refresh_liquidation_price(desk: Desk) -> None:
    """Compute LP anew after the position or its margin changed."""
    position = desk.position
    position["liquidation_price"] = liquidation_of(
        position["side"],
        position["entry_price"],
        position["qty"],
        desk.inst["leverage"],
        position["extra_margin_usdt"],
        desk.inst["close_fee_rate"],
        desk.tiers,
    )


@compiled
def is_liquidated_at(desk: Desk, mark: float) -> bool:
    """The liquidation condition of a position at a mark."""
    position = desk.position
    return is_liquidated(
        position["side"],
        position["entry_price"],
        position["qty"],
        desk.inst["leverage"],
        position["extra_margin_usdt"],
        desk.inst["close_fee_rate"],
        mark,
        desk.tiers,
    )


@compiled
def used_margin(positions: Records, instruments: Records) -> float:
    """The sum of the position margins, in the order of the symbols."""
    used = 0.0
    for s in range(len(positions)):
        used += margin_held(positions[s], instruments[s])
    return used


@compiled
def available_balance(w: World) -> float:
    """What new orders may use: unrealised profit cannot be spent."""
    return max(0.0, w.account[0]["cash_usdt"] - used_margin(w.positions, w.instruments))


@compiled
def maintenance_held(desk: Desk, mark: float) -> float:
    """MM of an open position, with the fee to close."""
    position = desk.position
    return maintenance_of(mark, position["qty"], desk.tiers) + fee_to_close_of(
        position["side"],
        position["entry_price"],
        position["qty"],
        desk.inst["leverage"],
        desk.inst["close_fee_rate"],
    )


@compiled
def unrealized_at(position: Record, price: float) -> float:
    """s * Q * (price - E)."""
    return position["side"] * position["qty"] * (price - position["entry_price"])


@compiled
def note_excursion(position: Record, price: float) -> None:
    """Keep the largest unrealised loss and profit of the trade."""
    profit = unrealized_at(position, price)
    position["mfe_usdt"] = max(position["mfe_usdt"], profit)
    position["mae_usdt"] = max(position["mae_usdt"], -profit)


@compiled
def revalue(w: World) -> None:
    """Mark the account at the last marks: unrealised, equity, margins."""
    account = w.account[0]
    unrealized = 0.0
    maintenance = 0.0
    for s in range(len(w.positions)):
        position = w.positions[s]
        if position["side"] != 0:
            unrealized += unrealized_at(position, position["mark"])
            maintenance += maintenance_held(desk_of(w, s), position["mark"])
    account["unrealized_usdt"] = unrealized
    account["maintenance_usdt"] = maintenance
    account["equity_usdt"] = account["cash_usdt"] + unrealized
    account["used_usdt"] = used_margin(w.positions, w.instruments)

"""What a fill does to a position: opening it, closing it, taking it over. Nothing here decides."""

from __future__ import annotations

from btcli.exchange.account import (
    margin_held,
    note_excursion,
    refresh_liquidation_price,
    takeover_of,
    unrealized_at,
)
from btcli.exchange.codes import (
    EXIT_LIQUIDATION,
    FLAG_AMBIGUOUS,
    FLAG_BANKRUPTCY_CAPPED,
    LIQUIDATED,
    ORDER_FILLED,
    POSITION_CLOSED,
    POSITION_OPENED,
)
from btcli.exchange.compiled import compiled
from btcli.exchange.ledger import book_fee, book_pnl, cover_shortfall, emit
from btcli.exchange.margin import fee_of
from btcli.exchange.rounding import round_against
from btcli.exchange.values import Desk, Journal, Record


@compiled
def _record_fill(account: Record, event: Record, side: int, qty: float, price: float, reference: float) -> None:
    event["side"] = side
    event["qty"] = qty
    event["price"] = price
    event["reference_price"] = reference
    account["slippage_usdt"] = account["slippage_usdt"] + side * qty * (price - reference)
    account["turnover_usdt"] = account["turnover_usdt"] + qty * price


@compiled
def open_position(
    j: Journal, desk: Desk, order: Record, qty: float, price: float, reference: float, capped_by: int, flags: int
) -> None:
    """Fill an entry as taker and set its bracket; distances count from the fill price, levels round away from it."""
    inst = desk.inst
    position = desk.position
    _begin_trade(j.account, position, order, qty, price)
    event = j.events[emit(j, ORDER_FILLED, position["symbol"])]
    event["order_id"] = order["order_id"]
    event["order_type"] = order["type"]
    event["capped_by"] = capped_by
    event["trade_id"] = position["trade_id"]
    event["flags"] = flags
    _record_fill(j.account, event, order["side"], qty, price, reference)
    book_fee(j.account, event, position, fee_of(qty, price, inst["taker_fee_rate"]))
    set_bracket(position, order, inst)
    refresh_liquidation_price(desk)
    cover_shortfall(j, position["symbol"])
    opened = j.events[emit(j, POSITION_OPENED, position["symbol"])]
    describe_position(opened, position, inst)
    opened["price"] = price


@compiled
def _begin_trade(account: Record, position: Record, order: Record, qty: float, price: float) -> None:
    position["side"] = order["side"]
    position["qty"] = qty
    position["entry_price"] = price
    position["extra_margin_usdt"] = 0.0
    position["trade_id"] = account["next_trade_id"]
    account["next_trade_id"] = account["next_trade_id"] + 1
    position["entry_ts"] = account["ts"]
    position["entry_step"] = account["step"]
    position["opened_qty"] = qty
    position["closed_qty"] = 0.0
    position["exit_price"] = 0.0
    position["gross_usdt"] = 0.0
    position["fees_usdt"] = 0.0
    position["funding_usdt"] = 0.0
    position["mae_usdt"] = 0.0
    position["mfe_usdt"] = 0.0
    position["is_ambiguous"] = 0


@compiled
def set_bracket(position: Record, order: Record, inst: Record) -> None:
    """Attach the stop and target of an entry order; a price stays as it was submitted."""
    side = position["side"]
    entry = position["entry_price"]
    stop = order["stop_price"]
    target = order["target_price"]
    if order["stop_distance"] > 0.0:
        stop = round_against(entry - side * order["stop_distance"], -side, inst["tick_k"], inst["tick_den"])
    if order["target_distance"] > 0.0:
        target = round_against(entry + side * order["target_distance"], side, inst["tick_k"], inst["tick_den"])
    position["stop_price"] = max(stop, 0.0)
    position["target_price"] = max(target, 0.0)
    position["stop_id"] = order["order_id"] + 1
    position["target_id"] = order["order_id"] + 2
    position["initial_stop_price"] = position["stop_price"]


@compiled
def describe_position(event: Record, position: Record, inst: Record) -> None:
    """Write the position as it stands onto an event."""
    event["trade_id"] = position["trade_id"]
    event["side"] = position["side"]
    event["qty"] = position["qty"]
    event["stop_price"] = position["stop_price"]
    event["target_price"] = position["target_price"]
    event["liquidation_price"] = position["liquidation_price"]
    event["margin_usdt"] = margin_held(position, inst)


@compiled
def cap_at_takeover(position: Record, inst: Record, price: float) -> float:
    """An isolated close never realises a price worse than B."""
    worst = takeover_of(position, inst)
    if position["side"] > 0:
        return max(price, worst)
    return min(price, worst)


@compiled
def close_position(
    j: Journal,
    desk: Desk,
    price: float,
    reference: float,
    fee_rate: float,
    reason: int,
    order_id: int,
    order_type: int,
    flags: int,
) -> None:
    """Fill the close of the whole position at a decided price."""
    position = desk.position
    inst = desk.inst
    qty = position["qty"]
    fill = cap_at_takeover(position, inst, price)
    if fill != price:
        flags |= FLAG_BANKRUPTCY_CAPPED
    note_excursion(position, reference)
    event = j.events[emit(j, ORDER_FILLED, position["symbol"])]
    event["order_id"] = order_id
    event["order_type"] = order_type
    event["trade_id"] = position["trade_id"]
    event["exit_reason"] = reason
    event["flags"] = flags
    _record_fill(j.account, event, -position["side"], qty, fill, reference)
    book_pnl(j.account, event, position, unrealized_at(position, fill))
    book_fee(j.account, event, position, fee_of(qty, fill, fee_rate))
    _reduce(position, qty, fill)
    cover_shortfall(j, position["symbol"])
    _end_trade(j, position, reason, flags)


@compiled
def liquidate_position(j: Journal, desk: Desk, mark: float, last: float, flags: int) -> None:
    """Take the whole position over at B: exactly its margin is lost, without slippage, rounding or ticks."""
    position = desk.position
    inst = desk.inst
    price = takeover_of(position, inst)
    qty = position["qty"]
    note_excursion(position, last)
    account = j.account
    account["has_liquidated"] = 1
    account["liquidations"] = account["liquidations"] + 1
    account["turnover_usdt"] = account["turnover_usdt"] + qty * price
    event = j.events[emit(j, LIQUIDATED, position["symbol"])]
    describe_position(event, position, inst)
    event["price"] = price
    event["mark_price"] = mark
    event["flags"] = flags
    book_pnl(j.account, event, position, unrealized_at(position, price))
    book_fee(j.account, event, position, qty * price * inst["close_fee_rate"])
    _reduce(position, qty, price)
    cover_shortfall(j, position["symbol"])
    _end_trade(j, position, EXIT_LIQUIDATION, flags)


@compiled
def _reduce(position: Record, qty: float, price: float) -> None:
    before = position["closed_qty"]
    position["closed_qty"] = before + qty
    if before > 0.0:
        price = (position["exit_price"] * before + price * qty) / position["closed_qty"]
    position["exit_price"] = price


@compiled
def _end_trade(j: Journal, position: Record, reason: int, flags: int) -> None:
    """Write the trade, then leave the symbol flat."""
    account = j.account
    if flags & FLAG_AMBIGUOUS:
        position["is_ambiguous"] = 1
    account["ambiguous_trades"] = account["ambiguous_trades"] + position["is_ambiguous"]
    _write_trade(j, position, reason)
    event = j.events[emit(j, POSITION_CLOSED, position["symbol"])]
    event["trade_id"] = position["trade_id"]
    event["side"] = position["side"]
    event["qty"] = position["opened_qty"]
    event["price"] = position["exit_price"]
    event["exit_reason"] = reason
    event["flags"] = position["is_ambiguous"] * FLAG_AMBIGUOUS
    event["net_usdt"] = position["gross_usdt"] - position["fees_usdt"] - position["funding_usdt"]
    position["side"] = 0
    position["qty"] = 0.0
    position["entry_price"] = 0.0
    position["extra_margin_usdt"] = 0.0
    position["liquidation_price"] = 0.0
    position["stop_price"] = 0.0
    position["target_price"] = 0.0


@compiled
def _write_trade(j: Journal, position: Record, reason: int) -> None:
    account = j.account
    trade = j.trades[account["n_trades"]]
    account["n_trades"] = account["n_trades"] + 1
    trade["trade_id"] = position["trade_id"]
    trade["symbol"] = position["symbol"]
    trade["side"] = position["side"]
    trade["qty"] = position["opened_qty"]
    trade["entry_ts"] = position["entry_ts"]
    trade["entry_price"] = position["entry_price"]
    trade["exit_ts"] = account["ts"]
    trade["exit_price"] = position["exit_price"]
    trade["exit_reason"] = reason
    trade["gross_usdt"] = position["gross_usdt"]
    trade["fees_usdt"] = position["fees_usdt"]
    trade["funding_usdt"] = position["funding_usdt"]
    trade["stop_price"] = position["initial_stop_price"]
    trade["target_price"] = position["target_price"]
    trade["liquidation_price"] = position["liquidation_price"]
    trade["mae_usdt"] = position["mae_usdt"]
    trade["mfe_usdt"] = position["mfe_usdt"]
    trade["bars_held"] = account["step"] - position["entry_step"]
    trade["is_ambiguous"] = position["is_ambiguous"]


@compiled
def charge_margin(desk: Desk, amount: float) -> None:
    """Take an amount out of the position's margin (X -= amount); moves LP."""
    position = desk.position
    position["extra_margin_usdt"] = position["extra_margin_usdt"] - amount
    refresh_liquidation_price(desk)

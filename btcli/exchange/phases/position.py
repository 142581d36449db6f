"""What a fill does to a position: opening it, adding to it, reducing it, taking it over. Nothing here decides."""

from __future__ import annotations

from btcli.exchange.book.codes import (
    EXIT_LIQUIDATION,
    FLAG_AMBIGUOUS,
    FLAG_BANKRUPTCY_CAPPED,
    LIQUIDATED,
    ORDER_FILLED,
    PATH,
    POSITION_CHANGED,
    POSITION_CLOSED,
    POSITION_OPENED,
)
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.ledger import book_fee, book_pnl, cover_shortfall, emit
from btcli.exchange.book.records import Fill, Record, Symbol
from btcli.exchange.formulas.balances import margin_held, takeover_of, unrealized_at
from btcli.exchange.formulas.brackets import nearest_target, stop_level
from btcli.exchange.formulas.choosing import place_of
from btcli.exchange.formulas.costs import mark_of_moment, spread_of
from btcli.exchange.formulas.margin import fee_of
from btcli.exchange.formulas.rounding import on_step
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.bracket import set_bracket
from btcli.exchange.phases.settling import settle_at_entry
from btcli.exchange.phases.tallying import tally_end, tally_entry
from btcli.exchange.phases.valuing import note_excursion, refresh_liquidation_price


@compiled
def _record_fill(account: Record, event: Record, fill: Fill, price: float) -> None:
    event["side"] = fill.side
    event["qty"] = fill.qty
    event["price"] = price
    event["reference_price"] = fill.reference
    event["order_id"] = fill.order_id
    event["order_type"] = fill.order_type
    event["exit_reason"] = fill.reason
    event["capped_by"] = fill.capped_by
    event["flags"] = fill.flags
    impact = fill.qty * fill.reference * fill.impact
    event["impact_usdt"] = impact
    account["impact_usdt"] = account["impact_usdt"] + impact
    spread = spread_of(fill.side, fill.qty, price, fill.reference, impact)
    account["slippage_usdt"] = account["slippage_usdt"] + spread
    account["turnover_usdt"] = account["turnover_usdt"] + fill.qty * price


@compiled
def increase_position(book: Record, sym: Symbol, order: Record, fill: Fill) -> None:
    """Open a position and set its bracket, or add to it: the entry averages, the first bracket's prices stay."""
    position = sym.position
    is_new = position["side"] == 0
    if is_new:
        _begin_trade(book["account"], position, fill)
        position["entry_closes"] = book["deciders"][position["symbol"]]["closes"]
        book["deciders"][position["symbol"]]["used_until"][place_of(fill.side)] = order["evaluation"]
        tally_entry(book, position["symbol"], fill.side)
    else:
        _count_add(position, order, fill, sym.inst)
        held = position["qty"]
        position["qty"] = on_step(held + fill.qty, sym.inst["step_k"], sym.inst["step_den"])
        position["entry_price"] = (position["entry_price"] * held + fill.price * fill.qty) / position["qty"]
        opened = position["opened_qty"] + fill.qty
        position["opened_qty"] = on_step(opened, sym.inst["step_k"], sym.inst["step_den"])
    order["counted_trade_id"] = position["trade_id"]
    position["last_entry_price"] = fill.price
    event = book["events"][emit(book, ORDER_FILLED, position["symbol"])]
    event["trade_id"] = position["trade_id"]
    _record_fill(book["account"], event, fill, fill.price)
    if sym.inst["order_cost_by_mark"]:
        event["mark_price"] = mark_of_moment(book, position["symbol"])  # what its cost was held against
    book_fee(book["account"], event, position, fee_of(fill.qty, fill.price, fill.fee_rate))
    if is_new:
        set_bracket(position, order, sym.inst)
    refresh_liquidation_price(sym)
    cover_shortfall(book, position["symbol"])
    settle_at_entry(book, position["symbol"], fill.qty)
    told = book["events"][emit(book, POSITION_OPENED if is_new else POSITION_CHANGED, position["symbol"])]
    describe_position(told, sym)
    told["price"] = position["entry_price"]


@compiled
def _count_add(position: Record, order: Record, fill: Fill, inst: Record) -> None:
    """What the order that opened the position goes on to fill belongs to its first quantity; another adds, once."""
    if fill.order_id == position["stop_id"] - 1:
        first = position["first_qty"] + fill.qty
        position["first_qty"] = on_step(first, inst["step_k"], inst["step_den"])
    elif order["counted_trade_id"] != position["trade_id"]:  # it may fill piece by piece
        position["adds"] = position["adds"] + 1


@compiled
def _begin_trade(account: Record, position: Record, fill: Fill) -> None:
    position["side"] = fill.side
    position["qty"] = fill.qty
    position["entry_price"] = fill.price
    position["extra_margin_usdt"] = 0.0
    position["path_entry_step"] = account["step"] if account["phase"] == PATH else -1
    position["trade_id"] = account["next_trade_id"]
    account["next_trade_id"] = account["next_trade_id"] + 1
    position["entry_ts"] = account["ts"]
    position["entry_step"] = account["step"]
    position["first_qty"] = fill.qty
    position["adds"] = 0
    position["highest"] = fill.price
    position["lowest"] = fill.price
    position["opened_qty"] = fill.qty
    position["closed_qty"] = 0.0
    position["exit_price"] = 0.0
    position["gross_usdt"] = 0.0
    position["fees_usdt"] = 0.0
    position["funding_usdt"] = 0.0
    position["mae_usdt"] = 0.0
    position["mfe_usdt"] = 0.0
    position["is_ambiguous"] = 0


@compiled
def describe_position(event: Record, sym: Symbol) -> None:
    """Write the position as it stands onto an event."""
    position = sym.position
    event["trade_id"] = position["trade_id"]
    event["side"] = position["side"]
    event["qty"] = position["qty"]
    event["stop_price"] = stop_level(position)
    event["target_price"] = nearest_target(position)
    event["liquidation_price"] = position["liquidation_price"]
    event["margin_usdt"] = margin_held(sym)


@compiled
def cap_at_takeover(sym: Symbol, price: float) -> float:
    """An isolated close never realises a price worse than B."""
    if sym.terms["is_cross"]:
        return price
    worst = takeover_of(sym.position, sym.inst)
    if sym.position["side"] > 0:
        return max(price, worst)
    return min(price, worst)


@compiled
def reduce_position(book: Record, sym: Symbol, fill: Fill) -> None:
    """Fill a close of the whole position or a part of it at a decided price."""
    position = sym.position
    price = cap_at_takeover(sym, fill.price)
    flags = fill.flags
    if price != fill.price:
        flags |= FLAG_BANKRUPTCY_CAPPED
    note_excursion(position, fill.reference)
    event = book["events"][emit(book, ORDER_FILLED, position["symbol"])]
    event["trade_id"] = position["trade_id"]
    _record_fill(book["account"], event, fill, price)
    event["flags"] = flags
    book_pnl(book["account"], event, position, position["side"] * fill.qty * (price - position["entry_price"]))
    book_fee(book["account"], event, position, fee_of(fill.qty, price, fill.fee_rate))
    _take_off(sym, fill.qty, price)
    cover_shortfall(book, position["symbol"])
    if position["qty"] > 0.0:
        refresh_liquidation_price(sym)
        position["is_ambiguous"] = max(position["is_ambiguous"], flags & FLAG_AMBIGUOUS)
        changed = book["events"][emit(book, POSITION_CHANGED, position["symbol"])]
        describe_position(changed, sym)
        changed["price"] = position["entry_price"]
    else:
        _end_trade(book, position, fill.reason, flags)


@compiled
def liquidate_position(
    book: Record, sym: Symbol, price: float, fee: float, mark: float, last: float, flags: int
) -> None:
    """Take the whole position over at a price and for a fee, both not rounded."""
    position = sym.position
    qty = position["qty"]
    note_excursion(position, last)
    account = book["account"]
    account["has_liquidated"] = 1
    account["liquidations"] = account["liquidations"] + 1
    account["turnover_usdt"] = account["turnover_usdt"] + qty * price
    event = book["events"][emit(book, LIQUIDATED, position["symbol"])]
    describe_position(event, sym)
    event["price"] = price
    event["mark_price"] = mark
    event["flags"] = flags
    book_pnl(account, event, position, unrealized_at(position, price))
    book_fee(account, event, position, fee)
    _take_off(sym, qty, price)
    cover_shortfall(book, position["symbol"])
    _end_trade(book, position, EXIT_LIQUIDATION, flags)


@compiled
def take_over(book: Record, sym: Symbol, mark: float, last: float, flags: int) -> None:
    """Liquidate an isolated position at B: exactly its margin is lost, without slippage, rounding or ticks."""
    price = takeover_of(sym.position, sym.inst)
    fee = sym.position["qty"] * price * sym.inst["close_fee_rate"]
    liquidate_position(book, sym, price, fee, mark, last, flags)


@compiled
def _take_off(sym: Symbol, qty: float, price: float) -> None:
    """Shrink quantity and added margin in proportion, and average the exit price."""
    position, k, den = sym.position, sym.inst["step_k"], sym.inst["step_den"]
    before = position["closed_qty"]
    position["closed_qty"] = on_step(before + qty, k, den)
    if before > 0.0:
        price = (position["exit_price"] * before + price * qty) / position["closed_qty"]
    position["exit_price"] = price
    held = position["qty"]
    if qty >= held:
        position["qty"] = 0.0
        return
    position["extra_margin_usdt"] = position["extra_margin_usdt"] * ((held - qty) / held)
    position["qty"] = on_step(held - qty, k, den)


@compiled
def _end_trade(book: Record, position: Record, reason: int, flags: int) -> None:
    """Write the trade, then leave the symbol flat."""
    account = book["account"]
    if flags & FLAG_AMBIGUOUS:
        position["is_ambiguous"] = 1
    account["ambiguous_trades"] = account["ambiguous_trades"] + position["is_ambiguous"]
    net = position["gross_usdt"] - position["fees_usdt"] - position["funding_usdt"]
    account["losses_in_a_row"] = account["losses_in_a_row"] + 1 if net < 0.0 else 0
    tally_end(book, position["symbol"], position["side"], net)
    _write_trade(book, position, reason)
    event = book["events"][emit(book, POSITION_CLOSED, position["symbol"])]
    event["trade_id"] = position["trade_id"]
    event["side"] = position["side"]
    event["qty"] = position["opened_qty"]
    event["price"] = position["exit_price"]
    event["exit_reason"] = reason
    event["flags"] = position["is_ambiguous"] * FLAG_AMBIGUOUS
    event["net_usdt"] = net
    position["side"] = 0
    position["entry_price"] = 0.0
    position["extra_margin_usdt"] = 0.0
    position["liquidation_price"] = 0.0
    position["stop_price"] = NO_LEVEL
    position["trail_price"] = NO_LEVEL
    position["trail_distance"] = 0.0
    position["break_even_distance"] = 0.0
    position["n_parts"] = 0
    position["parts_due"] = 0
    position["n_ages"] = 0
    position["new_targets"] = 0
    position["n_moves"] = 0
    for k in range(MAX_TARGETS):
        position["target_price"][k] = 0.0


@compiled
def _write_trade(book: Record, position: Record, reason: int) -> None:
    account = book["account"]
    trade = book["trades"][account["n_trades"]]
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
    trade["target_price"] = position["initial_target_price"]
    trade["liquidation_price"] = position["liquidation_price"]
    trade["mae_usdt"] = position["mae_usdt"]
    trade["mfe_usdt"] = position["mfe_usdt"]
    trade["bars_held"] = account["step"] - position["entry_step"]
    trade["is_ambiguous"] = position["is_ambiguous"]

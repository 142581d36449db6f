"""How the exits of an open position are filled: at their level, or at the price of the moment once it was passed."""

from __future__ import annotations

from btcli.exchange.book.codes import (
    EXIT_LIQUIDATION,
    EXIT_TARGET,
    FLAG_AMBIGUOUS,
    FLAG_MAKER,
    LIMIT,
    MARKET,
    NO_CAP,
    NO_FLAGS,
    POSITION_CUT,
    SHARE_BELOW_STEP,
    STOP_MARKET,
    SYMBOL_LIQUIDATED,
    WARNED,
)
from btcli.exchange.book.ledger import emit
from btcli.exchange.book.orders import cancel_all
from btcli.exchange.book.records import Fill, Record, Symbol
from btcli.exchange.formulas.balances import is_liquidated_at, symbol_of, unrealized_at, valued_at
from btcli.exchange.formulas.brackets import stop_level, stop_reason
from btcli.exchange.formulas.cross import mark_now
from btcli.exchange.formulas.margin import LIMIT as TIER_LIMIT
from btcli.exchange.formulas.margin import fee_of, tier_index
from btcli.exchange.formulas.matching import (
    EXITS,
    LIQUIDATION,
    STOP,
    TARGET,
    Leg,
    is_exit_reached,
    is_on_mark,
    is_target_marketable,
    leg_of,
)
from btcli.exchange.formulas.parts import part_qty, target_qty
from btcli.exchange.formulas.pricing import impact_of, on_leg, slipped
from btcli.exchange.formulas.rounding import multiple, on_step, round_against, round_down
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.ambiguity import exit_flags
from btcli.exchange.phases.bracket import note_part
from btcli.exchange.phases.position import describe_position, liquidate_position, reduce_position, take_over

# How an exit fills: at its level; at the price of the moment because the level was passed; or, a limit that is
# already reached when its entry fills, as an order that takes what is there.
AT_LEVEL, PASSED, ARRIVING = 0, 1, 2


@compiled
def fire_exit(
    book: Record, sym: Symbol, kind: int, prices: Record, leg: Leg, t: float, manner: int, flags: int
) -> None:
    """Carry out a liquidation, stop or target at fraction t of a leg; `manner` says at which price."""
    flags |= exit_flags(book, sym, kind, prices)
    last = on_leg(leg.last_a, leg.last_b, t)
    if kind == LIQUIDATION:
        _liquidate(book, sym, on_leg(leg.mark_a, leg.mark_b, t), last, prices, flags)
    elif kind == STOP:
        _fill_stop(book, sym, last, prices, manner, flags)
    else:
        _fill_target(book, sym, kind - TARGET, last, prices, manner, flags)


@compiled
def _liquidate(book: Record, sym: Symbol, mark: float, last: float, prices: Record, flags: int) -> None:
    """Cancel the symbol's orders, cut through the tiers where the config asks for the ladder, take over what is left.

    The position's own stop and targets are no orders: they stay for what a cut leaves.
    """
    cancel_all(book, sym.position["symbol"], SYMBOL_LIQUIDATED)
    while sym.terms["is_ladder"]:
        fits = _fits_below(sym, valued_at(sym, mark))
        if fits <= 0.0:
            break
        _cut(book, sym, fits, mark, last, prices, flags)
        if not is_liquidated_at(sym, mark):
            return
    take_over(book, sym, mark, last, flags)
    if sym.terms["stop_on_liquidation"]:
        book["account"]["is_halted"] = 1


@compiled
def _fits_below(sym: Symbol, price: float) -> float:
    """The largest quantity on the step whose value at a price fits the next lower tier; 0: none, or none is lower."""
    inst = sym.inst
    tier = tier_index(price * sym.position["qty"], sym.inst["tiers"])
    if tier == 0:
        return 0.0
    fits = round_down(sym.inst["tiers"][tier - 1, TIER_LIMIT] / price, inst["step_k"], inst["step_den"])
    if fits > 0.0 and tier_index(price * fits, sym.inst["tiers"]) >= tier:
        fits = round_down(fits - 0.5 * inst["step_k"] / inst["step_den"], inst["step_k"], inst["step_den"])
    return fits


@compiled
def _cut(book: Record, sym: Symbol, fits: float, mark: float, last: float, prices: Record, flags: int) -> None:
    """Sell all but what fits into the next lower tier, at the last price of this moment."""
    position, inst = sym.position, sym.inst
    event = book["events"][emit(book, POSITION_CUT, position["symbol"])]
    describe_position(event, sym)
    event["have"] = position["qty"]
    event["need"] = fits
    event["mark_price"] = mark
    qty = on_step(position["qty"] - fits, inst["step_k"], inst["step_den"])
    impact = impact_of(qty, prices, inst)
    price = slipped(last, -position["side"], inst["slippage"] + impact, inst)
    order_id = book["account"]["next_order_id"]
    book["account"]["next_order_id"] = order_id + 1
    fee = inst["taker_fee_rate"]
    side = -position["side"]
    fill = Fill(side, qty, price, last, impact, fee, order_id, MARKET, EXIT_LIQUIDATION, NO_CAP, flags)
    reduce_position(book, sym, fill)


@compiled
def liquidate_all(book: Record, leg: int, t: float) -> None:
    """Close every position of a cross account at its mark of this moment; resting orders are cancelled first."""
    for s in range(book["n_symbols"]):
        position, prices = book["positions"][s], book["prices"][s]
        if position["side"] != 0 and prices["has_bar"]:
            if exit_flags(book, symbol_of(book, s), LIQUIDATION, prices):
                position["is_ambiguous"] = 1
    for s in range(book["n_symbols"]):
        cancel_all(book, s, SYMBOL_LIQUIDATED)
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            _liquidate_at_mark(book, s, leg, t)
    if book["terms"]["stop_on_liquidation"]:
        book["account"]["is_halted"] = 1


@compiled
def _liquidate_at_mark(book: Record, s: int, leg: int, t: float) -> None:
    """It costs the taker fee and, where the venue has one, a clearance fee limited by what is left."""
    position, inst, prices = book["positions"][s], book["instruments"][s], book["prices"][s]
    mark, last = mark_now(book, s, leg, t), position["last"]
    if prices["has_bar"]:
        ends = leg_of(prices, position["high_first"], leg)
        last = on_leg(ends.last_a, ends.last_b, t)
    fee = fee_of(position["qty"], mark, inst["taker_fee_rate"])
    left = max(book["account"]["cash_usdt"] + unrealized_at(position, mark) - fee, 0.0)
    fee = fee + min(position["qty"] * mark * inst["liquidation_fee_rate"], left)
    flags = FLAG_AMBIGUOUS if position["is_ambiguous"] else NO_FLAGS
    liquidate_position(book, symbol_of(book, s), mark, fee, mark, last, flags)


@compiled
def _fill_stop(book: Record, sym: Symbol, last: float, prices: Record, manner: int, flags: int) -> None:
    position, inst = sym.position, sym.inst
    reference = last if manner != AT_LEVEL or is_on_mark(sym.terms, STOP) else stop_level(position)
    side = -position["side"]
    impact = impact_of(position["qty"], prices, inst)
    price = slipped(reference, side, inst["stop_slippage"] + impact, inst)
    fee = inst["taker_fee_rate"]
    order_id, reason = position["stop_id"], stop_reason(position)
    fill = Fill(side, position["qty"], price, reference, impact, fee, order_id, STOP_MARKET, reason, NO_CAP, flags)
    reduce_position(book, sym, fill)


@compiled
def warn_of_share(book: Record, position: Record, k: int, order_id: int, inst: Record) -> None:
    """Tell that a target or part closes nothing: its share is less than one step."""
    whole = position["first_qty"] if k < position["n_parts"] else position["opened_qty"]
    event = book["events"][emit(book, WARNED, position["symbol"])]
    event["order_id"] = order_id
    event["trade_id"] = position["trade_id"]
    event["code"] = SHARE_BELOW_STEP
    event["have"] = position["target_share"][k] * whole
    event["need"] = multiple(1, inst["step_k"], inst["step_den"])


@compiled
def _fill_target(book: Record, sym: Symbol, k: int, last: float, prices: Record, manner: int, flags: int) -> None:
    position, inst = sym.position, sym.inst
    level = position["target_price"][k]
    has_parts = position["n_parts"] > 0
    qty = part_qty(book, position, k, inst) if has_parts else target_qty(position, k, inst)
    position["target_price"][k] = 0.0
    order_id = position["stop_id"] + 1 + k
    if has_parts:
        note_part(position, k, qty)
    if qty <= 0.0:
        warn_of_share(book, position, k, order_id, inst)
        return
    side = -position["side"]
    taker = inst["taker_fee_rate"]
    if sym.terms["target_is_limit"] and manner == ARRIVING:
        price = round_against(last, side, inst["tick_k"], inst["tick_den"])
        fill = Fill(side, qty, price, price, 0.0, taker, order_id, LIMIT, EXIT_TARGET, NO_CAP, flags)
    elif sym.terms["target_is_limit"]:
        maker = inst["maker_fee_rate"]
        fill = Fill(side, qty, level, level, 0.0, maker, order_id, LIMIT, EXIT_TARGET, NO_CAP, flags | FLAG_MAKER)
    else:
        reference = last if manner != AT_LEVEL or is_on_mark(sym.terms, TARGET) else level
        impact = impact_of(qty, prices, inst)
        price = slipped(reference, side, inst["slippage"] + impact, inst)
        fill = Fill(side, qty, price, reference, impact, taker, order_id, MARKET, EXIT_TARGET, NO_CAP, flags)
    reduce_position(book, sym, fill)


@compiled
def fire_reached(book: Record, sym: Symbol, prices: Record, leg: Leg, t: float, is_new: bool, flags: int) -> None:
    """Fill what the position has already reached: liquidation, else stop, else the targets.

    The limit targets of a position that is new arrive now; those of one that was added to rest.
    """
    for kind in range(LIQUIDATION, EXITS):
        if sym.position["side"] == 0:
            return
        arrives = is_new and kind >= TARGET and sym.terms["target_is_limit"] == 1
        if arrives and is_target_marketable(sym, kind, leg, t):
            fire_exit(book, sym, kind, prices, leg, t, ARRIVING, flags)
        elif not arrives and is_exit_reached(sym, kind, leg, t):
            fire_exit(book, sym, kind, prices, leg, t, PASSED, flags)


@compiled
def close_all(book: Record, sym: Symbol, price: float, reference: float, reason: int, flags: int) -> None:
    """Close the whole position at a decided price as taker, by an order of its own."""
    order_id = book["account"]["next_order_id"]
    book["account"]["next_order_id"] = order_id + 1
    position = sym.position
    fee = sym.inst["taker_fee_rate"]
    side, qty = -position["side"], position["qty"]
    fill = Fill(side, qty, price, reference, 0.0, fee, order_id, MARKET, reason, NO_CAP, flags)
    reduce_position(book, sym, fill)


@compiled
def close_slipped(book: Record, sym: Symbol, reference: float, reason: int) -> None:
    """Close the whole position at a price with slippage: a forced fill."""
    price = slipped(reference, -sym.position["side"], sym.inst["slippage"], sym.inst)
    close_all(book, sym, price, reference, reason, 0)

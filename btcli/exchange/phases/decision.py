"""What a decision hands to the exchange. It is sized here, and arrives at the next step or `delay_bars` later."""

from __future__ import annotations

from btcli.exchange.book.codes import (
    BELOW_MIN_QTY,
    DECISION,
    ENTRIES_ARE_DISABLED,
    EXIT_SIGNAL,
    MARGIN_ADDED,
    NO_CAP,
    NO_CODE,
    NOT_LISTED_YET,
    ORDER_REJECTED,
    ORDER_SUBMITTED,
    SYMBOL_DELISTED,
    TOO_MANY_ORDERS,
)
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import is_given
from btcli.exchange.book.ledger import emit, place
from btcli.exchange.book.records import BOOK, EVENT_CAPACITY, MAX_ORDERS, Record
from btcli.exchange.formulas.arriving import arrival, arrives_ms
from btcli.exchange.formulas.balances import available_balance, symbol_of
from btcli.exchange.formulas.brackets import nearest_stop
from btcli.exchange.formulas.costs import cost_of
from btcli.exchange.formulas.gates import Verdict
from btcli.exchange.formulas.levels import closes_first, is_of_levels, judge_levels
from btcli.exchange.formulas.rounding import multiple, on_step, round_against, round_down
from btcli.exchange.formulas.sizing import reference_price, size_entry
from btcli.exchange.machine.compiled import compiled, entry
from btcli.exchange.machine.views import record_at
from btcli.exchange.phases.settling import charge_margin
from btcli.exchange.phases.valuing import revalue

NOT_SUBMITTED = 0
EVENTS_PER_REQUEST = 2  # an order that turns: the refusal of what would open, and what closes


@entry
def has_room_to_tell(book_at: int) -> int:
    """Whether the events of one more request fit into the buffer."""
    return 1 if record_at(book_at, BOOK)["account"]["n_events"] + EVENTS_PER_REQUEST <= EVENT_CAPACITY else 0


@compiled
def _on_ticks(order: Record, inst: Record) -> None:
    """Round stops and targets away from the entry, a limit to the passive side, a trigger adverse."""
    side, k, den = order["side"], inst["tick_k"], inst["tick_den"]
    if is_given(order["stop_price"]):
        order["stop_price"] = round_against(order["stop_price"], -side, k, den)
    for n in range(MAX_TARGETS):
        if is_given(order["target_price"][n]):
            order["target_price"][n] = round_against(order["target_price"][n], side, k, den)
        if is_given(order["then_stop_price"][n]):
            order["then_stop_price"][n] = round_against(order["then_stop_price"][n], -side, k, den)
    if is_given(order["price"]):
        order["price"] = round_against(order["price"], -side, k, den)
    if is_given(order["trigger_price"]):
        order["trigger_price"] = round_against(order["trigger_price"], side, k, den)


@compiled
def _bracket_ids(order: Record) -> int:
    """How many ids an order takes: its own, and those of its stop and targets once it has either."""
    has_bracket = is_given(order["stop_price"]) or is_given(order["stop_distance"])
    has_bracket = has_bracket or is_given(order["trail_distance"]) or is_given(order["break_even_distance"])
    has_bracket = has_bracket or order["n_parts"] > 0 or order["target_ids"] > 0
    targets = max(1, order["target_ids"])
    for n in range(MAX_TARGETS):
        if is_given(order["target_price"][n]) or is_given(order["target_distance"][n]):
            has_bracket = True
            targets = max(targets, n + 1)
    return 2 + targets if has_bracket else 1


@compiled
def _judge(book: Record, order: Record, price: float) -> Verdict:
    """The size of an entry, or why there is none; a symbol trades from its first bar to its last."""
    if book["positions"][order["symbol"]]["closed_at"] == 0:
        return Verdict(0.0, NO_CAP, NOT_LISTED_YET, 0.0, 0.0)
    if book["instruments"][order["symbol"]]["last_step"] <= book["account"]["step"]:
        return Verdict(0.0, NO_CAP, SYMBOL_DELISTED, 0.0, 0.0)
    if book["account"]["n_orders"] >= MAX_ORDERS:
        return Verdict(0.0, NO_CAP, TOO_MANY_ORDERS, 1.0 * book["account"]["n_orders"], 1.0 * MAX_ORDERS)
    levels = judge_levels(order, price, book["instruments"][order["symbol"]])
    if levels.code != NO_CODE:
        return levels
    return size_entry(book, order, price, nearest_stop(order, price))


@compiled
def _cut_to_close(book: Record, order: Record, refusal: Verdict, price: float) -> Verdict:
    """What is left of a refused entry that would turn a position: the part that closes, as an order that reduces.

    The refusal of the part that would open is told here, when there is one.
    """
    inst = book["instruments"][order["symbol"]]
    closing = closes_first(book, order)
    if closing <= 0.0:
        return refusal
    reference = max(price, multiple(1, inst["tick_k"], inst["tick_den"]))
    size = size_entry(book, order, reference, nearest_stop(order, reference))
    opening = on_step(size.qty - closing, inst["step_k"], inst["step_den"])
    if opening <= 0.0 and size.code != NO_CODE:
        return refusal
    if opening > 0.0:
        _tell(book, order, Verdict(opening, NO_CAP, refusal.code, refusal.have, refusal.need), price)
        book["refusals"][refusal.code] += 1
    order["reduce_only"] = 1
    order["trade_id"] = book["positions"][order["symbol"]]["trade_id"]
    order["exit_reason"] = EXIT_SIGNAL
    return Verdict(min(size.qty, closing), size.capped_by, NO_CODE, 0.0, 0.0)


@compiled
def _tell(book: Record, order: Record, verdict: Verdict, price: float) -> None:
    place(book["account"], DECISION, 0, 0.0, book["account"]["ts_close"])
    kind = ORDER_SUBMITTED if verdict.code == NO_CODE else ORDER_REJECTED
    event = book["events"][emit(book, kind, order["symbol"])]
    event["order_id"] = order["order_id"]
    event["order_type"] = order["type"]
    event["side"] = order["side"]
    event["qty"] = verdict.qty
    event["price"] = order["price"]
    event["mark_price"] = order["trigger_price"]
    event["reference_price"] = price
    event["stop_price"] = order["stop_price"]
    event["target_price"] = order["target_price"][0]
    event["exit_reason"] = order["exit_reason"]
    event["capped_by"] = verdict.capped_by
    event["code"] = verdict.code
    event["have"] = verdict.have
    event["need"] = verdict.need


@compiled
def _append(book: Record, order: Record, qty: float) -> None:
    account = book["account"]
    n = account["n_orders"]
    account["n_orders"] = n + 1
    book["orders"][n] = order
    book["orders"][n]["qty"] = qty
    book["orders"][n]["decided_at"] = account["step"]
    book["orders"][n]["evaluation"] = book["deciders"][order["symbol"]]["evaluations"]
    book["orders"][n]["arrives_at"] = arrival(book)
    if order["expires_after_ms"] != 0:
        book["orders"][n]["expires_at"] = arrives_ms(book) + max(order["expires_after_ms"], 0)


@entry
def submit_entry(book_at: int) -> int:
    """Submit the requested entry; returns its id, or 0 while entries are disabled. The caller has made room."""
    return enter(record_at(book_at, BOOK))


@compiled
def enter(book: Record) -> int:
    """Size the requested entry and submit it; returns its id, or 0 while entries are disabled.

    A refusal is an event and keeps its id.
    """
    account, order = book["account"], book["request"][0]
    inst = book["instruments"][order["symbol"]]
    account["entry_attempts"] = account["entry_attempts"] + 1
    if account["entries_disabled"]:
        book["refusals"][ENTRIES_ARE_DISABLED] += 1
        return NOT_SUBMITTED
    _on_ticks(order, inst)
    order["order_id"] = account["next_order_id"]
    account["next_order_id"] = order["order_id"] + _bracket_ids(order)
    price = reference_price(order, book["positions"][order["symbol"]]["last"])
    verdict = _judge(book, order, price)
    if is_of_levels(verdict.code):
        verdict = _cut_to_close(book, order, verdict, price)
    _tell(book, order, verdict, price)
    if verdict.code != NO_CODE:
        book["refusals"][verdict.code] += 1
    elif order["reduce_only"]:
        _append(book, order, verdict.qty)
    else:
        cost = cost_of(order["side"], price, verdict.qty, book["positions"][order["symbol"]]["mark"], inst)
        account["committed_usdt"] = account["committed_usdt"] + cost
        _append(book, order, verdict.qty)
    return order["order_id"]


@entry
def submit_close(book_at: int) -> int:
    """Submit the requested order that reduces the position; returns its id, 0 when flat. The caller has made room."""
    return leave(record_at(book_at, BOOK))


@compiled
def leave(book: Record) -> int:
    """Submit the requested order that reduces the position, all of it unless it has a quantity; 0 when flat."""
    account, order = book["account"], book["request"][0]
    position = book["positions"][order["symbol"]]
    inst = book["instruments"][order["symbol"]]
    if position["side"] == 0:
        return NOT_SUBMITTED
    asked = order["qty"]
    qty = round_down(asked, inst["step_k"], inst["step_den"]) if is_given(asked) else position["qty"]
    order["side"] = -position["side"]
    order["reduce_only"] = 1
    order["trade_id"] = position["trade_id"]
    _on_ticks(order, inst)
    order["order_id"] = account["next_order_id"]
    account["next_order_id"] = order["order_id"] + 1
    verdict = Verdict(qty, NO_CAP, NO_CODE, 0.0, 0.0)
    if qty <= 0.0:
        verdict = Verdict(0.0, NO_CAP, BELOW_MIN_QTY, asked, multiple(1, inst["step_k"], inst["step_den"]))
    elif account["n_orders"] >= MAX_ORDERS:
        verdict = Verdict(qty, NO_CAP, TOO_MANY_ORDERS, 1.0 * account["n_orders"], 1.0 * MAX_ORDERS)
    _tell(book, order, verdict, reference_price(order, position["last"]))
    if verdict.code != NO_CODE:
        book["refusals"][verdict.code] += 1
    else:
        _append(book, order, qty)
    return order["order_id"]


@entry
def add_margin(book_at: int, s: int) -> int:
    """Move the amount of the wish in the book into an isolated position's margin; what was moved stands there then.

    The caller has made room.
    """
    book = record_at(book_at, BOOK)
    book["wish"][0]["add_margin_usdt"] = move_margin(book, s, book["wish"][0]["add_margin_usdt"])
    return 0


@compiled
def move_margin(book: Record, s: int, amount: float) -> float:
    """Move an amount from the available balance into an isolated position's margin; returns what was moved."""
    sym = symbol_of(book, s)
    if sym.position["side"] == 0 or sym.terms["is_cross"]:
        return 0.0
    moved = max(0.0, min(amount, available_balance(book)))
    charge_margin(sym, -moved)
    revalue(book)
    place(book["account"], DECISION, 0, 0.0, book["account"]["ts_close"])
    event = book["events"][emit(book, MARGIN_ADDED, s)]
    event["trade_id"] = sym.position["trade_id"]
    event["margin_usdt"] = moved
    event["liquidation_price"] = sym.position["liquidation_price"]
    return moved

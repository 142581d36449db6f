"""What a decision hands to the exchange. It is sized here, and arrives at the next step or `delay_bars` later."""

from __future__ import annotations

from btcli.exchange.account import available_balance, desk_of
from btcli.exchange.codes import (
    CANCELLED_BY_STRATEGY,
    DECISION,
    ENTRIES_ARE_DISABLED,
    LIMIT,
    MARGIN_ADDED,
    NO_CAP,
    NO_CODE,
    ORDER_REJECTED,
    ORDER_SUBMITTED,
    STOP_LIMIT,
)
from btcli.exchange.compiled import compiled, entry
from btcli.exchange.entries import Verdict, cost_of
from btcli.exchange.ledger import emit, journal_of, place
from btcli.exchange.orders import cancel_all, drop_done
from btcli.exchange.position import charge_margin
from btcli.exchange.rounding import round_against
from btcli.exchange.sizing import size_entry
from btcli.exchange.values import MAX_TARGETS, Record, World

NOT_SUBMITTED = 0


@entry
def has_room_for_order(w: World) -> bool:
    """Whether an order and its event fit into the buffers, or a cancellation of all orders."""
    account = w.account[0]
    return account["n_orders"] < len(w.orders) and account["n_events"] + account["n_orders"] + 1 < len(w.events)


@compiled
def _on_ticks(order: Record, inst: Record) -> None:
    """Round stops and targets away from the entry, a limit to the passive side, a trigger adverse."""
    side, k, den = order["side"], inst["tick_k"], inst["tick_den"]
    if order["stop_price"] > 0.0:
        order["stop_price"] = round_against(order["stop_price"], -side, k, den)
    for n in range(MAX_TARGETS):
        if order["target_price"][n] > 0.0:
            order["target_price"][n] = round_against(order["target_price"][n], side, k, den)
    if order["price"] > 0.0:
        order["price"] = round_against(order["price"], -side, k, den)
    if order["trigger_price"] > 0.0:
        order["trigger_price"] = round_against(order["trigger_price"], side, k, den)


@compiled
def _bracket_ids(order: Record) -> int:
    """How many ids an order takes: its own, and those of its stop and targets once it has either."""
    has_bracket = order["stop_price"] > 0.0 or order["stop_distance"] > 0.0 or order["trail_distance"] > 0.0
    targets = 1
    for n in range(MAX_TARGETS):
        if order["target_price"][n] > 0.0 or order["target_distance"][n] > 0.0:
            has_bracket = True
            targets = n + 1
    return 2 + targets if has_bracket else 1


@compiled
def _reference_price(order: Record, last: float) -> float:
    """R of the rulebook: the close for market orders, the limit or the trigger otherwise."""
    if order["type"] in (LIMIT, STOP_LIMIT):
        return order["price"]
    return order["trigger_price"] if order["trigger_price"] > 0.0 else last


@compiled
def _nearest_stop(order: Record, price: float) -> float:
    """Where the stop would lie if the entry filled at a price; a trailing one counts from its start."""
    distance = order["stop_distance"]
    if distance <= 0.0 and order["stop_price"] <= 0.0:
        distance = order["trail_distance"]
    return price - order["side"] * distance if distance > 0.0 else order["stop_price"]


@compiled
def _tell(w: World, order: Record, verdict: Verdict, price: float) -> None:
    j = journal_of(w)
    place(j.account, DECISION, 0, 0.0, w.positions[order["symbol"]]["closed_at"])
    kind = ORDER_SUBMITTED if verdict.code == NO_CODE else ORDER_REJECTED
    event = j.events[emit(j, kind, order["symbol"])]
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
def _append(w: World, order: Record, qty: float) -> None:
    account = w.account[0]
    n = account["n_orders"]
    account["n_orders"] = n + 1
    w.orders[n] = order
    w.orders[n]["qty"] = qty
    w.orders[n]["arrives_at"] = account["step"] + 1 + w.rules[0]["delay_bars"]


@entry
def submit_entry(w: World) -> int:
    """Size the requested entry and submit it; returns its id, or 0 while entries are disabled.

    A refusal is an event and keeps its id. The caller has made room.
    """
    account, order = w.account[0], w.request[0]
    inst = w.instruments[order["symbol"]]
    account["entry_attempts"] = account["entry_attempts"] + 1
    if account["entries_disabled"]:
        w.refusals[ENTRIES_ARE_DISABLED] += 1
        return NOT_SUBMITTED
    _on_ticks(order, inst)
    order["order_id"] = account["next_order_id"]
    account["next_order_id"] = order["order_id"] + _bracket_ids(order)
    price = _reference_price(order, w.positions[order["symbol"]]["last"])
    verdict = size_entry(w, order, price, _nearest_stop(order, price))
    _tell(w, order, verdict, price)
    if verdict.code != NO_CODE:
        w.refusals[verdict.code] += 1
    else:
        cost = cost_of(order["side"], price, verdict.qty, inst)
        account["committed_usdt"] = account["committed_usdt"] + cost
        _append(w, order, verdict.qty)
    return order["order_id"]


@entry
def submit_close(w: World) -> int:
    """Submit the requested order that reduces the position, all of it with quantity 0; 0 when there is nothing."""
    account, order = w.account[0], w.request[0]
    position = w.positions[order["symbol"]]
    if position["side"] == 0:
        return NOT_SUBMITTED
    order["side"] = -position["side"]
    order["reduce_only"] = 1
    _on_ticks(order, w.instruments[order["symbol"]])
    order["order_id"] = account["next_order_id"]
    account["next_order_id"] = order["order_id"] + 1
    qty = order["qty"] if order["qty"] > 0.0 else position["qty"]
    _tell(w, order, Verdict(qty, NO_CAP, NO_CODE, 0.0, 0.0), _reference_price(order, position["last"]))
    _append(w, order, qty)
    return order["order_id"]


@entry
def cancel_orders(w: World, s: int) -> None:
    """Take back every order of a symbol that is not yet filled."""
    j = journal_of(w)
    place(j.account, DECISION, 0, 0.0, w.positions[s]["closed_at"])
    cancel_all(j, s, CANCELLED_BY_STRATEGY)
    drop_done(w)


@entry
def add_margin(w: World, s: int, amount: float) -> float:
    """Move an amount from the available balance into an isolated position's margin; returns what was moved."""
    desk = desk_of(w, s)
    if desk.position["side"] == 0 or desk.rules["is_cross"]:
        return 0.0
    moved = min(amount, available_balance(w))
    charge_margin(desk, -moved)
    j = journal_of(w)
    place(j.account, DECISION, 0, 0.0, desk.position["closed_at"])
    event = j.events[emit(j, MARGIN_ADDED, s)]
    event["trade_id"] = desk.position["trade_id"]
    event["margin_usdt"] = moved
    event["liquidation_price"] = desk.position["liquidation_price"]
    return moved

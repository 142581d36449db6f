"""What a decision hands to the exchange: an entry with its bracket, or a close. It arrives at the next step."""

from __future__ import annotations

from btcli.exchange.codes import DECISION, ENTRIES_ARE_DISABLED, MARKET, NO_CODE, ORDER_REJECTED, ORDER_SUBMITTED
from btcli.exchange.compiled import compiled, entry
from btcli.exchange.entries import Verdict
from btcli.exchange.ledger import emit, journal_of, place
from btcli.exchange.margin import order_cost_of
from btcli.exchange.rounding import round_against
from btcli.exchange.sizing import size_entry
from btcli.exchange.values import World

NOT_SUBMITTED = 0
BRACKET_IDS = 3  # entry n, stop n + 1, target n + 2


@entry
def has_room_for_order(w: World) -> bool:
    """Whether an order and its event fit into the buffers."""
    account = w.account[0]
    return account["n_orders"] < len(w.orders) and account["n_events"] < len(w.events)


@entry
def submit_entry(
    w: World,
    s: int,
    side: int,
    stop_price: float,
    stop_distance: float,
    target_price: float,
    target_distance: float,
) -> int:
    """Size a market entry and submit it; returns its id, or 0 while entries are disabled.

    Prices are rounded away from the entry. A refusal is an event and keeps its id. The caller has made room.
    """
    account = w.account[0]
    inst = w.instruments[s]
    account["entry_attempts"] = account["entry_attempts"] + 1
    if account["entries_disabled"]:
        w.refusals[ENTRIES_ARE_DISABLED] += 1
        return NOT_SUBMITTED
    price = w.positions[s]["last"]
    if stop_price > 0.0:
        stop_price = round_against(stop_price, -side, inst["tick_k"], inst["tick_den"])
    if target_price > 0.0:
        target_price = round_against(target_price, side, inst["tick_k"], inst["tick_den"])
    stop = price - side * stop_distance if stop_distance > 0.0 else stop_price
    reverses = w.positions[s]["side"] == -side
    verdict = size_entry(w, s, side, price, stop, reverses)
    order_id = account["next_order_id"]
    has_bracket = stop_price > 0.0 or stop_distance > 0.0 or target_price > 0.0 or target_distance > 0.0
    account["next_order_id"] = order_id + (BRACKET_IDS if has_bracket else 1)
    _tell(w, s, side, order_id, verdict, price, stop_price, target_price)
    if verdict.code != NO_CODE:
        w.refusals[verdict.code] += 1
        return order_id
    account["committed_usdt"] = account["committed_usdt"] + order_cost_of(
        side, price, verdict.qty, inst["leverage"], inst["taker_fee_rate"], inst["close_fee_rate"]
    )
    order = w.orders[_append(w, s, side, order_id)]
    order["qty"] = verdict.qty
    order["stop_price"] = stop_price
    order["stop_distance"] = stop_distance
    order["target_price"] = target_price
    order["target_distance"] = target_distance
    return order_id


@compiled
def _tell(
    w: World, s: int, side: int, order_id: int, verdict: Verdict, price: float, stop: float, target: float
) -> None:
    j = journal_of(w)
    place(j.account, DECISION, 0, 0.0, w.positions[s]["closed_at"])
    kind = ORDER_SUBMITTED if verdict.code == NO_CODE else ORDER_REJECTED
    event = j.events[emit(j, kind, s)]
    event["order_id"] = order_id
    event["order_type"] = MARKET
    event["side"] = side
    event["qty"] = verdict.qty
    event["reference_price"] = price
    event["stop_price"] = stop
    event["target_price"] = target
    event["capped_by"] = verdict.capped_by
    event["code"] = verdict.code
    event["have"] = verdict.have
    event["need"] = verdict.need


@compiled
def _append(w: World, s: int, side: int, order_id: int) -> int:
    account = w.account[0]
    n = account["n_orders"]
    account["n_orders"] = n + 1
    order = w.orders[n]
    order["order_id"] = order_id
    order["symbol"] = s
    order["side"] = side
    order["type"] = MARKET
    order["qty"] = 0.0
    order["price"] = 0.0
    order["reduce_only"] = 0
    order["exit_reason"] = 0
    order["arrives_at"] = account["step"] + 1
    order["stop_price"] = 0.0
    order["stop_distance"] = 0.0
    order["target_price"] = 0.0
    order["target_distance"] = 0.0
    return n


@entry
def submit_close(w: World, s: int, reason: int) -> int:
    """Submit a market order that closes the whole position; returns its id, or 0 when there is nothing to close."""
    account = w.account[0]
    position = w.positions[s]
    if position["side"] == 0:
        return NOT_SUBMITTED
    order_id = account["next_order_id"]
    account["next_order_id"] = order_id + 1
    order = w.orders[_append(w, s, -position["side"], order_id)]
    order["reduce_only"] = 1
    order["exit_reason"] = reason
    order["qty"] = position["qty"]
    j = journal_of(w)
    place(account, DECISION, 0, 0.0, position["closed_at"])
    event = j.events[emit(j, ORDER_SUBMITTED, s)]
    event["order_id"] = order_id
    event["order_type"] = MARKET
    event["side"] = -position["side"]
    event["qty"] = position["qty"]
    event["reference_price"] = position["last"]
    event["exit_reason"] = reason
    return order_id

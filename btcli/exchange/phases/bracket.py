"""The exits that belong to an entry: how they are set at its fill, and how they follow the prices."""

from __future__ import annotations

from btcli.exchange.book.codes import STOP_MOVED
from btcli.exchange.book.given import NO_LEVEL, is_given
from btcli.exchange.book.ledger import emit
from btcli.exchange.book.records import MAX_TARGETS, Record, Symbol
from btcli.exchange.formulas.brackets import (
    activation_of,
    favourable_extreme,
    first_trail_of,
    stop_level,
    stop_of,
    stop_reason,
    target_of,
    tighter,
    trailed,
)
from btcli.exchange.formulas.rounding import NUDGE, round_against
from btcli.exchange.machine.compiled import compiled


@compiled
def set_bracket(position: Record, order: Record, inst: Record) -> None:
    """Attach the exits of an entry order; a price stays as submitted, a distance counts from the fill, rounded away."""
    entry = position["entry_price"]
    position["stop_price"] = stop_of(order, entry, inst)
    position["adjusted_stop"] = position["stop_price"] if order["is_adjusted"] else 0.0
    position["initial_stop_price"] = position["stop_price"]
    for k in range(MAX_TARGETS):
        position["target_price"][k] = max(target_of(order, k, entry, inst), 0.0)
        position["target_share"][k] = order["target_share"][k]
    position["initial_target_price"] = position["target_price"][0]
    position["trail_distance"] = max(order["trail_distance"], 0.0)
    position["trail_activation"] = activation_of(order, entry)
    position["break_even_distance"] = max(order["break_even_distance"], 0.0)
    position["trail_price"] = first_trail_of(order, entry, inst)
    position["stop_id"] = order["order_id"] + 1


@compiled
def follow(book: Record, sym: Symbol, prices: Record) -> None:
    """At a bar's close: let the trailing stop follow the bar's favourable extreme, and break even where reached.

    On the bar of an entry made inside it only the close counts. What moves here acts from the next step on.
    """
    position = sym.position
    if position["trail_distance"] <= 0.0 and position["break_even_distance"] <= 0.0:
        return
    side = position["side"]
    extreme = favourable_extreme(book, sym, prices)
    inst = sym.inst
    before = stop_level(position)
    if position["trail_distance"] > 0.0:
        if is_given(position["trail_activation"]) and side * (extreme - position["trail_activation"]) >= 0.0:
            position["trail_activation"] = NO_LEVEL
        if not is_given(position["trail_activation"]):
            candidate = trailed(extreme, side, position["trail_distance"], inst)
            position["trail_price"] = tighter(position["trail_price"], candidate, side)
    if position["break_even_distance"] > 0.0:
        dust = NUDGE * inst["tick_k"] / inst["tick_den"]  # 982.5 - 962.6 is 19.9, whatever doubles make of it
        if side * (extreme - position["entry_price"]) >= position["break_even_distance"] - dust:
            entry = round_against(position["entry_price"], -side, inst["tick_k"], inst["tick_den"])
            position["stop_price"] = tighter(position["stop_price"], entry, side)
            position["break_even_distance"] = 0.0
    after = stop_level(position)
    if after != before:
        event = book["events"][emit(book, STOP_MOVED, position["symbol"])]
        event["order_id"] = position["stop_id"]
        event["trade_id"] = position["trade_id"]
        event["exit_reason"] = stop_reason(position)
        event["have"] = before
        event["stop_price"] = after

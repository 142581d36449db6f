"""The exits that belong to an entry: how they are set at its fill, and how they follow the prices."""

from __future__ import annotations

from btcli.exchange.book.codes import STOP_MOVED
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import NO_LEVEL, is_given
from btcli.exchange.book.ledger import emit
from btcli.exchange.book.records import Record, Symbol
from btcli.exchange.formulas.brackets import (
    activation_of,
    favourable_extreme,
    first_target_of,
    first_trail_of,
    stop_level,
    stop_of,
    stop_reason,
    stop_that_can_be,
    target_of,
    tighter,
    trailed,
)
from btcli.exchange.formulas.parts import is_part_open
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
    position["initial_target_price"] = first_target_of(position)
    set_parts(position, order)
    position["trail_distance"] = max(order["trail_distance"], 0.0)
    position["trail_activation"] = activation_of(order, entry)
    position["break_even_distance"] = max(order["break_even_distance"], 0.0)
    position["trail_price"] = first_trail_of(order, entry, inst)
    position["stop_id"] = order["order_id"] + 1


@compiled
def set_parts(position: Record, order: Record) -> None:
    """Attach the parts of an entry order and the ages of its target, of which none is done yet."""
    position["n_parts"], position["n_ages"] = order["n_parts"], order["n_ages"]
    position["ages_done"], position["new_targets"], position["n_moves"] = 0, 0, 0
    for n in range(order["n_ages"]):
        position["ages"][n], position["age_distances"][n] = order["ages"][n], order["age_distances"][n]
    position["parts_done"], position["parts_due"], position["parts_qty"] = 0, 0, 0.0
    for k in range(order["n_parts"]):
        position["then_stop_price"][k] = order["then_stop_price"][k]
        position["then_stop_distance"][k] = order["then_stop_distance"][k]
        position["then_trail_distance"][k] = order["then_trail_distance"][k]
        position["then_trail_activation"][k] = order["then_trail_activation"][k]


@compiled
def note_part(position: Record, k: int, qty: float) -> None:
    """Keep that part k of a position is done; one that closes something moves the stop at the close of this bar.

    What is no part, a target for all that is left, is not kept, nor a part again.
    """
    if not is_part_open(position, k):
        return
    position["parts_done"] = position["parts_done"] | 1 << k
    position["parts_qty"] = position["parts_qty"] + qty
    if qty > 0.0:
        position["parts_due"] = position["parts_due"] | 1 << k


@compiled
def _move_for_parts(position: Record, inst: Record) -> None:
    """Let the stop be what the parts that filled in this bar make of it, in their order; it never loosens."""
    side, k, den = position["side"], inst["tick_k"], inst["tick_den"]
    for n in range(position["n_parts"]):
        if position["parts_due"] & 1 << n == 0:
            continue
        stop, distance = position["then_stop_price"][n], position["then_stop_distance"][n]
        if is_given(distance):
            stop = round_against(position["entry_price"] - side * distance, -side, k, den)
        if is_given(stop):
            position["stop_price"] = tighter(position["stop_price"], stop_that_can_be(stop, side, inst), side)
        if is_given(position["then_trail_distance"][n]):
            position["trail_distance"] = position["then_trail_distance"][n]
            position["trail_activation"] = position["then_trail_activation"][n]
    position["parts_due"] = 0


@compiled
def follow(book: Record, sym: Symbol, prices: Record) -> None:
    """At a bar's close: let the trailing stop follow the bar's favourable extreme, and break even where reached.

    On the bar of an entry made inside it only the close counts. What moves here, and what parts that filled in this bar
    make of the stop, acts from the next step on.
    """
    position = sym.position
    is_fixed = position["trail_distance"] <= 0.0 and position["break_even_distance"] <= 0.0
    if is_fixed and position["parts_due"] == 0:
        return
    side = position["side"]
    extreme = favourable_extreme(book, sym, prices)
    inst = sym.inst
    before = stop_level(position)
    if position["parts_due"] != 0:
        _move_for_parts(position, inst)
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
    tell_moved_stop(book, position, before)


@compiled
def tell_moved_stop(book: Record, position: Record, before: float) -> None:
    """Tell where the stop that counts lies now, if that is elsewhere than before."""
    after = stop_level(position)
    if after == before:
        return
    event = book["events"][emit(book, STOP_MOVED, position["symbol"])]
    event["order_id"] = position["stop_id"]
    event["trade_id"] = position["trade_id"]
    event["exit_reason"] = stop_reason(position)
    event["have"] = before
    event["stop_price"] = after

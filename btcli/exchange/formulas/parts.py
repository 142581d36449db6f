"""Exits in parts: what each closes. A part is done once, at its price or by an order of its own."""

from __future__ import annotations

from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.records import Record
from btcli.exchange.formulas.rounding import on_step, round_down
from btcli.exchange.machine.compiled import compiled

SHARES_NUDGE = 1e-9


@compiled
def target_qty(position: Record, k: int, inst: Record) -> float:
    """What target k closes: its share of the whole position on the step; the last of all shares, the rest.

    Source: rulebook section 5. Of 10 coins on a step of 1, of which a third has gone already.

    >>> position = {"target_share": [0.35, 0.35, 0.3, 0.0], "opened_qty": 10.0, "qty": 7.0}
    >>> inst = {"step_k": 1, "step_den": 1.0}
    >>> target_qty({**position, "target_price": [0.0, 105.0, 110.0, 0.0]}, 1, inst)
    3.0
    >>> target_qty({**position, "target_price": [0.0, 0.0, 110.0, 0.0], "qty": 4.0}, 2, inst)
    4.0
    """
    left = 0
    for other in range(MAX_TARGETS):
        if other != k and position["target_price"][other] > 0.0:
            left += 1
    if left == 0 and shares_of(position) >= 1.0 - SHARES_NUDGE:
        return position["qty"]
    wanted = position["target_share"][k] * position["opened_qty"]
    return min(round_down(wanted, inst["step_k"], inst["step_den"]), position["qty"])


@compiled
def shares_of(position: Record) -> float:
    """What the shares of all targets come to.

    >>> shares_of({"target_share": [0.25, 0.5, 0.0, 0.0]})
    0.75
    """
    total = 0.0
    for k in range(MAX_TARGETS):
        total += position["target_share"][k]
    return total


@compiled
def part_qty(book: Record, position: Record, k: int, inst: Record) -> float:
    """What part k closes: its share of the first quantity on the step; the last to be done, the rest of all shares.

    Where all shares are one that is all that is left; else what they come to together, on the step, less what the
    others closed. Orders that are on their way count as done. A target beside the parts closes all that is left.

    Source: the rules language, section 3.
    """
    if k >= position["n_parts"]:
        return position["qty"]
    others, on_its_way = position["parts_done"], 0.0
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if is_part_of(order, position):
            others, on_its_way = others | 1 << (order["part"] - 1), on_its_way + order["qty"]
    left = max(on_step(position["qty"] - on_its_way, inst["step_k"], inst["step_den"]), 0.0)
    if others | 1 << k == (1 << position["n_parts"]) - 1:
        if shares_of(position) >= 1.0 - SHARES_NUDGE:
            return left
        together = round_down(shares_of(position) * position["first_qty"], inst["step_k"], inst["step_den"])
        rest = on_step(together - position["parts_qty"] - on_its_way, inst["step_k"], inst["step_den"])
        return min(max(rest, 0.0), left)
    wanted = position["target_share"][k] * position["first_qty"]
    return min(round_down(wanted, inst["step_k"], inst["step_den"]), left)


@compiled
def is_part_of(order: Record, position: Record) -> bool:
    """Whether a live order closes a part of a position.

    >>> order = {"order_id": 7, "part": 1, "symbol": 0, "trade_id": 3}
    >>> is_part_of(order, {"symbol": 0, "trade_id": 3, "n_parts": 2})
    True
    >>> is_part_of(order, {"symbol": 0, "trade_id": 4, "n_parts": 2})
    False
    """
    is_live = order["order_id"] != 0 and 0 < order["part"] <= position["n_parts"]
    return bool(is_live and order["symbol"] == position["symbol"] and order["trade_id"] == position["trade_id"])


@compiled
def waits_for_part(book: Record, position: Record, k: int) -> bool:
    """Whether an order that closes part k is on its way."""
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if is_part_of(order, position) and order["part"] == k + 1:
            return True
    return False


@compiled
def is_part_open(position: Record, k: int) -> bool:
    """Whether part k of a position is still to be done.

    >>> is_part_open({"n_parts": 3, "parts_done": 2}, 0), is_part_open({"n_parts": 3, "parts_done": 2}, 1)
    (True, False)
    """
    return bool(k < position["n_parts"] and position["parts_done"] & 1 << k == 0)

"""What a wish leads to, given the position it meets and what the run does with wishes against the held side."""

from __future__ import annotations

from btcli.exchange.book.codes import (
    ADD,
    CLOSE_ALL,
    ENTER,
    FLAT,
    IGNORE,
    OPPOSITE_IGNORES,
    OPPOSITE_REVERSES,
    PREPARE,
    REDUCE,
    REVERSE,
)
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import Record
from btcli.exchange.machine.compiled import compiled


@compiled
def action_of(wish: Record, side: int, on_opposite: int) -> int:
    """The code of what is done while holding `side` (+1 long, -1 short, 0 flat).

    PREPARE stands for what comes before an order, alone: orders taken back, margin added.

    Source: rulebook section 5 and the config's risk.on_opposite_signal.

    >>> wish = {"direction": 1, "adds": 0, "cancels": 0, "reduce_only": 0, "add_margin_usdt": NO_LEVEL}
    >>> action_of(wish, 0, OPPOSITE_IGNORES) == ENTER, action_of(wish, 1, OPPOSITE_IGNORES) == IGNORE
    (True, True)
    >>> action_of(wish, -1, OPPOSITE_REVERSES) == REVERSE
    True
    """
    prepares = wish["cancels"] != 0 or (side != FLAT and wish["add_margin_usdt"] != NO_LEVEL)
    otherwise = PREPARE if prepares else IGNORE
    is_opposite = side != FLAT and wish["direction"] != side
    if wish["reduce_only"] != 0 or wish["direction"] == FLAT:
        if not is_opposite:
            return otherwise
        return CLOSE_ALL if wish["order"]["qty"] == NO_LEVEL else REDUCE
    if side == FLAT:
        return ENTER
    if not is_opposite:
        return ADD if wish["adds"] != 0 else otherwise
    if on_opposite == OPPOSITE_IGNORES:
        return otherwise
    return REVERSE if on_opposite == OPPOSITE_REVERSES else CLOSE_ALL

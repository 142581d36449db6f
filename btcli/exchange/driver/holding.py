"""What rules wish of what is held before they wish to turn: a stop that follows, a part that leaves, an add."""

from __future__ import annotations

from btcli.exchange.book.codes import FLAT, LONG, MARKET
from btcli.exchange.book.deciders import RULES
from btcli.exchange.book.given import is_given
from btcli.exchange.book.records import Floats, Record
from btcli.exchange.driver.attaching import attach_add
from btcli.exchange.formulas.choosing import (
    ADD_APART,
    ADD_WHEN,
    CANCEL_WHEN_LONG,
    CANCEL_WHEN_SHORT,
    EXIT_LONG,
    NO_ENTRY,
    NOTHING,
    PART_OF_LONG,
    PART_WHEN,
    STOP_FOLLOW,
    level_of,
    of_side,
    place_of,
    taken_back,
)
from btcli.exchange.formulas.parts import is_part_open, part_qty, waits_for_part
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.views import record_at
from btcli.exchange.phases.bracket import note_part
from btcli.exchange.phases.exits import warn_of_share
from btcli.exchange.phases.moving import THE_STOP, ask_to_move
from btcli.exchange.phases.wishes import follow, wish_for
from btcli.exchange.phases.withdrawing import waits_to_enter


@compiled
def holds_on(book: Record, s: int, registers: Floats, held: int) -> bool:
    """Let the stop of what is held follow, then leave with a part or add; whether either was wished.

    Leaving with all comes before both.
    """
    move_stop_to(book, s, level_of(registers, STOP_FOLLOW, held))
    if registers[of_side(EXIT_LONG, held)] == 1.0:
        return False
    return leaves_in_part(book, s, registers, held) or adds(book, s, registers, held)


@compiled
def move_stop_to(book: Record, s: int, level: float) -> None:
    """Move the stop of a position to where it is to follow, if that is known."""
    if is_given(level):
        ask_to_move(book, s, THE_STOP, level)


@compiled
def leaves_in_part(book: Record, s: int, registers: Floats, held: int) -> bool:
    """Leave with the first part of the exits whose condition is true and that is still to be done; whether one was."""
    position, inst, wish = book["positions"][s], book["instruments"][s], book["wish"][0]
    for k in range(position["n_parts"]):
        is_true = registers[of_side(PART_WHEN + PART_OF_LONG * k, held)] == 1.0
        if not is_true or not is_part_open(position, k) or waits_for_part(book, position, k):
            continue
        qty = part_qty(book, position, k, inst)
        if qty <= 0.0:
            note_part(position, k, qty)
            warn_of_share(book, position, k, 0, inst)
            continue
        wish_for(wish, FLAT)
        wish["order"]["qty"], wish["order"]["part"] = qty, k + 1
        follow_wish(book, s, registers)
        return True
    return False


@compiled
def adds(book: Record, s: int, registers: Floats, held: int) -> bool:
    """Add one more entry's size, if that is wished far enough from the last and not too often; whether it was."""
    if registers[of_side(ADD_WHEN, held)] != 1.0:
        return False
    position, wish = book["positions"][s], book["wish"][0]
    rules = record_at(book["deciders"][s]["rules"], RULES)
    apart = level_of(registers, ADD_APART, held)
    is_near = is_given(apart) and abs(position["last"] - position["last_entry_price"]) < apart
    if is_near or position["adds"] >= rules["holding"][place_of(held)]["most_adds"] or is_entering(book, s, held):
        return False
    wish_for(wish, held)
    attach_add(wish, registers, rules, held, book["terms"]["sizing"])
    follow_wish(book, s, registers)
    return True


@compiled
def follow_wish(book: Record, s: int, registers: Floats) -> None:
    """Follow the wish in the book, which enters nothing, and take back what is to be cancelled."""
    wish = book["wish"][0]
    withdraws = withdrawn(book, s, registers, NOTHING)
    if withdraws != NO_ENTRY:
        wish["cancels"], wish["withdraws"] = 1, withdraws
    follow(book, s, wish)


@compiled
def withdrawn(book: Record, s: int, registers: Floats, entered: int) -> int:
    """Whose waiting entries end now: those that a new one of their side replaces, and those that are to be cancelled.

    A side, BOTH_SIDES or NO_ENTRY; `entered` is the side that is entered now.
    """
    ended = NO_ENTRY
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if waits_to_enter(order, s):
            cancels = registers[CANCEL_WHEN_LONG if order["side"] == LONG else CANCEL_WHEN_SHORT] == 1.0
            if cancels or order["side"] == entered:
                ended = taken_back(ended, order["side"])
    return ended


@compiled
def is_entering(book: Record, s: int, side: int) -> bool:
    """Whether an entry of a side at the market is on its way."""
    for n in range(book["account"]["n_orders"]):
        order = book["orders"][n]
        if order["symbol"] == s and order["side"] == side and order["reduce_only"] == 0 and order["type"] == MARKET:
            return True
    return False

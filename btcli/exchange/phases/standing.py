"""How things stand at the closes of ltf, noted for those who want to know what rules read there."""

from __future__ import annotations

from btcli.exchange.book.deciders import RULES
from btcli.exchange.book.records import Record
from btcli.exchange.formulas.standing import state_of
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.views import floats_at, integers_at, record_at


@compiled
def is_noted(book: Record, s: int) -> bool:
    """Whether somebody wants to know how things stand for a symbol."""
    rules = book["deciders"][s]["rules"]
    return rules != 0 and record_at(rules, RULES)["n_closes"] > 0


@compiled
def note_standing(book: Record, s: int) -> None:
    """Note how things stand for a symbol at the close of ltf that it counted last, where somebody wants to know."""
    if not is_noted(book, s):
        return
    rules, close = record_at(book["deciders"][s]["rules"], RULES), book["deciders"][s]["closes"] - 1
    count = rules["n_states"]
    states, standing = integers_at(rules["states"], count), floats_at(rules["standing"] + 8 * close * count, count)
    for k in range(count):
        standing[k] = state_of(book, s, states[k])

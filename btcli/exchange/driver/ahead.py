"""Exits that hang on how a position stands alone, asked over the steps of a quiet stretch. Decides only."""

from __future__ import annotations

from btcli.exchange.book.codes import FLAT, READY
from btcli.exchange.book.deciders import RULES
from btcli.exchange.book.records import C, H, L, O, Record
from btcli.exchange.book.tape import deciding_of, last_of, mark_of, presence_of
from btcli.exchange.driver.opcodes import NAN
from btcli.exchange.driver.ruled import NO_RULES, first_row, run_groups
from btcli.exchange.formulas.choosing import EXIT_LONG, LOOKED_AHEAD, matters_now, of_side
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.machine.views import codes_at, integers_at, record_at


@compiled
def after_an_exit(book: Record, tape: Record, i: int, k: int) -> int:
    """The step after the first of i to k - 1, nothing happening in them, at whose close rules leave a position."""
    for s in range(book["n_symbols"]):
        decider, position = book["deciders"][s], book["positions"][s]
        if decider["rules"] == NO_RULES or position["side"] == FLAT or decider["readiness"] != READY:
            continue
        if presence_of(tape, s)[i] and record_at(decider["rules"], RULES)["looks_ahead"]:
            mark, last, highest, lowest = position["mark"], position["last"], position["highest"], position["lowest"]
            closes = decider["closes"]
            k = first_exit(book, tape, s, i, k)
            position["mark"], position["last"] = mark, last
            position["highest"], position["lowest"] = highest, lowest
            decider["closes"] = closes
    return k


@compiled
def first_exit(book: Record, tape: Record, s: int, i: int, k: int) -> int:
    """The same of one symbol, whose position stands afterwards as it was looked at last."""
    decider, position, rules = book["deciders"][s], book["positions"][s], record_at(book["deciders"][s]["rules"], RULES)
    n_rows, row = rules["n_rows"], first_row(decider, rules, i)
    steps, kinds = integers_at(rules["steps"], n_rows), codes_at(rules["kinds"], n_rows)
    leaves, now = of_side(EXIT_LONG, position["side"]), matters_now(position["side"], False)
    deciding, marks, closes = deciding_of(tape, s), mark_of(tape, s, C), last_of(tape, s, C)
    opens, highs, lows = last_of(tape, s, O), last_of(tape, s, H), last_of(tape, s, L)
    for n in range(i, k - 1):
        if row == n_rows:
            return k
        position["highest"] = max(position["highest"], highs[n], opens[n])
        position["lowest"] = min(position["lowest"], lows[n], opens[n])
        decider["closes"] = decider["closes"] + deciding[n]
        if steps[row] == n:
            if kinds[row] & now and kinds[row] & LOOKED_AHEAD:
                position["mark"], position["last"] = marks[n], closes[n]
                book["registers"][leaves] = NAN
                run_groups(book, s, rules, row)
                if book["registers"][leaves] == 1.0:
                    return n + 1
            row += 1
    return k

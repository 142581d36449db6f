"""Phase A: what happens at the boundary of two bars, before any order fills; and what is settled before a close."""

from __future__ import annotations

from btcli.exchange.book.codes import BOUNDARY, FLAG_MARK_FALLBACK, NO_FLAGS
from btcli.exchange.book.records import NEVER_DUE, Record
from btcli.exchange.book.tape import rates_of, settlement_marks_of, settlements_of
from btcli.exchange.formulas.balances import is_flat, is_liquidated_at, symbol_of
from btcli.exchange.formulas.cross import margin_left
from btcli.exchange.formulas.matching import AT_OPEN, LIQUIDATION, is_exit_reached, leg_of
from btcli.exchange.machine.compiled import compiled
from btcli.exchange.phases.exits import PASSED, fire_exit, liquidate_all
from btcli.exchange.phases.settling import note_settlement, settle
from btcli.exchange.phases.valuing import refresh_liquidation_price


@compiled
def choose_formula(book: Record, ts_open: int) -> None:
    """Value maintenance margins at entry or at the mark, by the day of this step; what is held gets its LP anew."""
    terms = book["terms"]
    by_entry = 1 if ts_open < terms["maintenance_by_entry_until_ms"] else 0
    if terms["maintains_by_entry"] == by_entry:
        return
    terms["maintains_by_entry"] = by_entry
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            refresh_liquidation_price(symbol_of(book, s))


@compiled
def settle_funding(book: Record, tape: Record) -> None:
    """Settle every funding time up to this open on the positions held from before, in order of time for each symbol."""
    next_due, funding_ts = NEVER_DUE, settlements_of(tape)
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        if book["prices"][s]["has_bar"] or position["side"] == 0:
            _settle_until(book, tape, s, book["account"]["ts_open"])
        row = position["next_funding"]
        if row < book["instruments"][s]["funding_end"]:
            next_due = min(next_due, funding_ts[row])
    book["account"]["funding_due"] = next_due


@compiled
def settle_closing(book: Record, tape: Record, only_delisted: bool) -> None:
    """Settle what is unpaid of the time before this close on the positions that it ends, before any is cancelled."""
    account = book["account"]
    for s in range(book["n_symbols"]):
        if not only_delisted or book["instruments"][s]["last_step"] == account["step"]:
            _settle_until(book, tape, s, account["ts_close"] - 1)


@compiled
def _settle_until(book: Record, tape: Record, s: int, last_ms: int) -> None:
    """Settle a symbol's funding times up to one, that included."""
    position, inst = book["positions"][s], book["instruments"][s]
    funding_ts, rates, marks = settlements_of(tape), rates_of(tape), settlement_marks_of(tape)
    row = position["next_funding"]
    while row < inst["funding_end"] and funding_ts[row] <= last_ms:
        if position["side"] != 0:
            mark, flags = _settlement_mark(book, s, funding_ts[row], marks[row])
            settle(book, s, position["qty"], funding_ts[row], rates[row], mark, flags)
        if inst["funding_at_entry"] and funding_ts[row] == book["account"]["ts_open"]:
            note_settlement(position, funding_ts[row], rates[row], marks[row])
        row += 1
    position["next_funding"] = row


@compiled
def _settlement_mark(book: Record, s: int, funding_ts: int, known_mark: float) -> tuple[float, int]:
    """The mark of a settlement; one in a hole, or without a mark of its own, takes this bar's mark open.

    Before a close it takes the last mark instead.
    """
    closed_at = book["positions"][s]["closed_at"]
    if book["account"]["phase"] == BOUNDARY:
        fell_into_hole = closed_at <= funding_ts < book["account"]["ts_open"]
        other_mark = book["prices"][s]["mark_open"]
    else:
        fell_into_hole = closed_at <= funding_ts
        other_mark = book["positions"][s]["mark"]
    if known_mark > 0.0 and not fell_into_hole:
        return known_mark, NO_FLAGS
    return other_mark, FLAG_MARK_FALLBACK


@compiled
def test_liquidations(book: Record) -> None:
    """Liquidate at the mark's open where the condition holds there."""
    if book["terms"]["is_cross"]:
        if not is_flat(book) and margin_left(book, AT_OPEN, 0.0) <= 0.0:
            liquidate_all(book, AT_OPEN, 0.0)
        return
    for s in range(book["n_symbols"]):
        if book["prices"][s]["has_bar"]:
            _test_liquidation(book, s)


@compiled
def _test_liquidation(book: Record, s: int) -> None:
    """By the condition, and by LP itself where rounding, or tiers that do not join, set the two apart."""
    sym, prices = symbol_of(book, s), book["prices"][s]
    leg = leg_of(prices, 0, AT_OPEN)
    if sym.position["side"] == 0:
        return
    if is_liquidated_at(sym, prices["mark_open"]) or is_exit_reached(sym, LIQUIDATION, leg, 0.0):
        fire_exit(book, sym, LIQUIDATION, prices, leg, 0.0, PASSED, 0)

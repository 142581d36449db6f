"""Phase A: what happens at the boundary of two bars, before any order fills."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.account import available_balance, desk_of, is_flat, is_liquidated_at, refresh_liquidation_price
from btcli.exchange.codes import FLAG_MARK_FALLBACK, FUNDING_SETTLED
from btcli.exchange.compiled import compiled
from btcli.exchange.cross import margin_left
from btcli.exchange.exits import PASSED, fire_exit, liquidate_all
from btcli.exchange.ledger import book_funding, emit
from btcli.exchange.margin import funding_of
from btcli.exchange.matching import AT_OPEN, LIQUIDATION, leg_of
from btcli.exchange.position import charge_margin
from btcli.exchange.values import NEVER_DUE, Record

Floats = NDArray[np.float64]
Millis = NDArray[np.int64]


@compiled
def choose_formula(book: Record, ts_open: int) -> None:
    """Value maintenance margins at entry or at the mark, by the day of this step; what is held gets its LP anew."""
    rules = book["rules"]
    by_entry = 1 if ts_open < rules["maintenance_by_entry_until_ms"] else 0
    if rules["maintains_by_entry"] == by_entry:
        return
    rules["maintains_by_entry"] = by_entry
    for s in range(book["n_symbols"]):
        if book["positions"][s]["side"] != 0:
            refresh_liquidation_price(desk_of(book, s))


@compiled
def settle_funding(book: Record, funding_ts: Millis, funding: Floats) -> None:
    """Settle every funding time up to this open on the positions held from before, in order of time for each symbol."""
    next_due = NEVER_DUE
    for s in range(book["n_symbols"]):
        position = book["positions"][s]
        if book["prices"][s]["has_bar"]:
            _settle_due(book, s, funding_ts, funding)
        row = position["next_funding"]
        if row < book["instruments"][s]["funding_end"]:
            next_due = min(next_due, funding_ts[row])
    book["account"]["funding_due"] = next_due


@compiled
def _settle_due(book: Record, s: int, funding_ts: Millis, funding: Floats) -> None:
    position = book["positions"][s]
    row = position["next_funding"]
    while row < book["instruments"][s]["funding_end"] and funding_ts[row] <= book["account"]["ts_open"]:
        if position["side"] != 0:
            _settle(book, s, funding_ts[row], funding[row, 0], funding[row, 1])
        row += 1
    position["next_funding"] = row


@compiled
def _settle(book: Record, s: int, funding_ts: int, rate: float, known_mark: float) -> None:
    desk = desk_of(book, s)
    position = desk.position
    mark, flags = _settlement_mark(book, s, funding_ts, known_mark)
    payment = funding_of(position["side"], position["qty"], mark, rate)
    available = available_balance(book)
    event = book["events"][emit(book, FUNDING_SETTLED, s)]
    event["trade_id"] = position["trade_id"]
    event["side"] = position["side"]
    event["qty"] = position["qty"]
    event["mark_price"] = mark
    event["rate"] = rate
    event["funding_ts"] = funding_ts
    event["flags"] = flags
    book_funding(book["account"], event, position, payment)
    if desk.rules["is_cross"] == 0:
        if desk.inst["funding_from_margin"]:
            charge_margin(desk, payment)
        elif payment > available:
            charge_margin(desk, payment - available)
    event["liquidation_price"] = position["liquidation_price"]


@compiled
def _settlement_mark(book: Record, s: int, funding_ts: int, known_mark: float) -> tuple[float, int]:
    """The mark of a settlement; one that fell into a hole, or has no mark of its own, takes this bar's mark open."""
    fell_into_hole = book["positions"][s]["closed_at"] <= funding_ts < book["account"]["ts_open"]
    if known_mark > 0.0 and not fell_into_hole:
        return known_mark, 0
    return book["prices"][s]["mark_open"], FLAG_MARK_FALLBACK


@compiled
def test_liquidations(book: Record) -> None:
    """Liquidate at the mark's open where the condition holds there."""
    if book["rules"]["is_cross"]:
        if not is_flat(book) and margin_left(book, AT_OPEN, 0.0) <= 0.0:
            liquidate_all(book, AT_OPEN, 0.0)
        return
    for s in range(book["n_symbols"]):
        if book["prices"][s]["has_bar"]:
            _test_liquidation(book, s)


@compiled
def _test_liquidation(book: Record, s: int) -> None:
    prices = book["prices"][s]
    if book["positions"][s]["side"] != 0 and is_liquidated_at(desk_of(book, s), prices["mark_open"]):
        fire_exit(book, desk_of(book, s), LIQUIDATION, prices, leg_of(prices, 0, AT_OPEN), 0.0, PASSED, 0)

"""Phase A: what happens at the boundary of two bars, before any order fills."""

from __future__ import annotations

from btcli.exchange.account import available_balance, desk_of, is_flat, is_liquidated_at
from btcli.exchange.codes import FLAG_MARK_FALLBACK, FUNDING_SETTLED
from btcli.exchange.compiled import compiled
from btcli.exchange.exits import fire_exit
from btcli.exchange.cross import liquidate_all, margin_left
from btcli.exchange.ledger import book_funding, cover_shortfall, emit, journal_of
from btcli.exchange.margin import funding_of
from btcli.exchange.matching import AT_OPEN, LIQUIDATION, leg_of
from btcli.exchange.position import charge_margin
from btcli.exchange.pricing import prices_of
from btcli.exchange.values import World


@compiled
def settle_funding(w: World, s: int, i: int) -> None:
    """Settle every funding time up to this open on the position held from before, in order of time."""
    position = w.positions[s]
    row = position["next_funding"]
    while row < position["funding_end"] and w.funding_ts[row] <= w.ts_open[i]:
        if position["side"] != 0:
            _settle(w, s, i, row)
        row += 1
    position["next_funding"] = row


@compiled
def _settle(w: World, s: int, i: int, row: int) -> None:
    desk = desk_of(w, s)
    j = journal_of(w)
    position = desk.position
    rate = w.funding[row, 0]
    mark, flags = _settlement_mark(w, s, i, row)
    payment = funding_of(position["side"], position["qty"], mark, rate)
    available = available_balance(w)
    event = j.events[emit(j, FUNDING_SETTLED, s)]
    event["trade_id"] = position["trade_id"]
    event["side"] = position["side"]
    event["qty"] = position["qty"]
    event["mark_price"] = mark
    event["rate"] = rate
    event["funding_ts"] = w.funding_ts[row]
    event["flags"] = flags
    book_funding(j.account, event, position, payment)
    if desk.rules["is_cross"] == 0:
        if desk.inst["funding_from_margin"]:
            charge_margin(desk, payment)
        elif payment > available:
            charge_margin(desk, payment - available)
    event["liquidation_price"] = position["liquidation_price"]
    cover_shortfall(j, s)


@compiled
def _settlement_mark(w: World, s: int, i: int, row: int) -> tuple[float, int]:
    """The mark of a settlement; one that fell into a hole, or has no mark of its own, takes this bar's mark open."""
    fell_into_hole = w.positions[s]["closed_at"] <= w.funding_ts[row] < w.ts_open[i]
    if w.funding[row, 1] > 0.0 and not fell_into_hole:
        return w.funding[row, 1], 0
    return prices_of(w, s, i).mark_open, FLAG_MARK_FALLBACK


@compiled
def test_liquidations(w: World, i: int) -> None:
    """Liquidate at the mark's open where the condition holds there."""
    if w.rules[0]["is_cross"]:
        if not is_flat(w.positions) and margin_left(w, i, AT_OPEN, 0.0) <= 0.0:
            liquidate_all(w, i, AT_OPEN, 0.0)
        return
    for s in range(len(w.positions)):
        if w.has_bar[s, i]:
            _test_liquidation(w, s, i)


@compiled
def _test_liquidation(w: World, s: int, i: int) -> None:
    prices = prices_of(w, s, i)
    if w.positions[s]["side"] != 0 and is_liquidated_at(desk_of(w, s), prices.mark_open):
        fire_exit(journal_of(w), desk_of(w, s), LIQUIDATION, prices, leg_of(prices, 0, AT_OPEN), 0.0, True, 0)

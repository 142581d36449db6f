"""The cash ledger and the event buffer: every change of cash is an entry of an event, in its order."""

from __future__ import annotations

from btcli.exchange.book.codes import FLAG_MAKER, INSURANCE_COVERED
from btcli.exchange.book.records import Record
from btcli.exchange.book.told import EVENT_TEXTS
from btcli.exchange.machine.compiled import compiled


@compiled
def place(account: Record, phase: int, leg: int, t: float, ts: int) -> None:
    """Say where in the step the next events happen."""
    account["phase"] = phase
    account["leg"] = leg
    account["t"] = t
    account["ts"] = ts


@compiled
def _clear(event: Record) -> None:
    """Forget what the slot held before; the place and the kind are written by `emit`."""
    event["order_id"] = 0
    event["trade_id"] = 0
    event["side"] = 0
    event["order_type"] = 0
    event["code"] = 0
    event["exit_reason"] = 0
    event["capped_by"] = 0
    event["flags"] = 0
    event["qty"] = 0.0
    event["price"] = 0.0
    event["reference_price"] = 0.0
    event["impact_usdt"] = 0.0
    event["pnl_usdt"] = 0.0
    event["fee_usdt"] = 0.0
    event["funding_usdt"] = 0.0
    event["have"] = 0.0
    event["need"] = 0.0
    event["stop_price"] = 0.0
    event["target_price"] = 0.0
    event["liquidation_price"] = 0.0
    event["mark_price"] = 0.0
    event["rate"] = 0.0
    event["funding_ts"] = 0
    event["margin_usdt"] = 0.0
    event["net_usdt"] = 0.0
    for n in range(EVENT_TEXTS):
        event["texts"][n] = 0


@compiled
def emit(book: Record, kind: int, symbol: int) -> int:
    """Append an event at the present place; returns its index, for the caller to fill in the rest.

    Where nobody listens all of them are written over the first.
    """
    account = book["account"]
    index = account["n_events"]
    if book["cursor"]["keeps_score"]:
        return index
    event = book["events"][index]
    _clear(event)
    event["kind"] = kind
    event["ts"] = account["ts"]
    event["step"] = account["step"]
    event["phase"] = account["phase"]
    event["leg"] = account["leg"]
    event["t"] = account["t"]
    event["symbol"] = symbol
    event["cash_usdt"] = account["cash_usdt"]
    account["n_events"] = index + 1
    return index


@compiled
def book_pnl(account: Record, event: Record, position: Record, pnl: float) -> None:
    """Enter a realised profit or loss."""
    account["cash_usdt"] = account["cash_usdt"] + pnl
    position["gross_usdt"] = position["gross_usdt"] + pnl
    event["pnl_usdt"] = pnl
    event["cash_usdt"] = account["cash_usdt"]


@compiled
def book_fee(account: Record, event: Record, position: Record, fee: float) -> None:
    """Enter a fee; after the profit, when both belong to one fill."""
    account["cash_usdt"] = account["cash_usdt"] - fee
    account["fees_usdt"] = account["fees_usdt"] + fee
    if event["flags"] & FLAG_MAKER:
        account["maker_fees_usdt"] = account["maker_fees_usdt"] + fee
    position["fees_usdt"] = position["fees_usdt"] + fee
    event["fee_usdt"] = fee
    event["cash_usdt"] = account["cash_usdt"]


@compiled
def book_funding(account: Record, event: Record, position: Record, payment: float) -> None:
    """Enter a funding payment; positive is paid."""
    account["cash_usdt"] = account["cash_usdt"] - payment
    if payment > 0.0:
        account["funding_paid_usdt"] = account["funding_paid_usdt"] + payment
    else:
        account["funding_received_usdt"] = account["funding_received_usdt"] - payment
    position["funding_usdt"] = position["funding_usdt"] + payment
    event["funding_usdt"] = payment
    event["cash_usdt"] = account["cash_usdt"]


@compiled
def cover_shortfall(book: Record, symbol: int) -> None:
    """The insurance fund pays what a fill left below zero."""
    shortfall = -book["account"]["cash_usdt"]
    if shortfall > 0.0:
        book["account"]["cash_usdt"] = 0.0
        event = book["events"][emit(book, INSURANCE_COVERED, symbol)]
        event["pnl_usdt"] = shortfall
        event["cash_usdt"] = 0.0

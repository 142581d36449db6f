"""The book of a run before its first step: its terms, the account, the instruments."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from typing import Any

import numpy as np

from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import BOOK, MAX_SYMBOLS, NEVER, Record, Records
from btcli.exchange.book.terms import Terms, write_terms
from btcli.exchange.face.instrument import Instrument, instrument_records
from btcli.exchange.face.switches import passes_quietly
from btcli.exchange.face.tape import Market

_FIELDS: Any = BOOK.fields
BEFORE_BUFFERS = int(_FIELDS["orders"][1])  # bytes of what a run reads before it writes


def _open_account(account: Record, initial_equity_usdt: float) -> None:
    for name in ("initial_equity_usdt", "cash_usdt", "equity_usdt", "peak_equity_usdt"):
        account[name] = initial_equity_usdt
    account["next_order_id"] = 1
    account["next_trade_id"] = 1
    account["nearest_liquidation"] = -1.0


def _enter_instruments(book: Record, market: Market, instruments: Sequence[Instrument]) -> None:
    count = len(instruments)
    book["n_symbols"] = count
    rows, positions = book["instruments"][:count], book["positions"][:count]
    ends = np.cumsum(market.settlements)
    rows[:] = instrument_records(instruments)
    rows["funding_end"] = ends
    rows["last_step"] = market.last_steps
    positions["symbol"] = np.arange(count)
    positions["next_funding"] = ends - market.settlements
    for name in ("stop_price", "trail_price"):
        positions[name] = NO_LEVEL


def fresh_books() -> Records:
    """An array of one book that no run has used.

    A run writes the beginnings of its buffers: numpy would ask for large pages, each held and cleared as a whole.
    """
    if not hasattr(mmap, "MAP_ANONYMOUS"):
        return np.zeros(1, BOOK)
    return np.frombuffer(mmap.mmap(-1, BOOK.itemsize, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS), BOOK)


def write_first_state(
    books: Records, market: Market, instruments: Sequence[Instrument], terms: Terms, initial_equity_usdt: float
) -> Record:
    """Put the one book in `books` where a run over a market begins, and return it.

    Another run may have used it: what that left in the buffers nobody reads before it is written again. Without marks
    of its own a market's last price is the mark.

    Raises ValueError when there are no symbols or more than a book holds.
    """
    if not 0 < len(instruments) <= MAX_SYMBOLS:
        raise ValueError(f"an exchange has 1 to {MAX_SYMBOLS} symbols, got {len(instruments)}")
    books.view(np.uint8)[:BEFORE_BUFFERS] = 0
    book = books[0]
    write_terms(book["terms"], terms)
    book["terms"]["has_one_series"] = terms.trigger_by == "mark" or not market.has_mark
    book["terms"]["n_steps"] = len(market.tape.ts_open)
    _open_account(book["account"], initial_equity_usdt)
    _enter_instruments(book, market, instruments)
    book["cursor"]["asked"] = -1
    book["cursor"]["formula_step"] = market.tape.ts_open.searchsorted(terms.maintenance_by_entry_until_ms)
    book["cursor"]["runs_in_full"] = not passes_quietly()
    book["deciders"]["look_from"] = NEVER
    return book

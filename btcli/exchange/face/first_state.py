"""The book of a run before its first step: its terms, the account, the instruments."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import BOOK, MAX_SYMBOLS, NEVER, Record, Records
from btcli.exchange.book.terms import Terms, write_terms
from btcli.exchange.face.instrument import Instrument, instrument_records


def _open_account(account: Record, initial_equity_usdt: float) -> None:
    for name in ("initial_equity_usdt", "cash_usdt", "equity_usdt", "peak_equity_usdt"):
        account[name] = initial_equity_usdt
    account["next_order_id"] = 1
    account["next_trade_id"] = 1
    account["nearest_liquidation"] = -1.0


def _enter_instruments(
    book: Record,
    instruments: Sequence[Instrument],
    settlements: Sequence[int],
    has_bar: NDArray[np.uint8],
    delisted: Sequence[bool] | None,
) -> None:
    count = len(instruments)
    book["n_symbols"] = count
    rows, positions = book["instruments"][:count], book["positions"][:count]
    ends = np.cumsum(settlements)
    rows[:] = instrument_records(instruments)
    rows["funding_end"] = ends
    rows["last_step"] = _last_steps(has_bar, delisted)
    positions["symbol"] = np.arange(count)
    positions["next_funding"] = ends - settlements
    for name in ("stop_price", "trail_price"):
        positions[name] = NO_LEVEL


def _last_steps(has_bar: NDArray[np.uint8], delisted: Sequence[bool] | None) -> list[int]:
    """The step of the last bar of each symbol that ends inside the window; one past the end for those that go on."""
    steps = has_bar.shape[1]
    ends = [int(np.flatnonzero(row)[-1]) if row.any() else -1 for row in has_bar]
    ended = [end < steps - 1 for end in ends] if delisted is None else delisted
    return [end if is_over else steps for end, is_over in zip(ends, ended, strict=True)]


def fresh_books(
    instruments: Sequence[Instrument],
    terms: Terms,
    initial_equity_usdt: float,
    settlements: Sequence[int],
    has_bar: NDArray[np.uint8],
    delisted: Sequence[bool] | None = None,
    *,
    has_mark: bool = True,
) -> Records:
    """An array of one book; `settlements` counts those of each symbol, `has_bar` is [symbols, steps].

    `delisted` says which symbols end with their last bar; without it those do that have none at the last step.
    Without a mark series of its own (`has_mark`) the last price is the mark.

    Raises ValueError when there are no symbols or more than a book holds.
    """
    if not 0 < len(instruments) <= MAX_SYMBOLS:
        raise ValueError(f"an exchange has 1 to {MAX_SYMBOLS} symbols, got {len(instruments)}")
    books = np.zeros(1, BOOK)
    book = books[0]
    write_terms(book["terms"], terms)
    book["terms"]["has_one_series"] = terms.trigger_by == "mark" or not has_mark
    book["terms"]["n_steps"] = has_bar.shape[1]
    _open_account(book["account"], initial_equity_usdt)
    _enter_instruments(book, instruments, settlements, has_bar, delisted)
    book["cursor"]["asked"] = -1
    book["deciders"]["look_from"] = NEVER
    return books

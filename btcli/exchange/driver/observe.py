"""What the account and a position look like from outside, read in one call."""

from __future__ import annotations

from btcli.exchange.book.given import is_given
from btcli.exchange.book.orders import count_live
from btcli.exchange.book.records import BOOK, Record
from btcli.exchange.formulas.balances import free_of, unrealized_at
from btcli.exchange.formulas.brackets import stop_level
from btcli.exchange.machine.compiled import compiled, entry
from btcli.exchange.machine.views import record_at


@entry
def observe(book_at: int, s: int) -> int:
    """Write what symbol s sees into the BOOK at an address."""
    see(record_at(book_at, BOOK), s)
    return 0


@compiled
def see(book: Record, s: int) -> None:
    """Write the state of the account and of symbol s at the last close into the book, in the order of SEEN_FIELDS."""
    account = book["account"]
    position = book["positions"][s]
    used, reserved = account["used_usdt"], account["reserved_usdt"]
    free = free_of(account["cash_usdt"], account["equity_usdt"], used, reserved, book["terms"])
    stop = stop_level(position)
    out = book["seen"]
    out[0] = account["equity_usdt"]
    out[1] = account["cash_usdt"]
    out[2] = account["used_usdt"]
    out[3] = free
    out[4] = max(0.0, free)
    out[5] = account["maintenance_usdt"]
    out[6] = account["reserved_usdt"]
    out[7] = abs(position["side"])
    out[8] = position["side"]
    out[9] = position["qty"]
    out[10] = position["qty"] * position["mark"]
    out[11] = position["entry_price"]
    out[12] = unrealized_at(position, position["mark"]) + 0.0
    out[13] = position["liquidation_price"]
    out[14] = min(account["entries_disabled"], 1)
    out[15] = account["entries_disabled"]  # the code
    out[16] = stop if is_given(stop) else 0.0
    out[17] = count_live(book, s)
    out[18] = position["mark"]
    out[19] = account["ts_close"]
    out[20] = account["step"]
    out[21] = s

"""What the account and a position look like from outside, read in one call."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book.given import is_given
from btcli.exchange.book.orders import count_live
from btcli.exchange.book.records import Records
from btcli.exchange.formulas.balances import unrealized_at
from btcli.exchange.formulas.brackets import stop_level
from btcli.exchange.machine.compiled import entry
from btcli.exchange.phases.closing import free_of

STATE_FIELDS = (
    "equity_usdt",
    "cash_usdt",
    "used_margin_usdt",
    "free_margin_usdt",
    "available_balance_usdt",
    "maintenance_margin_usdt",
    "reserved_usdt",
    "side",
    "qty",
    "notional_usdt",
    "entry_price",
    "unrealized_pnl_usdt",
    "liquidation_price",
    "stop_price",
    "open_orders",
    "entries_disabled",
)


@entry
def observe(books: Records, s: int, out: NDArray[np.float64]) -> None:
    """Write the state of the account and of symbol s at the last close, in the order of STATE_FIELDS."""
    book = books[0]
    account = book["account"]
    position = book["positions"][s]
    free = free_of(account, book["terms"])
    out[0] = account["equity_usdt"]
    out[1] = account["cash_usdt"]
    out[2] = account["used_usdt"]
    out[3] = free
    out[4] = max(0.0, free)
    out[5] = account["maintenance_usdt"]
    out[6] = account["reserved_usdt"]
    out[7] = position["side"]
    out[8] = position["qty"]
    out[9] = position["qty"] * position["mark"]
    out[10] = position["entry_price"]
    out[11] = unrealized_at(position, position["mark"]) + 0.0
    out[12] = position["liquidation_price"]
    stop = stop_level(position)
    out[13] = stop if is_given(stop) else 0.0
    out[14] = count_live(book, s)
    out[15] = account["entries_disabled"]

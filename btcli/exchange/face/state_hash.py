"""What decides what comes next, in 32 bytes: two books that hash the same go on the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from btcli.exchange.book.records import Records

# Of a decider.
_REMEMBERED = ("readiness", "trade_id", "age", "closes", "gating", "filled_ms", "false_ms")


def hash_of(books: Records, reasons: Sequence[tuple[str, ...]]) -> str:
    """The sha256 of a book, of one, and of why each symbol could not decide; the same for any cutting into chunks."""
    book, account, count = books[0], books["account"].copy(), len(reasons)
    for level in ("n_events", "n_trades", "n_rows"):  # what waits to be told depends on how the steps were cut
        account[level] = 0
    parts = (
        account,
        book["positions"][:count],
        book["orders"][: account["n_orders"][0]],
        book["refusals"],
        *(book["deciders"][name][:count] for name in _REMEMBERED),
    )
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.tobytes())
    for each in reasons:
        digest.update(repr(each).encode())
    return digest.hexdigest()

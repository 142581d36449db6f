"""The sums of a run, read from its book."""

from __future__ import annotations

from btcli.exchange.book.codes import CODE_NAMES
from btcli.exchange.book.records import ACCOUNT, Record
from btcli.exchange.face.events import Counters


def counters_of(book: Record) -> Counters:
    """The sums of the run so far."""
    account = dict(zip(ACCOUNT.names or (), book["account"].item(), strict=True))
    refused = {name: int(n) for name, n in zip(CODE_NAMES, book["refusals"].tolist(), strict=False) if n}
    nearest = account["nearest_liquidation"]
    return Counters(
        **{name: account[name] for name in Counters._fields if name in account},
        refusals=dict(sorted(refused.items())),
        nearest_liquidation_pct=nearest * 100.0 if nearest >= 0.0 else None,
    )

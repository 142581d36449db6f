"""Which source serves a venue, and at which address."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from btcli.errors import AccessError
from btcli.sources.source import Source

if TYPE_CHECKING:
    from btcli.sources.http import Notice
    from btcli.sources.patience import Patience

_ADDRESSES = {
    ("bybit", "live"): "https://api.bybit.com",
    ("bybit", "demo"): "https://api-demo.bybit.com",
    ("binance", "live"): "https://fapi.binance.com",
    ("binance", "demo"): "https://demo-fapi.binance.com",
}
_ARCHIVE_ADDRESS = "https://data.binance.vision"


def source_for(venue: str, env: str, *, progress: Notice | None = None, patience: Patience | None = None) -> Source:
    """The venue's public endpoints of an env, or those that BTCLI_BYBIT_URL and BTCLI_BINANCE_URL name.

    `progress` hears every wait as a sentence. Opens no connection yet. Raises AccessError for a venue without a source,
    RequestError for an address that is none.
    """
    from btcli.sources.patience import patience_of

    usual = _ADDRESSES.get((venue, env))
    if usual is None:
        raise AccessError(f"venue {venue} has no source for {env}", hint="use data import or data sample")
    named = _named(f"BTCLI_{venue.upper()}_URL")
    limits = patience or patience_of()
    if venue == "bybit":
        from btcli.sources.bybit.source import BybitSource

        return BybitSource(named or usual, limits, progress)
    from btcli.sources.binance.source import BinanceSource

    archive = _named("BTCLI_BINANCE_ARCHIVE_URL", "none") or archive_address(env, own=bool(named))
    return BinanceSource(named or usual, "" if archive == "none" else archive, limits, progress)


def _named(variable: str, *words: str) -> str:
    """The address that a variable of the environment holds, "" for none; it may be one of `words` instead."""
    from btcli.sources.addresses import checked_address

    written = os.environ.get(variable, "").strip()
    return checked_address(written, variable) if written and written not in words else written


def archive_address(env: str, *, own: bool) -> str:
    """The public archive goes with the live public endpoint only; an own address without an own archive has none."""
    return _ARCHIVE_ADDRESS if env == "live" and not own else ""

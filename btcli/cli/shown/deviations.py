"""What the simulated exchange leaves out and a run has touched, in one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from btcli.cli.edge.tables import Pair

SENTENCES = {
    "FUNDING_LEFT_OUT": "funding (costs.funding: none): what holding a position costs or earns is in no figure here",
    "AUTO_DELEVERAGING": "on 2025-10-10 the venues closed profitable positions of others; here they stayed open",
    "OPEN_ORDERS_IN_TIER": "since 2025-09-02 Bybit counts open orders in a position's risk tier",
    "PRICE_LIMITS": "no limit on how far from the mark a market order fills; slippage alone leaves the venue's band",
    "TRAILING_ACTIVATION": "a trailing stop acts from the bar after its activation, not inside it",
    "DELISTING_PRICE": "a delisted contract is settled at its last mark, not at the index's mean of 30 minutes",
    "BINANCE_REDUCTION": "Binance reduces a position before it takes it over",
}


def deviation_lines(metrics: Mapping[str, Any]) -> Iterator[Pair]:
    """A line for each, the first under a name; docs/deviations.md has sizes and sources."""
    for number, code in enumerate(metrics.get("deviations", ())):
        yield "" if number else "Left out", SENTENCES.get(code, code)

"""The figures of a run of which only a score is left: those of metrics.json, under their names and definitions."""

from __future__ import annotations

from collections.abc import Sequence

from btcli.analysis.definitions import sums_of
from btcli.analysis.equity import EquityFacts
from btcli.analysis.metrics import (
    Row,
    account_row,
    drawdown_row,
    exposure_pct,
    margin_row,
    paid_row,
    refused_row,
    results_row,
    without_undefined,
)
from btcli.exchange.face.events import Counters
from btcli.market.series import Floats


def figures_of(
    equity: EquityFacts, net_usdt: Sequence[float] | Floats, counters: Counters, *, settles_funding: bool = True
) -> Row:
    """What `compute_metrics` gives of these names; `net_usdt` has each closed trade's net profit.

    `null_reasons` tells why a null is one.
    """
    figures = {
        **account_row(equity),
        **drawdown_row(equity),
        **results_row(sums_of(net_usdt)),
        "exposure_pct": exposure_pct(counters),
        "ambiguous_trades": counters.ambiguous_trades,
        **paid_row(equity, counters, settles_funding=settles_funding),
        **margin_row(equity, counters),
        **refused_row(counters),
    }
    reasons: dict[str, str] = {}
    return {**without_undefined(figures, "", reasons), "null_reasons": reasons}

"""The figures by which trials are ranked, and which way each of them is better."""

from __future__ import annotations

from btcli.config.findings import did_you_mean
from btcli.errors import RequestError
from btcli.research.rows import FIGURES, NUMBER, WHOLE

BY = "sharpe"
LESS_IS_BETTER = frozenset(
    (
        "volatility_pct",
        "max_drawdown_pct",
        "max_drawdown_usdt",
        "max_drawdown_days",
        "ulcer_index_pct",
        "ambiguous_trades",
        "fees_usdt",
        "maker_fees_usdt",
        "funding_paid_usdt",
        "max_used_margin_usdt",
        "max_used_margin_pct",
        "liquidations",
        "entry_refusals",
    )
)
RANKED = tuple(name for name, kind in FIGURES.items() if kind in (NUMBER, WHOLE))


def require_figure(by: str) -> str:
    """The name, where trials can be ranked by it; raises RequestError with the nearest one."""
    if by in RANKED:
        return by
    hint = did_you_mean(by, RANKED) or f"there are {', '.join(RANKED)}"
    raise RequestError(f"trials cannot be ranked by {by!r}", where="--by", hint=hint)


def is_better(by: str, value: float, other: float) -> bool:
    """Whether one value of a figure is better than another."""
    return value < other if by in LESS_IS_BETTER else value > other

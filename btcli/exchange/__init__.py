"""The simulated exchange: the rulebook in code, written once, compiled for speed and interpreted for debugging.

The pure functions of the rulebook are public here; numpy is imported when one of them is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from btcli.exchange.face.public import (
        bankruptcy_price,
        cross_liquidation_price,
        fee_to_close,
        funding_payment,
        initial_margin,
        liquidation_price,
        maintenance_margin,
        order_cost,
        order_cost_binance,
        tier_of,
        trade_fee,
    )

RULES_VERSION = 4

__all__ = [
    "RULES_VERSION",
    "bankruptcy_price",
    "cross_liquidation_price",
    "fee_to_close",
    "funding_payment",
    "initial_margin",
    "liquidation_price",
    "maintenance_margin",
    "order_cost",
    "order_cost_binance",
    "tier_of",
    "trade_fee",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from btcli.exchange.face import public

    return getattr(public, name)

"""What the codes of a run mean, in words."""

from __future__ import annotations

END_OF_DATA = "END_OF_DATA"
ENDINGS = {
    END_OF_DATA: "the window came to its end",
    "LIQUIDATED": "the position was liquidated (risk.on_liquidation: stop)",
    "EQUITY_FLOOR_HIT": "the equity fell to risk.stop_equity_usdt",
    "MAX_DRAWDOWN_HIT": "the drawdown reached risk.max_drawdown_pct",
}


def ended_early(status: str) -> bool:
    """Whether a run, or a trial, ended before its window did: its figures are of the time until then."""
    return status != END_OF_DATA


WITHHELD = "withheld"  # stands in `paths` of the metrics, with the reason, instead of three outcomes
PATHS = {"pessimistic": "the worst first", "adaptive": "the nearest first", "optimistic": "the best first"}
MEANINGS = {
    "BELOW_MIN_QTY": "smaller than the venue's smallest order, or nothing was left to pay for more",
    "BELOW_MIN_NOTIONAL": "worth less than the venue's smallest order",
    "ABOVE_RISK_LIMIT": "worth more than the venue's last risk tier",
    "LEVERAGE_ABOVE_TIER": "account.leverage is more than the tier of such a value allows",
    "STOP_BEYOND_FILL": "the price was at or beyond the order's own stop",
    "INSUFFICIENT_ENTRY_GATE": "the order cost more than was available",
    "DATA_GAP": "decided before a hole in the data",
    "STOP_BEYOND_LIQUIDATION": "the liquidation would come before the stop (risk.stop_vs_liquidation: reject)",
    "POST_ONLY_WOULD_TAKE": "a post-only order would have filled on arrival",
    "POSITION_CLOSED": "the position it would have reduced or added to was gone",
    "RUN_STOPPED": "the run ended first",
    "EXPIRED": "not filled in the time it was given",
    "REDUCE_ONLY_NOTHING_TO_REDUCE": "nothing to reduce on the other side",
    "ZERO_VOLUME": "a bar without volume (fills.zero_volume: cancel)",
    "MAX_OPEN_POSITIONS": "risk.max_open_positions was reached",
    "DAILY_LOSS": "the day had lost risk.daily_loss_pct",
    "NO_STOP_TO_SIZE_BY": "risk_pct sizes by the distance to the stop, and there was none",
    "IOC_UNFILLED": "not filled at once",
    "FOK_UNFILLED": "not filled whole at once",
    "PARTICIPATION": "more than costs.max_participation of the bar's volume",
    "STRATEGY_STARVED": "the account could not pay the smallest order",
    "CANCELLED_BY_STRATEGY": "the strategy took it back, or a newer order took its place",
    "LIQUIDATED": "the position of its symbol was liquidated, or cut by the ladder",
    "DELISTED": "the symbol was delisted",
    "NOT_LISTED": "the symbol was not listed yet",
    "PRICE_BELOW_TICK": "a limit or trigger below the smallest price",
    "TARGET_BEHIND_PRICE": "the target lay at or behind the price",
    "TARGET_BELOW_ZERO": "a short's target at or below zero",
    "SHARE_BELOW_STEP": "a target's share is less than the quantity step and is left to the last target",
    "TOO_MANY_ORDERS": "more orders at once than the exchange holds",
    "ENTRIES_DISABLED": "entries were disabled",
}
WITHOUT_NUMBERS = frozenset({"DELISTED", "NOT_LISTED", "ENTRIES_DISABLED"})  # nothing is compared
DEVIATIONS = {
    "FUNDING_LEFT_OUT": "funding (costs.funding: none): what holding a position costs or earns is in no figure here",
    "AUTO_DELEVERAGING": "on 2025-10-10 the venues closed profitable positions of others; here they stayed open",
    "OPEN_ORDERS_IN_TIER": "since 2025-09-02 Bybit counts open orders in a position's risk tier",
    "PRICE_LIMITS": "no limit on how far from the mark a market order fills; slippage alone leaves the venue's band",
    "TRAILING_ACTIVATION": "a trailing stop acts from the bar after its activation, not inside it",
    "DELISTING_PRICE": "a delisted contract is settled at its last mark, not at the index's mean of 30 minutes",
    "BINANCE_REDUCTION": "Binance reduces a position before it takes it over",
}

"""What kept orders from filling, code by code with its meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from btcli.cli.shown.figures import count, day

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
    "POSITION_CLOSED": "the position it would have reduced was gone",
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
    "CANCELLED_BY_STRATEGY": "the strategy took it back",
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


def friction_lines(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Refused entries, cancelled orders and ignored signals; the meanings of the most frequent codes."""
    attempts = count(metrics["entry_attempts"], "entry", "entries")
    refused, cancelled = metrics["refusals_by_code"], metrics.get("cancellations_by_code", {})
    if refused:
        yield "Refused", f"{_meant(refused, metrics.get('first_refusals', {}))} of {attempts}"
    elif metrics.get("decisions", 1) or metrics["entry_attempts"]:
        yield "Refused", f"none of {attempts}"
    if cancelled:
        yield "Cancelled", _meant(cancelled)
    ignored = metrics.get("signals_ignored", 0)
    if ignored and not metrics["entry_attempts"]:
        yield "Ignored", f"{count(ignored, 'signal')} changed nothing: there was no position to close or reduce"


def _meant(codes: Mapping[str, int], firsts: Mapping[str, Mapping[str, Any]] = MappingProxyType({})) -> str:
    """The codes by number, each with the numbers of its first refusal; the most frequent one is explained."""
    most = min(codes, key=lambda code: (-codes[code], code))
    said = []
    for code, times in sorted(codes.items(), key=lambda item: (-item[1], item[0])):
        parts = [MEANINGS[most]] if code == most and most in MEANINGS else []
        parts += [numbers_of(code, firsts[code])] if code in firsts and code not in WITHOUT_NUMBERS else []
        said.append(f"{code} {times:,}" + (f" [dim]({'; '.join(parts)})[/]" if parts else ""))
    return ", ".join(said)


def numbers_of(code: str, refusal: Mapping[str, Any]) -> str:
    """The two numbers of a refusal, and when: "first 0.0004 against 0.001, 2024-01-02 05:00"."""
    compared = "" if code in WITHOUT_NUMBERS else f"{refusal['have']:.10g} against {refusal['need']:.10g}, "
    return f"first {compared}{day(refusal['ts'])}"

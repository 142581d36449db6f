"""Whether a run must end alike on every path, so that nobody needs to run the others; docs/decisions/0010 proves it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from btcli.exchange.face.events import Event, Trade
from btcli.market.series import Floats, Millis

Reason = Literal[
    "ambiguous trade",
    "cross margin",
    "trigger by the mark",
    "resting order",
    "position cut",
    "two symbols in one bar",
    "nearer liquidation",
    "share below step",
]
ROUNDING = 1e-9  # a liquidation price worked out anew for another quantity may differ in its last places
QUANTIFYING = ("position_opened", "position_changed")  # tell the whole quantity; a settlement tells what it was paid on
HOLDING = (*QUANTIFYING, "funding_settled", "margin_added")


class PathsSeen:
    """A sink that notices the first event whose outcome may hang on the order of a bar's extremes."""

    def __init__(self) -> None:
        self.reason: Reason | None = None
        self._on_path: tuple[int, str | None] = (-1, None)  # the bar's open and the symbol that acted inside it
        self._held: dict[str | None, tuple[float, float | None]] = {}  # coins and liquidation price by symbol

    def events(self, events: Sequence[Event]) -> None:
        for event in events:
            if self.reason is None:
                self.reason = self._reason_of(event)

    def trades(self, trades: Sequence[Trade]) -> None:
        """Trades say nothing of the moment at which they ended."""

    def equity(self, ts_close: Millis, rows: Floats) -> None:
        """Nor do balances."""

    def _reason_of(self, event: Event) -> Reason | None:
        name, fields = event.name, event.fields
        if name == "order_submitted":
            return None if fields["type"] == "market" else "resting order"
        if name == "position_cut":
            return "position cut"
        if name == "warned":
            return "share below step" if fields["code"] == "SHARE_BELOW_STEP" else None
        if name in HOLDING:
            return "nearer liquidation" if self._came_nearer(event) else None
        return "two symbols in one bar" if fields.get("phase") == "path" and self._acts_beside(event) else None

    def _came_nearer(self, event: Event) -> bool:
        """Whether the liquidation price of a position that was reduced lies nearer than before."""
        fields, price = event.fields, event.fields["liquidation_price"]
        held, before = self._held.get(event.symbol, (0.0, None))
        qty = fields["qty"] if event.name in QUANTIFYING else held
        self._held[event.symbol] = (qty, price)
        was_reduced = event.name == "position_changed" and qty < held
        return was_reduced and price is not None and (before is None or _is_nearer(fields["side"], before, price))

    def _acts_beside(self, event: Event) -> bool:
        """Whether another symbol has acted inside the same bar."""
        ts_open, symbol = self._on_path
        self._on_path = (event.ts, event.symbol)
        return ts_open == event.ts and symbol != event.symbol


def may_part(margin_mode: str, trigger_by: str, seen: PathsSeen, ambiguous_trades: int) -> Reason | None:
    """Why the other paths may end otherwise than the one that `seen` listened to; None when they cannot.

    Without an ambiguous trade no bar held anything that the order of its extremes could change, as long as
    orders fill at the open, levels are those of the last price, and positions stand for themselves.
    """
    if margin_mode != "isolated":
        return "cross margin"
    if trigger_by != "last":
        return "trigger by the mark"
    return seen.reason or ("ambiguous trade" if ambiguous_trades else None)


def _is_nearer(side: str, before: float, after: float) -> bool:
    """Whether a position's liquidation price moved toward the market by more than rounding."""
    return after > before * (1.0 + ROUNDING) if side == "long" else after < before * (1.0 - ROUNDING)

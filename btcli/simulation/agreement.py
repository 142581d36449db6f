"""Whether a run must end alike on every path, so that nobody needs to run the others; docs/decisions/0010 proves it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.exchange.book import codes
from btcli.exchange.face.events import Event, Trade
from btcli.exchange.face.telling import Told
from btcli.market.ordered import distinct
from btcli.market.series import Floats, Millis
from btcli.simulation.commuting import commute

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
_HOLDING_KINDS = tuple(kind for kind, name in codes.EVENT_NAMES.items() if name in HOLDING)


class _ActsInBar(NamedTuple):
    """What happened inside the bar that opened at a moment: who acted, and what went into the balance."""

    ts_open: int
    symbols: set[str | None]
    payments_usdt: list[float]


class PathsSeen:
    """A sink that notices the first event whose outcome may hang on the order of a bar's extremes."""

    def __init__(self) -> None:
        self.reason: Reason | None = None
        self._bar = _ActsInBar(-1, set(), [])
        self._held: dict[str | None, tuple[float, float | None]] = {}  # coins and liquidation price by symbol

    def events(self, events: Sequence[Event]) -> None:
        if self.reason is not None:
            return
        for event in _that_matter(events) if isinstance(events, Told) else events:
            self.reason = self.reason or self._reason_of(event)

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
        return "two symbols in one bar" if fields.get("phase") == "path" and self._pays_in_turn(event) else None

    def _came_nearer(self, event: Event) -> bool:
        """Whether the liquidation price of a position that was reduced lies nearer than before."""
        fields, price = event.fields, event.fields["liquidation_price"]
        held, before = self._held.get(event.symbol, (0.0, None))
        qty = fields["qty"] if event.name in QUANTIFYING else held
        self._held[event.symbol] = (qty, price)
        was_reduced = event.name == "position_changed" and qty < held
        return was_reduced and price is not None and (before is None or _is_nearer(fields["side"], before, price))

    def _pays_in_turn(self, event: Event) -> bool:
        """Whether several symbols acted inside this bar, and the order of their payments may show in the balance."""
        if self._bar.ts_open != event.ts:
            self._bar = _ActsInBar(event.ts, set(), [])
        bar, fields = self._bar, event.fields
        bar.symbols.add(event.symbol)
        if "cash_usdt" not in fields:
            return False
        bar.payments_usdt.extend((fields["pnl_usdt"], -fields["fee_usdt"]))
        return len(bar.symbols) > 1 and not commute(fields["cash_usdt"], bar.payments_usdt)


def _that_matter(told: Told) -> Iterator[Event]:
    """All but market orders, entries that no reduction follows, and what happens on the path of a lone symbol."""
    records, held = told.records, told.where(*_HOLDING_KINDS)
    if not len(told.where(codes.POSITION_CHANGED)):  # what is held counts at its next reduction
        held = _since_last_opening(told, held)
    submitted = told.where(codes.ORDER_SUBMITTED)
    resting = submitted[records["order_type"][submitted] != codes.MARKET]
    others = told.where(codes.POSITION_CUT, codes.WARNED)
    on_path = np.flatnonzero(records["phase"] == codes.PATH) if len(told.symbols) > 1 else others
    yield from told.at(distinct(np.concatenate([held, resting, others, on_path])))


def _since_last_opening(told: Told, held: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of these places those from each symbol's last opening on."""
    opened = told.where(codes.POSITION_OPENED)
    first = np.zeros(len(told.symbols), np.int64)
    np.maximum.at(first, told.records["symbol"][opened], opened)
    is_since: NDArray[np.bool_] = held >= first[told.records["symbol"][held]]
    return np.asarray(held[is_since], np.int64)


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

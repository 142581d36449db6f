"""A strategy's answer as the record that the rules follow, and what they make of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from btcli.exchange.book import codes
from btcli.exchange.book.asked import NO_EXPIRY, WISH
from btcli.exchange.book.deciders import MAX_TARGETS
from btcli.exchange.book.given import NO_LEVEL
from btcli.exchange.book.records import Records
from btcli.exchange.face.request import NO_SHARES, OrderRequest, Target, order_row
from btcli.exchange.formulas.actions import action_of
from btcli.exchange.formulas.choosing import NO_ENTRY

LONGEST_MS = 2**53  # more than any run has, and no sum with a moment overflows
MOST_TOLD = 2**62


class Size(Protocol):
    """A size of its own: one of SIZING_NAMES and the value."""

    @property
    def mode(self) -> str: ...
    @property
    def value(self) -> float: ...


class Goal(Protocol):
    """One of several targets."""

    @property
    def price(self) -> float | None: ...
    @property
    def distance(self) -> float | None: ...
    @property
    def share(self) -> float: ...


class Wish(Protocol):
    """What a strategy may say; None is nothing said. Prices and distances in USDT per coin."""

    @property
    def direction(self) -> int: ...
    @property
    def stop_price(self) -> float | None: ...
    @property
    def stop_distance(self) -> float | None: ...
    @property
    def target_price(self) -> float | None: ...
    @property
    def target_distance(self) -> float | None: ...
    @property
    def order(self) -> str: ...
    @property
    def price(self) -> float | None: ...
    @property
    def trigger_price(self) -> float | None: ...
    @property
    def time_in_force(self) -> str: ...
    @property
    def post_only(self) -> bool: ...
    @property
    def expires_after(self) -> int | str | None: ...
    @property
    def size(self) -> Size | None: ...
    @property
    def targets(self) -> Sequence[Goal]: ...
    @property
    def trail_distance(self) -> float | None: ...
    @property
    def trail_activation(self) -> float | None: ...
    @property
    def break_even_distance(self) -> float | None: ...
    @property
    def add(self) -> bool: ...
    @property
    def cancel(self) -> bool: ...
    @property
    def reduce_only(self) -> bool: ...
    @property
    def reduce_qty(self) -> float | None: ...
    @property
    def add_margin_usdt(self) -> float | None: ...
    @property
    def tag(self) -> str: ...
    def expires_after_ms(self, bar_ms: int) -> int | None:
        """What `expires_after` comes to where a bar of ltf has so many milliseconds."""


def write_wish(records: Records, wish: Wish, tag: int = 0, bar_ms: int = 0) -> None:
    """Write a wish into an array of one record, every field of it.

    `tag` is the index of its text, `bar_ms` the length of a bar of ltf.

    Raises ValueError for what an order cannot say; see `order_row`.
    """
    expires, targets = wish.expires_after_ms(bar_ms), wish.targets
    records[0] = (
        wish.direction,
        wish.add,
        wish.cancel,
        NO_ENTRY,  # all orders
        wish.reduce_only,
        NO_LEVEL if wish.add_margin_usdt is None else float(wish.add_margin_usdt),
        NO_EXPIRY if expires is None else max(-MOST_TOLD, min(expires, MOST_TOLD)),
        len(targets),
        tuple(targets[n].share if n < len(targets) else 0.0 for n in range(MAX_TARGETS)) if targets else NO_SHARES,
        tag,
        order_row(_order_of(wish, expires)),
    )


def _order_of(wish: Wish, expires_after_ms: int | None) -> OrderRequest:
    """How to enter or to leave; distances without a price belong to the fill."""
    return OrderRequest(
        symbol=0,
        side=codes.FLAT,
        type=wish.order,
        price=wish.price,
        trigger_price=wish.trigger_price,
        time_in_force=wish.time_in_force,
        post_only=wish.post_only,
        expires_after_ms=_expiry(expires_after_ms),
        qty=wish.reduce_qty,
        sizing="" if wish.size is None else wish.size.mode,
        sizing_value=0.0 if wish.size is None else float(wish.size.value),
        stop_price=wish.stop_price,
        stop_distance=wish.stop_distance,
        trail_distance=wish.trail_distance,
        trail_activation=wish.trail_activation,
        break_even_distance=wish.break_even_distance,
        target_price=wish.target_price,
        target_distance=wish.target_distance,
        targets=tuple(Target(target.price, target.distance, target.share) for target in wish.targets),
    )


def _expiry(ms: int | None) -> int:
    """Milliseconds as the exchange wants them said: 0 is never, below it at once."""
    if ms is None:
        return 0
    return min(ms, LONGEST_MS) if ms > 0 else -1


def action_on(wish: Wish, side: int, on_opposite: str) -> str:
    """What a wish leads to while holding `side` (+1 long, -1 short, 0 flat): one of ACTION_NAMES.

    `on_opposite` is ignore, close or reverse: what a wish against the held side does.
    """
    records = np.zeros(1, WISH)
    write_wish(records, wish)
    return codes.ACTION_NAMES[action_of(records[0], side, codes.OPPOSITE_NAMES.index(on_opposite))]

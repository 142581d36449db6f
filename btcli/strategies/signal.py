"""What a strategy may say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from math import inf
from operator import attrgetter
from typing import Literal, NamedTuple, get_args

OrderType = Literal["market", "limit", "stop_market", "stop_limit"]
TimeInForce = Literal["GTC", "IOC", "FOK"]
SizingMode = Literal["qty", "notional_usdt", "notional_pct", "margin_pct", "risk_pct"]
MAX_TARGETS = 4
_AMOUNTS = (
    "stop_price",
    "stop_distance",
    "target_price",
    "target_distance",
    "price",
    "trigger_price",
    "trail_distance",
    "trail_activation",
    "break_even_distance",
    "reduce_qty",
    "add_margin_usdt",
)
_amounts_of = attrgetter(*_AMOUNTS)


class Direction(IntEnum):
    """LONG and SHORT ask for a position, FLAT asks to leave it."""

    LONG = 1
    FLAT = 0
    SHORT = -1


class Size(NamedTuple):
    """A size for this entry instead of `risk.sizing`: one of its modes and the value."""

    mode: SizingMode
    value: float


class Target(NamedTuple):
    """One of several targets: a price, or a distance from the fill, and the share of the position that it closes."""

    price: float | None = None
    distance: float | None = None
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Signal:
    """A wish, decided at the close of an ltf bar; it reaches the exchange at the next step's open.

    LONG and SHORT enter when flat. Toward a held position they do nothing unless `add`; against it,
    `risk.on_opposite_signal` decides, and with `reduce_only` they close. FLAT closes, with `reduce_qty` a part.
    A stop or target is a price, or a distance from the fill (USDT per coin), never both.
    `order` with its `price` and `trigger_price` says how to enter or close. `cancel` first takes back the
    symbol's resting orders, `add_margin_usdt` moves money into an isolated position; to do only that, give the
    direction that is held: `Direction(snapshot.exchange.side)`.
    Raises ValueError for numbers that are not positive and for wishes that contradict each other.
    """

    direction: Direction
    stop_price: float | None = None
    stop_distance: float | None = None
    target_price: float | None = None
    target_distance: float | None = None
    tag: str = ""
    order: OrderType = "market"
    price: float | None = None  # of a limit
    trigger_price: float | None = None  # of a stop entry or exit
    time_in_force: TimeInForce = "GTC"
    post_only: bool = False
    expires_after: int | None = None  # exec steps after arrival; None: never
    size: Size | None = None
    targets: tuple[Target, ...] = ()  # up to four, instead of one target
    trail_distance: float | None = None  # the stop follows the best price at this distance
    trail_activation: float | None = None  # from this price on; None: from the entry
    break_even_distance: float | None = None  # profit per coin that moves the stop to the entry
    add: bool = False
    cancel: bool = False
    reduce_only: bool = False
    reduce_qty: float | None = None  # coins
    add_margin_usdt: float | None = None

    def __post_init__(self) -> None:
        for place, value in enumerate(_amounts_of(self)):
            if value is not None and not 0 < value < inf:
                raise ValueError(f"{_AMOUNTS[place]} must be a positive number, got {value!r}")
        _refuse_both(self, "stop_price", "stop_distance")
        _refuse_both(self, "target_price", "target_distance")
        if self.order != "market" or self.price or self.trigger_price or self.post_only or self.time_in_force != "GTC":
            _check_order(self)
        if self.targets:
            _check_targets(self)
        if self.size is not None and (self.size[0] not in get_args(SizingMode) or not 0 < self.size[1] < inf):
            raise ValueError(f"the size needs one of {', '.join(get_args(SizingMode))} and a positive number")
        if self.expires_after is not None and self.expires_after < 1:
            raise ValueError(f"expires_after counts steps from 1 on, got {self.expires_after!r}")
        if self.trail_activation and not self.trail_distance:
            raise ValueError("trail_activation needs a trail_distance")
        if self.reduce_qty and not self.reduces:
            raise ValueError("reduce_qty belongs to FLAT or to reduce_only")

    @property
    def reduces(self) -> bool:
        """Whether it can only make a position smaller."""
        return self.reduce_only or self.direction == Direction.FLAT


def _refuse_both(signal: Signal, one: str, other: str) -> None:
    if getattr(signal, one) is not None and getattr(signal, other) is not None:
        raise ValueError(f"{one} and {other} exclude each other")


def _check_order(signal: Signal) -> None:
    kind = signal.order
    if kind not in get_args(OrderType):
        raise ValueError(f"order is one of {', '.join(get_args(OrderType))}, got {kind!r}")
    for name, needed in (("price", kind in ("limit", "stop_limit")), ("trigger_price", kind.startswith("stop"))):
        if (getattr(signal, name) is not None) != needed:
            raise ValueError(f"a {kind} order has {'a' if needed else 'no'} {name}")
    if signal.time_in_force not in get_args(TimeInForce):
        raise ValueError(f"time_in_force is one of {', '.join(get_args(TimeInForce))}, got {signal.time_in_force!r}")
    if (signal.post_only or signal.time_in_force != "GTC") and signal.price is None:
        raise ValueError("post_only and time_in_force belong to orders with a limit price")
    if signal.post_only and signal.time_in_force != "GTC":
        raise ValueError("a post_only order rests: it is GTC")


def _check_targets(signal: Signal) -> None:
    if signal.target_price is not None or signal.target_distance is not None:
        raise ValueError("one target or a tuple of targets, not both")
    if len(signal.targets) > MAX_TARGETS:
        raise ValueError(f"at most {MAX_TARGETS} targets, got {len(signal.targets)}")
    for target in signal.targets:
        given = [value for value in target[:2] if value is not None]
        if len(given) != 1 or not 0 < given[0] < inf:
            raise ValueError("each of the targets is a positive price or distance")
        if not target.share > 0:
            raise ValueError(f"a target's share is above 0, got {target.share!r}")
    if sum(target.share for target in signal.targets) > 1 + 1e-9:
        raise ValueError("the shares of the targets add up to at most 1")

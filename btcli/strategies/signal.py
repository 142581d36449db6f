"""What a strategy may say."""

from __future__ import annotations

from dataclasses import dataclass

from btcli.strategies.contradictions import refuse_contradictions
from btcli.strategies.words import MAX_TARGETS, Direction, OrderType, Size, SizingMode, Target, TimeInForce
from btcli.timeframe import duration_ms

__all__ = ["MAX_TARGETS", "Direction", "OrderType", "Signal", "Size", "SizingMode", "Target", "TimeInForce"]


@dataclass(frozen=True, slots=True)
class Signal:
    """A wish, decided at the close of an ltf bar; it reaches the exchange at the next step's open.

    LONG and SHORT enter when flat. Toward a held position they do nothing unless `add`, whose order ends with that
    position, filled or not; against it, `risk.on_opposite_signal` decides, and with `reduce_only` they close. FLAT
    closes, with `reduce_qty` a part.
    A stop or target is a price, or a distance from the fill (USDT per coin), never both.
    `order` with its `price` and `trigger_price` says how to enter or close. `cancel` first takes back the
    symbol's resting orders, `add_margin_usdt` moves money into an isolated position; to do only that, give the
    direction that is held: `Direction(snapshot.exchange.side)`.
    Every finite number may be asked for: what cannot be (a price or a distance that is not positive, a level on the
    wrong side, a size of nothing) the exchange refuses, with its code, and the run goes on.
    Raises ValueError for what is no number, NaN and infinity, and for wishes that contradict each other.
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
    expires_after: int | str | None = None  # bars of ltf, or "20m", after arrival; 0 or less: as it arrives
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
        refuse_contradictions(self)

    def expires_after_ms(self, bar_ms: int) -> int | None:
        """How long its order lives, in milliseconds, where a bar of ltf has `bar_ms`; None: until it fills."""
        said = self.expires_after
        if isinstance(said, str):
            return duration_ms(said)
        return None if said is None else said * bar_ms

    @property
    def reduces(self) -> bool:
        """Whether it can only make a position smaller."""
        return self.reduce_only or self.direction == Direction.FLAT

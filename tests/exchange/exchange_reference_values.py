"""What the second reading keeps: orders, positions, ended trades and the facts it tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Fact(NamedTuple):
    """One thing that happened, in the words that both readings share."""

    ts: int
    kind: str
    symbol: str
    said: tuple[object, ...]


class Ended(NamedTuple):
    """A trade as the reference tells it."""

    symbol: str
    side: int
    entry_ts: int
    exit_ts: int
    reason: str
    gross: float
    fees: float
    funding: float
    ambiguous: bool


@dataclass
class Bracket:
    """What hangs on an entry: prices are on the tick, 0 stands for nothing."""

    stop_price: float = 0.0
    stop_distance: float = 0.0
    trail_distance: float = 0.0
    trail_activation: float = 0.0
    break_even: float = 0.0
    targets: tuple[tuple[float, float, float], ...] = ()  # price, distance, share

    @property
    def exists(self) -> bool:
        """Whether it takes ids."""
        return bool(self.stop_price or self.stop_distance or self.trail_distance or self.break_even or self.targets)


@dataclass
class Order:
    """A live order; `lots` counts steps of quantity still to fill, 0 of one that closes stands for all."""

    id: int
    symbol: int
    side: int
    type: str
    lots: int
    reduces: bool
    decided: int
    arrives: int
    price: float = 0.0
    trigger: float = 0.0
    tif: str = "GTC"
    post_only: bool = False
    expires_after: int = 0
    reason: str = "signal"
    bracket: Bracket = field(default_factory=Bracket)
    arrived: int = -1  # the step at which it reached the exchange
    triggered: int = -1  # the step at whose open a stop-limit became a limit
    rests: bool = False  # a limit in the book
    tested: bool = False  # a limit that passed the tests of an entry and is reserved
    cost: float = 0.0  # of sizing: what it may need, until it arrives
    cancel_at: int = -1  # the step at which it is taken back

    @property
    def is_reserved(self) -> bool:
        """Whether its cost is kept apart."""
        return self.rests and self.tested and not self.reduces


@dataclass
class Goal:
    """A target of a position."""

    id: int
    price: float
    share: float


@dataclass
class Held:
    """An open position; `added` is X of section 2."""

    side: int
    lots: int
    entry: float
    entry_ts: int
    order_id: int
    stop: float = 0.0  # the fixed one
    trail: float = 0.0  # where the trailing one stands; 0 before its activation
    trail_distance: float = 0.0
    trail_activation: float = 0.0
    break_even: float = 0.0
    goals: list[Goal] = field(default_factory=list)
    shares: float = 0.0
    whole: int = 0
    on_path: int = -1  # the step in whose phase C it was opened
    added: float = 0.0
    gross: float = 0.0
    fees: float = 0.0
    funding: float = 0.0
    ambiguous: bool = False

    @property
    def stop_now(self) -> float:
        """The tighter of both stops."""
        both = [level for level in (self.stop, self.trail) if level]
        return 0.0 if not both else (max(both) if self.side > 0 else min(both))

    @property
    def stop_reason(self) -> str:
        """Which of both stops that is."""
        return "trailing_stop" if self.trail and self.stop_now != self.stop else "stop"

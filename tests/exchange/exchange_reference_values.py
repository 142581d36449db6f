"""What the second reading keeps: orders, positions, ended trades and the facts it tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


def tighter(side: int, *levels: float | None) -> float | None:
    """The stop that a falling price (of a short: a rising one) meets first."""
    stops = [level for level in levels if level is not None]
    return None if not stops else (max(stops) if side > 0 else min(stops))


class Refusal(NamedTuple):
    """A test that an entry fails, and the two numbers that were compared; None where the page leaves them open."""

    code: str
    have: float | None = None
    need: float | None = None


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


class Then(NamedTuple):
    """What a part that has filled makes of the stop of the rest, prices on the tick."""

    stop_price: float | None = None
    stop_distance: float | None = None
    trail_distance: float | None = None
    trail_activation: float | None = None


@dataclass
class Bracket:
    """What hangs on an entry: prices are on the tick, None stands for nothing."""

    stop_price: float | None = None
    stop_distance: float | None = None
    trail_distance: float | None = None
    trail_activation: float | None = None
    break_even: float | None = None
    targets: tuple[tuple[float | None, float | None, float], ...] = ()  # price, distance, share
    parts: tuple[Then, ...] | None = None  # what each of the first targets, which are parts, makes of the stop

    @property
    def exists(self) -> bool:
        """Whether it takes ids."""
        levels = (self.stop_price, self.stop_distance, self.trail_distance, self.break_even)
        return bool(self.targets) or self.parts is not None or any(level is not None for level in levels)


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
    price: float | None = None
    trigger: float | None = None
    tif: str = "GTC"
    post_only: bool = False
    expires_at: int | None = None  # milliseconds UTC
    reason: str = "signal"
    bracket: Bracket = field(default_factory=Bracket)
    arrived: int = -1  # the step at which it reached the exchange
    triggered: int = -1  # the step at whose open a stop-limit became a limit
    rests: bool = False  # a limit in the book
    tested: bool = False  # a limit that passed the tests of an entry and is reserved
    mark: float = 0.0  # of the moment at which it came to rest
    adjusted: float | None = None  # where the rules moved its stop, for it lay beyond LP
    cancel_at: int = -1  # the step at which it is taken back
    part: int = 0  # the part of the position that it closes, from 1 on

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
    place: int = 0  # among the targets, from 0 on


@dataclass
class Held:
    """An open position; `added` is X of section 2."""

    side: int
    lots: int
    entry: float
    entry_ts: int
    order_id: int
    stop: float | None = None  # the fixed one
    adjusted: float | None = None  # where the rules moved it, for it lay beyond LP
    trail: float | None = None  # where the trailing one stands; None before its activation
    trail_distance: float | None = None
    trail_activation: float | None = None
    break_even: float | None = None
    goals: list[Goal] = field(default_factory=list)
    shares: float = 0.0
    whole: int = 0
    first: int = 0  # of the whole what the order that opened it filled
    parts: tuple[tuple[float, Then], ...] = ()  # share of the first quantity, and what becomes of the stop
    done: list[int] = field(default_factory=list)  # parts by their places
    due: list[int] = field(default_factory=list)  # parts that filled in this step
    done_lots: int = 0  # closed by parts
    on_path: int = -1  # the step in whose phase C it was opened
    parted: list[tuple[int, int, bool]] = field(default_factory=list)  # levels that filled a part: step, side, is LP
    added: float = 0.0
    gross: float = 0.0
    fees: float = 0.0
    funding: float = 0.0
    ambiguous: bool = False

    @property
    def stop_now(self) -> float | None:
        """The tighter of both stops."""
        return tighter(self.side, self.stop, self.trail)

    @property
    def stop_reason(self) -> str:
        """Which of both stops that is."""
        return "trailing_stop" if self.trail is not None and self.stop_now != self.stop else "stop"

"""What a strategy may say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Direction(IntEnum):
    """LONG and SHORT ask for a position, FLAT asks to leave it."""

    LONG = 1
    FLAT = 0
    SHORT = -1


@dataclass(frozen=True, slots=True)
class Signal:
    """A wish, decided at the close of an ltf bar; it reaches the exchange at the next step's open.

    A stop or target is a price, or a distance from the fill price (USDT per coin), never both.
    Raises ValueError when both are given or a number is not positive.
    """

    direction: Direction
    stop_price: float | None = None
    stop_distance: float | None = None
    target_price: float | None = None
    target_distance: float | None = None
    tag: str = ""

    def __post_init__(self) -> None:
        for name in ("stop", "target"):
            price, distance = getattr(self, f"{name}_price"), getattr(self, f"{name}_distance")
            if price is not None and distance is not None:
                raise ValueError(f"{name}_price and {name}_distance exclude each other")
            for value in (price, distance):
                if value is not None and not 0 < value < float("inf"):
                    raise ValueError(f"the {name} must be a positive number, got {value!r}")

"""What a strategy that decides by the market alone said, for the other passes over the same steps."""

from __future__ import annotations

from btcli.strategies.signal import Signal


class Said:
    """One symbol's answers by step: at which of them it was asked, and what it said where it said anything."""

    def __init__(self, steps: int) -> None:
        self.is_known = bytearray(steps)
        self.signals: dict[int, Signal] = {}

    def note(self, step: int, answer: Signal | None) -> None:
        """Its answer at the close of a step."""
        self.is_known[step] = True
        if answer is not None:
            self.signals[step] = answer

"""When a symbol trades, as its rules say it, and what of a series is left of that."""

from __future__ import annotations

from typing import NamedTuple

from btcli.market.moments import plain


class Life(NamedTuple):
    """A symbol trades in [listed_ms, delisted_ms), milliseconds UTC; None where its rules say nothing."""

    listed_ms: int | None = None
    delisted_ms: int | None = None

    def clipped(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        """What of [start_ms, end_ms) lies in the life; an empty range when nothing does."""
        start = start_ms if self.listed_ms is None else max(start_ms, self.listed_ms)
        end = end_ms if self.delisted_ms is None else min(end_ms, self.delisted_ms)
        return start, max(start, end)

    def cuts(self, start_ms: int, end_ms: int) -> bool:
        """Whether it leaves out any of [start_ms, end_ms)."""
        return self.clipped(start_ms, end_ms) != (start_ms, end_ms)

    def sentence(self, start_ms: int, end_ms: int) -> str:
        """As "listed 2024-02-03 08:00, inside the window"; the window is [start_ms, end_ms)."""
        said = []
        if self.listed_ms is not None:
            said.append(f"listed {plain(self.listed_ms)}, {_where(self.listed_ms, start_ms, end_ms)}")
        if self.delisted_ms is not None and self.delisted_ms < end_ms:
            said.append(f"delisted {plain(self.delisted_ms)}, {_where(self.delisted_ms - 1, start_ms, end_ms)}")
        return "; ".join(said)


ALWAYS = Life()


def _where(ts_ms: int, start_ms: int, end_ms: int) -> str:
    if ts_ms < start_ms:
        return "before the window"
    return "inside the window" if ts_ms < end_ms else "after the window"

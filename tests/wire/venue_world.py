"""The market that the test server shows: seeded one-minute candles, everything longer made of them, and funding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
MONDAY_MS = 4 * 86_400_000
Ints = NDArray[np.int64]


def ms(text: str) -> int:
    """A moment written as ISO 8601, UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@dataclass
class Market:
    """One symbol: columns of whole ticks (0.1 USDT) and lots (0.001), from its first minute up to and with `now_ms`."""

    symbol: str
    first_ms: int
    now_ms: int
    seed: int = 7
    interval_ms: int = 8 * HOUR_MS
    hourly_from_ms: int | None = None
    jitter: bool = False
    _made: dict[tuple[str, int], Ints] = field(default_factory=dict)

    def candles(self, kind: str, step_ms: int) -> Ints:
        """Rows of `(ts_open, open, high, low, close, volume)` in ticks and lots; the last one is still open."""
        key = (kind, step_ms)
        if key not in self._made:
            base = self._minutes() if kind == "trade" else self._marks()
            self._made[key] = base if step_ms == MINUTE_MS else _longer(base, step_ms)
        return self._made[key]

    def rows(
        self, kind: str, step_ms: int, start_ms: int, end_ms: int
    ) -> list[tuple[int, float, float, float, float, float]]:
        """What a source must deliver for closed candles in [start, end): the floats nearest to the printed decimals."""
        table = self.candles(kind, step_ms)
        ts = table[:, 0]
        chosen = table[(ts >= start_ms) & (ts < end_ms) & (ts + step_ms <= self.now_ms)]
        return [
            (int(row[0]), *(float(price(value)) for value in row[1:5]), float(lots(row[5])) if kind == "trade" else 0.0)
            for row in chosen
        ]

    def settlements(self) -> list[tuple[int, str]]:
        """Times, with jitter if any, and rates as printed."""
        rows, ts = [], -(-self.first_ms // self.interval_ms) * self.interval_ms
        while ts <= self.now_ms:
            noise = (ts // HOUR_MS * 2654435761) % 1009
            rows.append((ts + (noise % 20 if self.jitter else 0), f"{(noise - 400) / 1e6:.8f}"))
            hourly = self.hourly_from_ms is not None and ts >= self.hourly_from_ms
            ts += HOUR_MS if hourly else self.interval_ms
        return rows

    def _minutes(self) -> Ints:
        ts = np.arange(self.first_ms, self.now_ms + 1, MINUTE_MS, dtype=np.int64)
        random = np.random.default_rng(self.seed)
        close = 300_000 + np.cumsum(random.integers(-30, 31, len(ts)))
        opened = np.concatenate([[300_000], close[:-1]])
        high = np.maximum(opened, close) + random.integers(0, 20, len(ts))
        low = np.minimum(opened, close) - random.integers(0, 20, len(ts))
        return np.column_stack([ts, opened, high, low, close, random.integers(1, 900_000, len(ts))]).astype(np.int64)

    def _marks(self) -> Ints:
        table = self._minutes().copy()
        table[:, 1:5] += 3
        table[:, 5] = 0
        return table


def _longer(base: Ints, step_ms: int) -> Ints:
    origin = MONDAY_MS if step_ms % (7 * 86_400_000) == 0 else 0
    opens = (base[:, 0] - origin) // step_ms * step_ms + origin
    first = np.flatnonzero(np.concatenate([[True], opens[1:] != opens[:-1]]))
    last = np.concatenate([first[1:], [len(base)]]) - 1
    return np.column_stack(
        [
            opens[first],
            base[first, 1],
            np.maximum.reduceat(base[:, 2], first),
            np.minimum.reduceat(base[:, 3], first),
            base[last, 4],
            np.add.reduceat(base[:, 5], first),
        ]
    )


def price(ticks: int) -> str:
    """Ticks as the decimal that goes over the wire."""
    return f"{ticks // 10}.{ticks % 10}"


def lots(thousandths: int) -> str:
    """Lots as the decimal that goes over the wire."""
    return f"{thousandths // 1000}.{thousandths % 1000:03}"


def texts(row: Sequence[int]) -> list[str]:
    """Open, high, low, close and volume as decimals."""
    return [*(price(int(value)) for value in row[1:5]), lots(int(row[5]))]

"""Times parts of the way of the data on a year of one-minute candles; prints figures and judges nothing."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "market_preflight")]

from command_line import btcli  # noqa: E402
from preflight_worlds import DAY, candles, frame_of, funding, ms, series, system  # noqa: E402
from wire.venue_server import VenueServer  # noqa: E402
from wire.venue_world import Market  # noqa: E402

from btcli.artifacts.recorder import Recorder  # noqa: E402
from btcli.exchange.face.events import EQUITY_COLUMNS  # noqa: E402
from btcli.market.derive import derive_bars  # noqa: E402
from btcli.market.health import check_health  # noqa: E402
from btcli.market.loader import bars_of_frame  # noqa: E402
from btcli.market.reader import FrameReader  # noqa: E402
from btcli.market.window import load_window  # noqa: E402
from btcli.timeframe import Timeframe  # noqa: E402

START = ms("2023-01-01")
MINUTES = 525_600


def processors_s() -> float:
    """Seconds of this process and of its children on all processors."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Print what a block took."""
    begun, spent = time.perf_counter(), processors_s()
    yield
    wall_s, cpu_s = time.perf_counter() - begun, processors_s() - spent
    print(f"{name:48} {wall_s:7.2f} s wall {cpu_s:7.2f} s of processors", flush=True)


def synced(folder: Path) -> None:
    """A year of candles from a venue on this machine into a store; the venue's own work is in the figure."""
    year = Market("BTCUSDT", START, ms("2024-01-02"))
    year.candles("trade", 60_000)
    words = "data sync --venue bybit --symbol BTCUSDT --series trade --start 2023-01-01 --end 2023-12-31 --yes"
    with VenueServer(year) as server, timed("sync of a year over the wire"):
        done = btcli(*words.split(), cwd=folder, env={"BTCLI_BYBIT_URL": server.url})
    print(f"  {done.out.strip()}")


def checked(days: int) -> None:
    """Last and mark candles of one minute, and two higher timeframes that must agree with them."""
    end = START + days * DAY
    minutes = candles("1m", START - 3 * DAY, end, price=20_000.0)
    bars = bars_of_frame(minutes, Timeframe.parse("1m"))
    frames = {series("trade", "1m"): minutes, series("mark", "1m"): minutes}
    frames[series("funding")] = funding(START - DAY, end)
    for label in ("1h", "4h"):
        frames[series("trade", label)] = frame_of(derive_bars(bars, Timeframe.parse("1m"), Timeframe.parse(label)))
    config = system(("1m", "1m", "1h", "4h"), mark_source="mark")
    window = load_window(config, "w", START, end, {"htf": 10})
    with timed(f"health check of {days} days"):
        report = check_health(FrameReader(frames), config, window, {})
    print(f"  {sum(health.missing for health in report.series)} rows missing")


def recorded(folder: Path) -> None:
    """A row of the equity curve for every minute."""
    ts = START + 60_000 * np.arange(MINUTES, dtype=np.int64)
    rows = np.random.default_rng(1).normal(10_000, 100, (MINUTES, len(EQUITY_COLUMNS)))
    with timed("equity curve of a year"), Recorder(folder) as recorder:
        recorder.equity(ts, rows)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as scratch:
        synced(Path(scratch))
        recorded(Path(scratch))
    for days in (365, 730):
        checked(days)


if __name__ == "__main__":
    main()

"""What the tests of killed and rival syncs run in processes of their own: `python sync_children.py FOLDER PAGE_S …`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools_venues import NEW_YEAR, FakeVenue

from btcli.errors import BtcliError
from btcli.market.series import Series
from btcli.market.store.where import Store
from btcli.sources.source import Absent, Page
from btcli.tools import blocks, registry_for


class Telling(FakeVenue):
    """Says that it is asked: whoever asks holds the store."""

    def candles(self, *asked: Any) -> Iterator[Page | Absent]:
        say("asked")
        yield from super().candles(*asked)


SERIES = Series("bybit", "BTCUSDT", "trade", "1m")
ROWS = 100_000


def main(folder: Path, page_s: float, lock_wait_s: float) -> None:
    """Sync 100,000 candles in blocks of two pages, from a venue that takes its time."""
    blocks.BLOCK_ROWS = 2_000
    say("started")
    venue = Telling(page_s=page_s)
    tools = registry_for(Store(folder, patience_s=lock_wait_s), venue="bybit", find_source=lambda *_: venue)
    result = tools.execute("sync_range", series=SERIES, start_ms=NEW_YEAR, end_ms=NEW_YEAR + ROWS * 60_000)
    say(result.message)
    result.checked()


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
    except BtcliError as error:
        sys.exit(error.exit_code)

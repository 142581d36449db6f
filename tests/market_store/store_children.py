"""What the tests of locks and crashes run in processes of their own: `python store_children.py VERB FOLDER …`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import polars as pl

from btcli.errors import BtcliError
from btcli.market.series import Series
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.market.store.writing import StoreWriter, WriteResult, WriteSource, open_store_for_writing

SERIES = Series("binance", "BTCUSDT", "trade", "1m")
SOURCE = WriteSource("child")
NOBODY = 65_534


def candles(start: int, count: int, close: float) -> pl.DataFrame:
    ts = pl.int_range(start * 60_000, (start + count) * 60_000, 60_000, eager=True, dtype=pl.Int64)
    return pl.DataFrame({"ts_open": ts, "open": close, "high": close, "low": close, "close": close, "volume": 1.0})


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def hold_writing(folder: Path, seconds: str) -> None:
    with open_store_for_writing(Store(folder)):
        say("held")
        time.sleep(float(seconds))


def hold_reading(folder: Path, seconds: str) -> None:
    with open_store(Store(folder)):
        say("held")
        time.sleep(float(seconds))


def write(folder: Path, wait_s: str) -> None:
    with open_store_for_writing(Store(folder, patience_s=float(wait_s))) as writer:
        say(writer.upsert_candles(SERIES, candles(0, 3, 1.0), SOURCE))


def read(folder: Path, wait_s: str) -> None:
    with open_store(Store(folder, patience_s=float(wait_s))) as reader:
        say(reader.candles(SERIES, 0, 10**13).height)


def as_nobody(verb: str, folder: Path, wait_s: str) -> None:
    if os.getuid() == 0:
        os.setuid(NOBODY)
    VERBS[verb](folder, wait_s)


def write_slowly(folder: Path, rows: str) -> None:
    """Commits one range, then says when it is inside the transaction of a second, big one."""

    class Slow(StoreWriter):
        def _log(self, number: int, start_ms: int, end_ms: int, result: WriteResult, source: WriteSource) -> None:
            super()._log(number, start_ms, end_ms, result, source)
            say("rows written, not committed")
            time.sleep(600)

    with open_store_for_writing(Store(folder)) as writer:
        writer.upsert_candles(SERIES, candles(0, 1_000, 1.0), SOURCE)
        say("committed")
        Slow(writer._writing).upsert_candles(SERIES, candles(500, int(rows), 2.0), SOURCE)


def write_forever(folder: Path, rows: str) -> None:
    """Writes range after range, each with a close of its own, and says each commit."""
    with open_store_for_writing(Store(folder)) as writer:
        for turn in range(1, 1_000):
            writer.upsert_candles(SERIES, candles(0, int(rows), float(turn)), SOURCE)
            say(turn)


def short_of_room(verb: str, folder: Path, wait_s: str) -> None:
    """The verb in a process whose files may not grow beyond so many bytes: `verb:bytes`."""
    import resource

    name, _, size = verb.partition(":")
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))
    VERBS[name](folder, wait_s)


def write_many(folder: Path, wait_s: str) -> None:
    with open_store_for_writing(Store(folder, patience_s=float(wait_s))) as writer:
        say(writer.upsert_candles(SERIES, candles(0, 20_000, 2.0), SOURCE).rows_new)


def compact(folder: Path, wait_s: str) -> None:
    with open_store_for_writing(Store(folder, patience_s=float(wait_s))) as writer:
        writer.compact()
    say("compacted")


def read_closes(folder: Path, wait_s: str) -> None:
    with open_store(Store(folder, patience_s=float(wait_s))) as reader:
        say(reader.candles(SERIES, 0, 10**13)["close"].to_list())


VERBS = {
    verb.__name__: verb
    for verb in (
        hold_writing, hold_reading, write, read, write_slowly, write_forever, write_many, compact, read_closes,
    )
}  # fmt: skip

if __name__ == "__main__":
    try:
        if sys.argv[1] in ("as_nobody", "short_of_room"):
            within = as_nobody if sys.argv[1] == "as_nobody" else short_of_room
            within(sys.argv[2], Path(sys.argv[3]), sys.argv[4])
        else:
            VERBS[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
    except BtcliError as error:
        say(f"{error.code}: {error}")
        sys.exit(error.exit_code)

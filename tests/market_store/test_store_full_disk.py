"""A disk without room: what was stored stays, what was not is not half there, and the message says what is wrong."""

from __future__ import annotations

import errno
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from store_children import SERIES, SOURCE, candles

from btcli.errors import StoreError
from btcli.market.store.opening import create_store
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.market.store.writing import open_store_for_writing

CHILD = Path(__file__).with_name("store_children.py")
FULL = "the disk is full (make room and run the same command again; what was stored before is kept)"
# DuckDB writes 12,288 bytes of headers and then blocks of 262,144: each kind of place where a store can be cut.
TOO_SMALL = (0, 5_000, 12_288, 16_384, 100_000, 262_144, 270_336)


def child(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(CHILD.parents[2])}
    command = [sys.executable, str(CHILD), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A file system in memory, of the size last asked for."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(*options: str) -> bool:
        command = ["mount", "-t", "tmpfs", *options, "tmpfs", str(folder)]
        try:
            return subprocess.run(command, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            return False

    if not mount("-o", "size=20k"):
        pytest.skip("may not mount a file system")

    def sized(size: str) -> Path:
        assert mount("-o", f"remount,size={size}")
        return folder

    yield sized
    subprocess.run(["umount", str(folder)], capture_output=True, check=True)


@pytest.mark.parametrize("size", TOO_SMALL)
def test_a_store_is_made_whole_or_not_at_all(tmp_path: Path, size: int) -> None:
    """Wherever the room ends while a store is made, nothing is left, and with room the same command works."""
    done = child("short_of_room", f"write:{size}", tmp_path, 1)
    assert (done.returncode, names(tmp_path)) == (3, [])
    assert done.stdout.endswith(f"{FULL}\n")
    done = child("write", tmp_path, 1)
    assert (done.returncode, names(tmp_path)) == (0, ["market_live.duckdb"])


@pytest.mark.parametrize("size", ["20k", "100k", "250k"])
def test_a_disk_that_fills_leaves_no_unfinished_store(small_disk: Callable[[str], Path], size: str) -> None:
    """On a real file system without room the store is not made; after it has grown, the same command makes it."""
    folder = small_disk(size)
    done = child("write", folder, 1)
    assert (done.returncode, names(folder)) == (3, [])
    assert FULL in done.stdout
    small_disk("50m")
    assert child("write", folder, 1).returncode == 0
    assert child("read", folder, 1).stdout == "3\n"


def test_a_write_without_room_says_so_and_keeps_what_was_there(small_disk: Callable[[str], Path]) -> None:
    """The first error is told, not that of the rollback after it; the rows of before are the rows of after."""
    folder = small_disk("300k")
    assert child("write", folder, 1).returncode == 0
    done = child("write_many", folder, 1)
    assert (done.returncode, FULL in done.stdout) == (3, True)
    assert child("read_closes", folder, 1).stdout == "[1.0, 1.0, 1.0]\n"
    small_disk("50m")
    assert child("write_many", folder, 1).stdout == "19997\n"


def test_a_copy_without_room_never_takes_the_place_of_the_store(small_disk: Callable[[str], Path]) -> None:
    """The ordered copy is given up with everything beside it, and the store holds every row."""
    folder = small_disk("2600k")
    assert child("write_many", folder, 1).stdout == "20000\n"
    done = child("compact", folder, 1)
    assert (done.returncode, FULL in done.stdout, names(folder)) == (3, True, ["market_live.duckdb"])
    assert child("read", folder, 1).stdout == "20000\n"


def test_a_copy_that_cannot_take_the_stores_place_says_which_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk refuses it at the very end: the store by its name, what to do, and every row still there."""
    assert child("write", tmp_path, 1).returncode == 0

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a draft")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StoreError) as caught, open_store_for_writing(Store(tmp_path)) as writer:
        writer.compact()
    assert (str(caught.value).endswith(FULL), caught.value.problems[0].where) == (True, str(Store(tmp_path).path))
    assert (names(tmp_path), child("read", tmp_path, 1).stdout) == (["market_live.duckdb"], "3\n")


def test_leftovers_are_swept_and_named_by_the_next_writer(tmp_path: Path) -> None:
    """Drafts of processes that ended go with their logs; every other file stays."""
    create_store(Store(tmp_path).path)
    left = [f".market_live.duckdb.{end}" for end in ("compact-7", "new-5", "new-5.wal")]
    for name in (*left, ".market_demo.duckdb.new-5", ".market_live.duckdb", "market_live.duckdb.new-5"):
        (tmp_path / name).write_bytes(b"x")
    with open_store_for_writing(Store(tmp_path)) as writer:
        assert writer.swept == tuple(left)
    assert names(tmp_path) == [
        ".market_demo.duckdb.new-5", ".market_live.duckdb", "market_live.duckdb", "market_live.duckdb.new-5",
    ]  # fmt: skip


def test_a_reader_leaves_leftovers_alone(tmp_path: Path) -> None:
    """Only who holds the store may know that nobody needs them."""
    create_store(Store(tmp_path).path)
    (tmp_path / ".market_live.duckdb.new-5").write_bytes(b"x")
    with open_store(Store(tmp_path)):
        pass
    assert ".market_live.duckdb.new-5" in names(tmp_path)


def test_an_empty_database_is_told_as_one_that_can_go(tmp_path: Path) -> None:
    """A file without any table holds nothing of anybody's, and the command that removes it is given."""
    path = Store(tmp_path).path
    duckdb.connect(str(path)).close()
    with (
        pytest.raises(StoreError, match="empty, as one whose making was cut short") as caught,
        open_store(Store(tmp_path)),
    ):
        pass
    assert caught.value.problems[0].hint == f"nothing is lost with it: rm {shlex.quote(str(path))}"


def test_a_log_without_its_store_is_not_taken_into_a_new_one(tmp_path: Path) -> None:
    """Rows of a store that somebody removed do not come back on their own; with the log gone, a new one is made."""
    log = tmp_path / "market_live.duckdb.wal"
    with open_store_for_writing(Store(tmp_path)) as writer:
        writer._writing.tell("PRAGMA disable_checkpoint_on_shutdown")
        writer.upsert_candles(SERIES, candles(0, 3, 1.0), SOURCE)
    assert log.exists()
    Store(tmp_path).path.unlink()
    with pytest.raises(StoreError, match="has lost its store") as caught, open_store_for_writing(Store(tmp_path)):
        pass
    assert caught.value.problems[0].hint.endswith(f"rm {shlex.quote(str(log))}")
    assert names(tmp_path) == [log.name]
    log.unlink()
    with open_store_for_writing(Store(tmp_path)) as writer:
        assert writer.coverage() == []

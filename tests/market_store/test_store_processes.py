"""The store among processes: who waits for whom, who is named, and what a killed one leaves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from store_children import SERIES, SOURCE, candles

from btcli.errors import StoreError, StoreLocked
from btcli.market.store.reading import StoreReader, open_store
from btcli.market.store.where import Store
from btcli.market.store.writing import open_store_for_writing

CHILD = Path(__file__).with_name("store_children.py")
ROOT = CHILD.parents[2]
FOREVER = 10**13


def command(*arguments: object) -> list[str]:
    return [sys.executable, str(CHILD), *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def finished(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=300, check=False, env=environment()
    )


@contextmanager
def running(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, text=True, env=environment())
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def heard(child: subprocess.Popen[str]) -> str:
    return child.stdout.readline().strip()


def stored_closes(reader: StoreReader) -> list[float]:
    return reader.candles(SERIES, 0, FOREVER)["close"].to_list()


def test_a_second_writer_names_the_holder(tmp_path: Path) -> None:
    """After the wait it is StoreLocked, exit code 3, with the PID of the process that holds the store."""
    with running("hold_writing", tmp_path, 600) as holder:
        assert heard(holder) == "held"
        started = time.monotonic()
        with (
            pytest.raises(StoreLocked, match=f"PID {holder.pid}") as caught,
            open_store_for_writing(Store(tmp_path, patience_s=0.3)),
        ):
            pass
        assert time.monotonic() - started >= 0.3
        assert caught.value.exit_code == 3


def test_a_reader_names_the_writer_that_does_not_let_go(tmp_path: Path) -> None:
    """Reading waits for a writer like writing does."""
    with running("hold_writing", tmp_path, 600) as holder:
        assert heard(holder) == "held"
        with pytest.raises(StoreLocked, match=f"PID {holder.pid}"), open_store(Store(tmp_path, patience_s=0.1)):
            pass


def test_a_writer_waits_for_a_reader_to_finish(tmp_path: Path) -> None:
    """The wait ends with the lock, not with the time limit: an hour, in which nobody would see this test end."""
    with open_store_for_writing(Store(tmp_path)):
        pass
    with running("hold_reading", tmp_path, 0.5) as holder:
        assert heard(holder) == "held"
        with open_store_for_writing(Store(tmp_path, patience_s=3600)) as writer:
            written = writer.upsert_candles(SERIES, candles(0, 1, 1.0), SOURCE)
        assert written.rows_new == 1


def test_readers_share_the_store(tmp_path: Path) -> None:
    """Two processes read at once."""
    with open_store_for_writing(Store(tmp_path)) as writer:
        writer.upsert_candles(SERIES, candles(0, 3, 1.0), SOURCE)
    with running("hold_reading", tmp_path, 600) as holder:
        assert heard(holder) == "held"
        assert finished("read", tmp_path, 0).stdout == "3\n"


def test_the_same_process_opening_twice_is_a_clear_error(tmp_path: Path) -> None:
    """Reading what this process itself is writing is refused with a sentence."""
    with open_store_for_writing(Store(tmp_path)), pytest.raises(StoreError), open_store(Store(tmp_path)):
        pass


def test_a_process_killed_inside_a_transaction_leaves_no_half_range(tmp_path: Path) -> None:
    """What was committed is there, of the rest not a row, and the next writer goes on."""
    with running("write_slowly", tmp_path, 200_000) as child:
        assert heard(child) == "committed"
        assert heard(child) == "rows written, not committed"
        child.send_signal(signal.SIGKILL)
        child.wait()
    with open_store(Store(tmp_path, patience_s=60)) as reader:
        assert stored_closes(reader) == [1.0] * 1_000
        assert len(reader.sync_log()) == 1
    with open_store_for_writing(Store(tmp_path, patience_s=60)) as writer:
        assert writer.upsert_candles(SERIES, candles(999, 2, 2.0), SOURCE)[:3] == (1, 1, 0)


@pytest.mark.long
@pytest.mark.parametrize("delay_s", [0.001, 0.01, 0.03, 0.08, 0.2])
def test_a_process_killed_anywhere_leaves_one_whole_write(tmp_path: Path, delay_s: float) -> None:
    """Every candle is of the same write, and no write that was reported is lost."""
    with running("write_forever", tmp_path, 100_000) as child:
        reported = int(heard(child))
        time.sleep(delay_s)
        child.send_signal(signal.SIGKILL)
        rest, _ = child.communicate()
    reported = max([reported, *map(int, rest.split())])
    with open_store(Store(tmp_path, patience_s=60)) as reader:
        closes = stored_closes(reader)
        assert len(closes) == 100_000
        assert len(set(closes)) == 1
        assert closes[0] in (reported, reported + 1)
        assert len(reader.sync_log()) == closes[0]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can enter, which pytest's own cannot be."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def readable_by_all(path: Path) -> bool:
    return all(part.stat().st_mode & 0o005 == 0o005 for part in [path, *path.parents] if part.is_dir())


needs_rights = pytest.mark.skipif(
    os.name == "nt" or not readable_by_all(ROOT) or not readable_by_all(Path(sys.prefix).resolve()),
    reason="the sources cannot be read by another user",
)


@needs_rights
def test_a_folder_that_may_not_be_written_is_one_clear_error(open_folder: Path) -> None:
    """No store can be made there: one StoreError with the path and what to do, exit code 3, nothing else."""
    open_folder.chmod(0o555)
    said = finished("as_nobody", "write", open_folder, 0)
    assert said.returncode == 3
    assert said.stderr == ""
    assert said.stdout.startswith("StoreError: ")
    assert f"{open_folder / 'market_live.duckdb'} the store may not be read or written" in said.stdout


@needs_rights
def test_a_folder_that_may_not_be_entered_is_one_clear_error(open_folder: Path) -> None:
    """Reading there is refused with the same sentence, and never taken for an empty store."""
    open_folder.chmod(0o700)
    said = finished("as_nobody", "read", open_folder, 0) if os.getuid() == 0 else None
    if said is None:
        pytest.skip("only another user's folder cannot be entered")
    assert said.returncode == 3
    assert "may not be read or written" in said.stdout


@needs_rights
def test_a_store_that_may_only_be_read_can_be_read(open_folder: Path) -> None:
    """Reading works without the right to write, and writing says that it lacks it."""
    with open_store_for_writing(Store(open_folder)) as writer:
        writer.upsert_candles(SERIES, candles(0, 3, 1.0), SOURCE)
    (open_folder / "market_live.duckdb").chmod(0o444)
    open_folder.chmod(0o555)
    assert finished("as_nobody", "read", open_folder, 0).stdout == "3\n"
    refused = finished("as_nobody", "write", open_folder, 0)
    assert refused.returncode == 3
    assert "may not be read or written" in refused.stdout


def test_a_data_folder_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    """The path is in the sentence."""
    wrong = tmp_path / "data"
    wrong.write_text("not a folder")
    with pytest.raises(StoreError, match="market_live"), open_store_for_writing(Store(wrong)):
        pass


def test_reading_and_writing_leave_stderr_clean(tmp_path: Path) -> None:
    """No warning, no leak notice at exit, from writing and from reading."""
    for verb in ("write", "read"):
        done = finished(verb, tmp_path, 0)
        assert (done.returncode, done.stderr) == (0, "")

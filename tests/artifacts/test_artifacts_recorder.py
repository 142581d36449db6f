"""The recorder's files."""

from __future__ import annotations

import hashlib
import os
import tracemalloc
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from btcli.artifacts.recorder import CurveRows, Recorder
from btcli.errors import AccessError
from btcli.exchange.face.events import EQUITY_COLUMNS, Event

MINUTE = 60_000
WIDTH = len(EQUITY_COLUMNS)


def steps(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Closes of minutes first..last, and rows whose equity is the minute's number."""
    ts = np.arange(first, last + 1, dtype=np.int64) * MINUTE
    rows = np.zeros((len(ts), WIDTH))
    rows[:, 0] = np.arange(first, last + 1)
    return ts, rows


def minutes_of(folder: Path) -> list[int]:
    """The equity column of the written curve."""
    return [int(float(line.split(",")[1])) for line in (folder / "equity_curve.csv").read_text().splitlines()[1:]]


def test_a_row_for_every_step_by_default(tmp_path: Path) -> None:
    """Without closes to choose by, every step has its row."""
    with Recorder(tmp_path) as recorder:
        recorder.equity(*steps(1, 4))
    assert minutes_of(tmp_path) == [1, 2, 3, 4]


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 12])
def test_a_row_per_close_whatever_the_chunks(tmp_path: Path, cut: int) -> None:
    """Rows follow the closes given, and cutting the steps elsewhere changes nothing."""
    closes = np.array([-5, 0, 5, 10], dtype=np.int64) * MINUTE
    with Recorder(tmp_path, CurveRows(closes, start_ms=0)) as recorder:
        for first in range(1, 13, cut):
            recorder.equity(*steps(first, min(first + cut - 1, 12)))
    assert minutes_of(tmp_path) == [5, 10, 12]  # 12 is no close: the last step always has its row


def test_a_close_in_a_hole_shows_at_the_next_step(tmp_path: Path) -> None:
    """When the step that would show a close is missing, the next one shows it."""
    with Recorder(tmp_path, CurveRows(np.array([5, 10], dtype=np.int64) * MINUTE)) as recorder:
        recorder.equity(*steps(1, 3))
        recorder.equity(*steps(7, 10))
    assert minutes_of(tmp_path) == [7, 10]


def test_the_last_step_is_not_written_twice(tmp_path: Path) -> None:
    """A run that ends on a close has one row for it, and closing twice adds nothing."""
    with Recorder(tmp_path, CurveRows(np.array([5], dtype=np.int64) * MINUTE)) as recorder:
        recorder.equity(*steps(1, 5))
        recorder.close()
    assert minutes_of(tmp_path) == [5]
    assert recorder.counts.equity == 1


def test_a_reused_buffer_does_not_reach_the_file(tmp_path: Path) -> None:
    """The row kept for the end is a copy: the caller may write its next steps over it."""
    ts, rows = steps(1, 3)
    with Recorder(tmp_path, CurveRows(np.array([2], dtype=np.int64) * MINUTE)) as recorder:
        recorder.equity(ts, rows)
        rows[:] = 99
    assert minutes_of(tmp_path) == [2, 3]


def test_seq_goes_on_between_calls(tmp_path: Path) -> None:
    """Events are numbered from 1 without a break."""
    with Recorder(tmp_path) as recorder:
        recorder.events([Event(0, "run_started", None, {}), Event(0, "ready", "BTCUSDT", {})])
        recorder.events([])
        recorder.events([Event(5, "run_finished", None, {})])
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ['{"seq":1', '{"seq":2', '{"seq":3']
    assert recorder.counts.events == 3


def test_events_never_go_back_in_time(tmp_path: Path) -> None:
    """An event before the one already written is refused, also across calls."""
    with Recorder(tmp_path) as recorder:
        recorder.events([Event(MINUTE, "ready", None, {})])
        with pytest.raises(ValueError, match=r"1970-01-01T00:00:00.000Z comes after 1970-01-01T00:01:00.000Z"):
            recorder.events([Event(0, "signal", None, {})])


def test_equity_rows_ascend_strictly(tmp_path: Path) -> None:
    """A step that comes twice is refused, also across calls."""
    with Recorder(tmp_path) as recorder:
        recorder.equity(*steps(1, 3))
        with pytest.raises(ValueError, match=r"do not ascend before 1970-01-01T00:04:00\.000Z"):
            recorder.equity(*steps(3, 4))


def test_a_run_without_trades_leaves_headers(tmp_path: Path) -> None:
    """Files exist with their header alone when nothing happened."""
    with Recorder(tmp_path):
        pass
    assert (tmp_path / "events.jsonl").read_bytes() == b""
    assert (tmp_path / "trades.csv").read_text().count("\n") == 1
    assert (tmp_path / "equity_curve.csv").read_text().count("\n") == 1


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    """What the file system refuses is an AccessError with the path."""
    with pytest.raises(AccessError, match=r"events\.jsonl"):
        Recorder(tmp_path / "absent")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")  # noqa: PTH110
def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    """A disk that fills up while the run goes on is an AccessError, not a traceback."""
    (tmp_path / "equity_curve.csv").symlink_to("/dev/full")
    recorder = Recorder(tmp_path)
    with pytest.raises(AccessError, match="No space left"):
        recorder.equity(*steps(1, 50_000))
    with pytest.raises(AccessError):
        recorder.close()


def test_what_was_told_before_ctrl_c_is_in_the_files(tmp_path: Path) -> None:
    """The recorder ends its files whatever ends the run."""
    with suppress(KeyboardInterrupt), Recorder(tmp_path) as recorder:
        recorder.equity(*steps(1, 5000))
        recorder.events([Event(MINUTE, "ready", None, {})])
        raise KeyboardInterrupt
    assert minutes_of(tmp_path) == list(range(1, 5001))
    assert (tmp_path / "events.jsonl").read_text().count("\n") == 1


def test_files_are_digested_while_they_are_written(tmp_path: Path) -> None:
    """What the recorder says of its files is what `sha256sum` says of them."""
    with Recorder(tmp_path) as recorder:
        recorder.equity(*steps(1, 5000))
        recorder.events([Event(MINUTE, "ready", None, {})])
    files = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {name: said.sha256 for name, said in recorder.written.items()} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """Recording four times the rows needs the same memory."""
    ts, rows = steps(1, 5000)
    peaks = []
    for chunks in (5, 20):
        tracemalloc.start()
        with Recorder(tmp_path) as recorder:
            for chunk in range(chunks):
                recorder.equity(ts + chunk * 5000 * MINUTE, rows)
                recorder.events([Event(chunk * 5000 * MINUTE, "signal", None, {"x": 1.5})] * 1000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]

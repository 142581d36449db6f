"""Frames written as files: all of them whole, or none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from interrupted_lines import said

from btcli.artifacts.frame_files import write_frames
from btcli.errors import AccessError, RequestError

FRAME = pl.DataFrame(
    {"ts": [datetime(2024, 1, 1, tzinfo=UTC), None], "tag": ['a, "b"\nc', "=é"], "x": [1e-7, 0.1 + 0.2], "n": [1, 2]},
    schema={"ts": pl.Datetime("ms", "UTC"), "tag": pl.String, "x": pl.Float64, "n": pl.Int64},
)
AS_CSV = 'ts,tag,x,n\n2024-01-01T00:00:00.000Z,"a, ""b""\nc",1e-7,1\n,=é,0.30000000000000004,2\n'


def one() -> pl.DataFrame:
    return FRAME


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_frame_is_in_the_format_of_its_files_name(tmp_path):
    """CSV holds moments as ISO text, quotes where it must, and the shortest digits; Parquet holds the types."""
    rows = write_frames({tmp_path / "a.csv": one, tmp_path / "a.parquet": one})
    assert rows == {tmp_path / "a.csv": 2, tmp_path / "a.parquet": 2}
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == AS_CSV
    assert pl.read_parquet(tmp_path / "a.parquet").equals(FRAME)
    assert names(tmp_path) == ["a.csv", "a.parquet"]


def test_the_same_frame_gives_the_same_bytes_on_any_number_of_threads(tmp_path):
    """A frame of many row groups, put together of pieces or not."""
    code = (
        "import sys, polars as pl; from pathlib import Path; from btcli.artifacts.frame_files import write_frames\n"
        "half = pl.DataFrame({'x': range(100_000), 'y': ['a', None] * 50_000})\n"
        "write_frames({Path(sys.argv[1]): lambda: pl.concat([half, half], rechunk=sys.argv[2] == '1')})"
    )
    written = set()
    for threads in ("1", "2", "7"):
        file = tmp_path / f"{threads}.parquet"
        environment = {**os.environ, "POLARS_MAX_THREADS": threads, "PYTHONHASHSEED": threads}
        subprocess.run([sys.executable, "-c", code, file, threads], env=environment, check=True)
        written.add(file.read_bytes())
    assert len(written) == 1


def test_a_file_that_is_there_is_left_alone_unless_it_may_be_overwritten(tmp_path):
    """Neither it nor another file of the same call is touched."""
    there, new = tmp_path / "there.csv", tmp_path / "new.csv"
    there.write_text("mine")
    with pytest.raises(RequestError, match=r"there\.csv is there already") as refusal:
        write_frames({new: one, there: one})
    assert "--overwrite" in refusal.value.problems[0].hint
    assert (names(tmp_path), there.read_text()) == (["there.csv"], "mine")
    write_frames({new: one, there: one}, overwrite=True)
    assert there.read_text() == new.read_text() == AS_CSV


def test_a_file_that_comes_meanwhile_is_left_alone(tmp_path):
    """Of two writers at once the first one's files stay, and the second one leaves nothing of its own."""
    first, contested = tmp_path / "first.csv", tmp_path / "contested.csv"

    def late() -> pl.DataFrame:
        contested.write_text("the other's")
        return FRAME

    with pytest.raises(RequestError, match="is there already"):
        write_frames({first: one, contested: late})
    assert (names(tmp_path), contested.read_text()) == (["contested.csv"], "the other's")


def test_a_folder_is_never_replaced(tmp_path):
    """Not even with leave to overwrite."""
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(RequestError, match="is a folder"):
        write_frames({tmp_path / "a.csv": one}, overwrite=True)


@pytest.mark.parametrize("ending", [KeyboardInterrupt, AccessError("is damaged")])
def test_what_is_cut_short_leaves_nothing(tmp_path, ending):
    """Ctrl-C while the second frame is made, or a run that cannot be read: neither file nor draft stays."""

    def never() -> pl.DataFrame:
        raise ending

    (tmp_path / "b.csv").write_text("old")
    with pytest.raises(KeyboardInterrupt if ending is KeyboardInterrupt else AccessError):
        write_frames({tmp_path / "a.csv": one, tmp_path / "b.csv": never}, overwrite=True)
    assert (names(tmp_path), (tmp_path / "b.csv").read_text()) == (["b.csv"], "old")


def test_a_folder_that_is_none_is_named(tmp_path):
    """What the file system refuses is an error with the place and the reason."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(AccessError, match="cannot write: Not a directory") as refusal:
        write_frames({tmp_path / "file" / "a.parquet": one})
    assert refusal.value.problems[0].where.startswith(str(tmp_path / "file"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 100 kB in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", folder], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("may not mount a file system")
    if done.returncode:
        pytest.skip("may not mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_full_disk_leaves_what_was_there(small_disk, ending):
    """The reason is told as the system says it; the small file of the same call is not left alone either."""
    old = small_disk / f"big.{ending}"
    old.write_text("old")
    big = pl.DataFrame({"x": [str(n * n * 7919) for n in range(200_000)]})
    with pytest.raises(AccessError, match="cannot write: No space left on device"):
        write_frames({small_disk / "small.csv": one, old: lambda: big}, overwrite=True)
    assert (names(small_disk), old.read_text()) == ([old.name], "old")


INTERRUPTED = """
from pathlib import Path
from tempfile import mkdtemp
import polars as pl
from btcli.artifacts.frame_files import write_frames
from interrupted_lines import at_every_line
frame, before = pl.DataFrame({{"x": [1, 2]}}), []

def make():
    assert all(not any(each.iterdir()) or names(each) == ["a.csv", "b.parquet"] for each in before), names(before[0])
    before[:] = [Path(mkdtemp(dir={folder!r}))]
    return lambda: write_frames({{before[0] / name: lambda: frame for name in ("a.csv", "b.parquet")}})

def names(folder):
    return sorted(each.name for each in folder.iterdir())

make()()  # loads what is loaded late
at_every_line(make)
"""


def test_ctrl_c_leaves_all_files_or_none(tmp_path: Path) -> None:
    """At every line, and never a draft."""
    code, told = said(INTERRUPTED.format(folder=str(tmp_path)))
    assert (code, told.endswith(" lines\n")) == (0, True), told

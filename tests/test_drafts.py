"""Files that are written whole: struck anywhere, each is as it was or as it is to be, and the next writer tidies up."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import process_that_is_over
from interrupted_lines import said

from btcli.drafts import left_behind, own_draft

STRUCK = """
import shutil
from pathlib import Path
from struck_files import at_every_stroke, in_child

folder, how = Path({folder!r}), {how!r}
{write}
def make():
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    assert in_child(lambda: write("old")).code == 0
    return folder, lambda: write("new")

def kept():
    files = (each for each in folder.iterdir() if each.name[0] != "." and each.suffix != ".new")
    return {{each.name: each.read_bytes() for each in files}}

def look(at, ended):
    for name, content in kept().items():
        assert content in (old[name], new[name]), (at, name)
    assert kept().keys() == old.keys(), (at, ended)
    assert how == "killed" or ended.code == 0 or "No space left on device" in ended.err, (at, ended)
    assert how == "killed" or kept().keys() == {{each.name for each in folder.iterdir()}}, (at, ended)
    assert in_child(lambda: write("new")).code == 0
    assert {{each.name: each.read_bytes() for each in folder.iterdir()}} == new, (at, list(folder.iterdir()))

make()
old = kept()
assert in_child(lambda: write("new")).code == 0
new = kept()
print(at_every_stroke(make, look, how), "strokes")
"""
START = """
from btcli.workflows.system.init import start_folder
def write(said):
    start_folder(folder, {"system.yml": said, "breakout.py": said})
"""
FRAMES = """
from btcli.artifacts.frame_files import write_frames
def write(said):
    import polars as pl
    write_frames({folder / name: lambda: pl.DataFrame({"said": [said]}) for name in ("a.csv", "b.csv")}, overwrite=True)
"""


@pytest.mark.parametrize("how", ["killed", "full"])
@pytest.mark.parametrize("write", [START, FRAMES], ids=["init", "export"])
def test_no_stroke_leaves_a_part_of_a_file(tmp_path: Path, write: str, how: str) -> None:
    """Killed, or without room, at everything that is done to the files."""
    ended, told = said(STRUCK.format(folder=str(tmp_path / "here"), how=how, write=write))
    assert ended == 0, told
    assert int(told.split()[-2]) > 5


def test_drafts_of_processes_that_are_no_more_are_found(tmp_path: Path) -> None:
    """Not one's own, no other file's, and none of what only looks like one."""
    over = process_that_is_over()
    file = tmp_path / "a*.csv"
    for draft in (
        own_draft(file),
        *(tmp_path / f".{name}" for name in ("a*.csv.new", f"ab.csv.{over}", f"a*.csv.{over}")),
    ):
        draft.write_bytes(b"")
    assert list(left_behind(file)) == [tmp_path / f".a*.csv.{over}"]

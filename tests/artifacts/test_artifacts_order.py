"""The order in which runs or sweeps were asked for is what was written down, not what the times of files say."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from btcli.artifacts.order import ORDER, in_order, note_asked


def made(top: Path, *names: str) -> list[Path]:
    """Folders with a file each, all of them of the same time."""
    folders = [top / "small" / "jan" / name for name in names]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "made").touch()
        os.utime(folder / "made", (1_700_000_000, 1_700_000_000))
    return folders


def names(top: Path) -> list[str]:
    """What lies below a folder, in its order."""
    return [each.name for each in in_order(top, top.glob("*/*/*"), "made")]


def test_what_was_asked_for_last_is_the_last_whatever_files_say(tmp_path: Path) -> None:
    """Of three of the same tick, and of their copy, whose files are all of one time and others than before."""
    one, two, three = made(tmp_path / "runs", "1", "2", "3")
    for folder in (three, one, two, one):
        note_asked(tmp_path / "runs", folder)
    assert names(tmp_path / "runs") == ["3", "2", "1"]
    shutil.copytree(tmp_path / "runs", tmp_path / "copy", copy_function=shutil.copyfile)
    os.utime(tmp_path / "copy" / "small" / "jan" / "3" / "made", (1_800_000_000, 1_800_000_000))
    assert names(tmp_path / "copy") == ["3", "2", "1"]


def test_what_nothing_is_known_of_comes_first_by_its_time(tmp_path: Path) -> None:
    """One put there by hand is not the last, however young it is; without anything written down times decide."""
    made(tmp_path, "1", "2", "3")
    os.utime(tmp_path / "small" / "jan" / "1" / "made", (1_700_000_001, 1_700_000_001))
    assert names(tmp_path) == ["2", "3", "1"]
    note_asked(tmp_path, tmp_path / "small" / "jan" / "2")
    assert names(tmp_path) == ["3", "1", "2"]


def test_a_torn_line_spoils_no_other(tmp_path: Path) -> None:
    """What a killed process has left of one, and one of what is gone, say nothing of the others."""
    one, two, _ = made(tmp_path, "1", "2", "3")
    note_asked(tmp_path, two)
    with (tmp_path / ORDER).open("ab") as file:
        file.write(b"\nsmall/jan/gone\nsmall/ja")
    note_asked(tmp_path, one)
    assert names(tmp_path) == ["3", "2", "1"]


def test_names_of_any_bytes_are_known_again(tmp_path: Path) -> None:
    """A folder whose name is no text stands in the order as others."""
    odd = tmp_path / "small" / "jan" / os.fsdecode(b"\xff odd")
    made(tmp_path, odd.name, "2")
    note_asked(tmp_path, odd)
    assert names(tmp_path) == ["2", odd.name]


def test_where_nothing_can_be_written_nothing_is_said(tmp_path: Path) -> None:
    """A folder that is gone, and one where the file should be: the times of files are what there is."""
    note_asked(tmp_path / "gone", tmp_path / "gone" / "small")
    made(tmp_path, "1", "2")
    (tmp_path / ORDER).mkdir()
    note_asked(tmp_path, tmp_path / "small" / "jan" / "1")
    assert names(tmp_path) == ["1", "2"]
